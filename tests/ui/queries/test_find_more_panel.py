from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from explorer.core.types import frozen
from explorer.engine.events import DatasetOpened
from explorer.engine.session.more_like_these import MoreFound
from explorer.evaluation.intervals import wilson
from explorer.retrieval.few_examples import Examples
from explorer.ui.queries.find_more_panel import FindMorePanel
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, HeldMore, desk_of, on_screen

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def held() -> Held:
    return Held(dataset=dataset_of(blobs(200, 10)[1], CLOTHES), run="r1")


@pytest.fixture
def desk(held: Held, tmp_path: Path) -> Desk:
    return desk_of(held, Settings(tmp_path / "settings.json"))


@pytest.fixture
def panel(qtbot: QtBot, desk: Desk) -> Iterator[FindMorePanel]:
    with on_screen(qtbot, FindMorePanel, desk, 310, 600) as panel:
        yield panel


def tell(desk: Desk, examples: Examples, suggestions: list[int]) -> None:
    cast(HeldMore, desk.session.more).examples = examples
    share = len(examples.accepted) / examples.judged if examples.judged else float("nan")
    distances = frozen(np.linspace(0.1, 0.2, len(suggestions)), np.float32)
    desk.bridge.of(MoreFound).emit(
        MoreFound(
            "r1", 40, True, "nearest", examples, frozen(suggestions, np.int64), distances,
            share, *wilson(share, examples.judged), bool(examples.judged),
        )
    )  # fmt: skip


def test_buttons_have_room_for_longer_words(panel: FindMorePanel, desk: Desk, qtbot: QtBot) -> None:
    tell(desk, Examples((1,)), [2, 3])
    buttons = (panel.undo_button, panel.select_button, panel.save_button)
    for button, words in zip(
        buttons, ("Alles rückgängig machen  U", "Alle auswählen", "Speichern unter…"), strict=True
    ):
        button.setText(words)
    qtbot.waitUntil(lambda: all(button.width() >= button.sizeHint().width() for button in buttons))


def shown(panel: FindMorePanel) -> list[tuple[int, str]]:
    tiles = (row[0] for row in panel.suggestions.rows)
    return [(tile.item, tile.frame) for tile in tiles if tile.isVisibleTo(panel)]


def test_a_selection_begins_it(panel: FindMorePanel, desk: Desk, held: Held) -> None:
    command = desk.commands["query.more"]
    assert not command.isEnabled()
    desk.state.set_selection(np.arange(60))
    assert not command.isEnabled()
    assert "60 are too many" in command.toolTip()
    desk.state.set_selection([3, 9])
    command.trigger()
    assert held.asked[-1] == "more like [3, 9]"
    assert panel.body_shown
    tell(desk, Examples((3, 9)), [1, 2, 5])
    assert panel.precision.text() == "2 examples"
    assert panel.status == "step 40"
    assert shown(panel) == [(1, "accent"), (2, "outline"), (5, "outline")]


def test_one_key_each_accepts_and_refuses_and_takes_back(panel: FindMorePanel, desk: Desk, held: Held) -> None:
    desk.state.set_selection([3, 9])
    desk.commands["query.more"].trigger()
    tell(desk, Examples((3, 9)), [1, 2, 5])
    held.asked.clear()
    QTest.keyClick(panel.suggestions, Qt.Key.Key_Y)
    assert shown(panel) == [(2, "accent"), (5, "outline")]  # before the answer is there
    QTest.keyClick(panel.suggestions, Qt.Key.Key_N)
    assert held.asked == ["yes 1", "no 2"]
    tell(desk, Examples((3, 9), (1,), (2,)), [5, 7, 8])
    assert panel.precision.text() == "3 examples · 1 of 2 right · 0.50 (0.09–0.91)"
    assert [row[0].item for row in panel.examples.rows] == [1, 3, 9]
    QTest.mouseClick(panel.suggestions.rows[2][0], LEFT)
    assert shown(panel) == [(5, "outline"), (7, "outline"), (8, "accent")]
    QTest.mouseClick(panel.accept_button, LEFT)
    QTest.keyClick(panel.suggestions, Qt.Key.Key_U)
    assert held.asked[2:] == ["yes 8", "undo"]
    QTest.mouseClick(panel.select_button, LEFT)
    assert desk.state.selection.tolist() == [1, 3, 9]


def test_all_answered_leaves_nothing_to_answer(panel: FindMorePanel, desk: Desk, held: Held) -> None:
    desk.state.set_selection([3])
    desk.commands["query.more"].trigger()
    tell(desk, Examples((3,)), [1])
    QTest.keyClick(panel.suggestions, Qt.Key.Key_Y)
    assert not panel.accept_button.isEnabled()
    held.asked.clear()
    QTest.keyClick(panel.suggestions, Qt.Key.Key_Y)
    QTest.keyClick(panel.suggestions, Qt.Key.Key_U)
    assert held.asked == []


def test_manner_list_and_end(panel: FindMorePanel, desk: Desk, held: Held, tmp_path: Path) -> None:
    tell(desk, Examples((3,)), [1])
    QTest.keyClick(panel.manner, Qt.Key.Key_Down)
    assert held.asked[-1] == "prototype"
    panel.among.setCurrentIndex(panel.among.findText("class: bag"))
    panel.among.activated.emit(panel.among.currentIndex())
    assert held.dataset is not None
    bags = int(np.equal(held.dataset.labels, CLOTHES.index("bag")).sum())
    assert held.asked[-1] == f"suggest among {bags}"
    QTest.mouseClick(panel.save_button, LEFT)
    (dialog,) = panel.findChildren(QFileDialog)
    dialog.selectFile(str(tmp_path / "mine"))
    dialog.accept()
    assert held.asked[-1] == "save mine.csv"
    QTest.mouseClick(panel.end_button, LEFT)
    assert held.asked[-1] == "end"
    assert not panel.body_shown
    tell(desk, Examples((3,)), [1])
    assert held.dataset is not None
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None, "main"))
    assert not panel.body_shown
