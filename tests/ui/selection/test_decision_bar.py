from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.label_decisions import Decision
from explorer.engine.events import RunShown
from explorer.engine.session.cleaning import DecisionsChanged
from explorer.ui.selection.decision_bar import NO_RUN
from explorer.ui.selection.selection_panel import SelectionPanel
from explorer.ui.session.acts import Act
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.class_list import NAME
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of, on_screen

LABELS = blobs(500, 10)[1]
Key = Qt.Key


@pytest.fixture
def held(tmp_path: Path) -> Held:
    return Held(dataset=dataset_of(LABELS, CLOTHES), run="r1", run_folder=tmp_path)


@pytest.fixture
def panel(qtbot: QtBot, held: Held, tmp_path: Path) -> Iterator[SelectionPanel]:
    with on_screen(qtbot, SelectionPanel, desk_of(held, Settings(tmp_path / "settings.json")), 304, 700) as shown:
        shown.activateWindow()
        shown.desk.state.set_selection(np.arange(5, 9))
        yield shown


def test_the_selection_is_excluded_relabelled_and_brought_back(panel: SelectionPanel, held: Held) -> None:
    acts: list[Act] = []
    panel.desk.state.acted.connect(acts.append)
    commands = panel.desk.commands
    commands["selection.exclude"].trigger()
    assert held.asked[-1] == "exclude [5, 6, 7, 8] -1"
    assert acts[-1].words == "4 items are excluded"
    acts[-1].undo()
    assert held.asked[-1] == "take back 7"
    acts[-1].redo()
    assert held.asked[-1] == "decide again 7"
    assert not commands["selection.bring_back"].isEnabled()
    decided = {5: Decision("exclude"), 6: Decision("relabel", 3), 90: Decision("keep")}
    panel.desk.bridge.of(DecisionsChanged).emit(DecisionsChanged("r1", decided, True))
    assert panel.decided.text() == "1 excluded · 1 relabelled"
    assert [panel.bar.mark(item) for item in (5, 6, 7, 90)] == ["×", "→", "", ""]
    assert panel._tip(6).splitlines()[0].endswith("now dress")
    commands["selection.bring_back"].trigger()
    assert held.asked[-1] == "forget [5, 6]"
    assert acts[-1].words == "2 items are as they came"


def test_items_can_be_of_the_classes_of_the_run_alone(panel: SelectionPanel, qtbot: QtBot) -> None:
    panel.desk.bridge.of(DecisionsChanged).emit(DecisionsChanged("r1", {}, False, classes=3))
    panel.desk.commands["selection.relabel"].trigger()
    qtbot.waitUntil(panel.bar.chooser.isVisible)
    assert panel.bar.chooser.list.classes.rowCount() == 3
    panel.bar.chooser.close()


def test_the_class_is_chosen_from_a_list_that_can_be_searched(panel: SelectionPanel, held: Held, qtbot: QtBot) -> None:
    panel.desk.commands["selection.relabel"].trigger()
    chooser = panel.bar.chooser
    qtbot.waitUntil(chooser.isVisible)
    assert chooser.list.classes.rowCount() == len(CLOTHES)
    QTest.keyClicks(chooser.search, "no such thing")
    assert chooser.nothing.isVisible()
    assert not chooser.list.isVisible()
    QTest.keyClick(chooser.search, Key.Key_Return)
    assert chooser.isVisible(), "there is nothing to take"
    chooser.search.clear()
    assert chooser.list.isVisible()
    QTest.keyClicks(chooser.search, "boot")
    assert [chooser.list.classes.index(0).data(NAME)] == ["ankle boot"]
    QTest.keyClick(chooser.search, Key.Key_Return)
    assert not chooser.isVisible()
    assert held.asked[-1] == f"relabel [5, 6, 7, 8] {CLOTHES.index('ankle boot')}"


def test_without_a_run_it_says_why_nothing_is_decided(panel: SelectionPanel, held: Held) -> None:
    commands = panel.desk.commands
    assert commands["selection.exclude"].isEnabled()
    held.run_folder = None
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "pixels"))
    for name in ("exclude", "relabel", "bring_back"):
        assert not commands[f"selection.{name}"].isEnabled()
        assert commands[f"selection.{name}"].toolTip() == NO_RUN
    panel.desk.state.set_selection([])
    assert not panel.bar.isVisible()
