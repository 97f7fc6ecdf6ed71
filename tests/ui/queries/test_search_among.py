from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray, Split
from explorer.engine.events import DatasetOpened, SplitChanged
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.queries.search_among import EVERYTHING, SearchAmong
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of

LABELS = blobs(200, 10)[1]
BAG = CLOTHES.index("bag")
CAMERAS = tuple(f"cam {item % 3}" for item in range(200))


@pytest.fixture
def held() -> Held:
    dataset = replace(
        dataset_of(LABELS, CLOTHES), columns={"camera": TextColumn.of(CAMERAS), "one": TextColumn.of(["x"] * 200)}
    )
    return Held(dataset=dataset, run="r1", split=Split("items", np.arange(150), np.arange(150, 200), False))


@pytest.fixture
def desk(held: Held, tmp_path: Path) -> Desk:
    return desk_of(held, Settings(tmp_path / "settings.json"))


@pytest.fixture
def choice(qtbot: QtBot, desk: Desk) -> Iterator[SearchAmong]:
    widget = SearchAmong(desk)
    qtbot.addWidget(widget)
    widget.show()
    yield widget
    desk.bridge.close()


def typed(choice: SearchAmong, words: str) -> None:
    choice.setFocus()
    edit = choice.lineEdit()
    assert edit is not None
    edit.selectAll()
    QTest.keyClicks(edit, words)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def test_classes_parts_selection_and_columns_are_found_by_typing(choice: SearchAmong, desk: Desk) -> None:
    found: list[IntArray | None] = []
    choice.chosen.connect(found.append)
    desk.state.set_selection([4, 9])
    for words, expected in (
        ("class: bag", np.flatnonzero(np.equal(LABELS, BAG))),
        ("camera: cam 2", np.arange(2, 200, 3)),
        ("held-out items", np.arange(150, 200)),
        ("training items", np.arange(150)),
        ("selected items", [4, 9]),
    ):
        typed(choice, words)
        assert found[-1] is not None
        assert found[-1].tolist() == list(expected)
        assert f"{len(expected)} items" in choice.toolTip()
    assert choice.findText("one: x") < 0, "a column with one value lets everything through"
    before = len(found)
    typed(choice, "no such thing")
    QTest.keyClick(choice, Qt.Key.Key_Tab)
    assert choice.currentText() == "selected items"
    assert len(found) == before
    typed(choice, EVERYTHING)
    assert found[-1] is None


def test_another_split_has_other_parts_and_other_data_begin_with_everything(
    choice: SearchAmong, desk: Desk, held: Held
) -> None:
    found: list[IntArray | None] = []
    choice.chosen.connect(found.append)
    typed(choice, "held-out items")
    held.split = None
    desk.bridge.of(SplitChanged).emit(SplitChanged(None))
    assert found[-1] is not None
    assert found[-1].tolist() == []
    assert held.dataset is not None
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None, "main"))
    assert found[-1] is None
    assert choice.currentText() == EVERYTHING


def test_the_panel_seeks_among_what_is_chosen(qtbot: QtBot, desk: Desk, held: Held) -> None:
    panel = NeighboursPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    desk.state.pins.set([3])
    typed(panel.among, "class: bag")
    bags = int(np.equal(LABELS, BAG).sum())
    assert held.asked[-2:] == [f"outside among {bags}", f"8 of [3] among {bags}"]
    typed(panel.among, EVERYTHING)
    assert held.asked[-2:] == ["outside", "8 of [3]"]
    desk.bridge.close()
