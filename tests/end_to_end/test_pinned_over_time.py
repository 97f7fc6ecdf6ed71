"""A pinned picture through a run in the real window: where the first right answer stood, and two steps compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.queries.query_card import QueryCard
from explorer.ui.queries.search_among import EVERYTHING
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG, drop

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def spec() -> None:
    """Open nothing: the data are dropped."""


@pytest.mark.full
def test_a_pin_has_a_history_and_two_kept_steps_are_compared(qtbot: QtBot, window: MainWindow, digits: Path) -> None:
    session, panel = window.session, window.workspace.panels["neighbours"]
    assert session is not None
    assert isinstance(panel, NeighboursPanel)
    drop(window, digits)
    qtbot.waitUntil(lambda: session.dataset is not None and window.workspace.panels["map"].body_shown, timeout=LONG)
    window.state.pins.choose(40)
    session.set("encoder", "mlp")
    session.set("epochs", 400)
    QTest.keyClick(window, Qt.Key.Key_R, CONTROL)
    (card,) = panel.findChildren(QueryCard)
    qtbot.waitUntil(lambda: card.history.isVisible() and len(session.replay.steps) >= 2, timeout=LONG)
    QTest.keyClick(window, Qt.Key.Key_Period, CONTROL)
    qtbot.waitUntil(lambda: session.state == "finished" and panel.compare.count() >= 3, timeout=LONG)
    QTest.keyClick(panel.compare, Qt.Key.Key_Down)  # with the first step that was kept
    first = panel.compare.step
    qtbot.waitUntil(lambda: f"since step {first:,}" in card.movement.text(), timeout=LONG)
    went = int(card.movement.text().split(" in, ")[1].split()[0])
    assert sum(tile.isVisible() for tile in card.gone) == went
    edit = panel.among.lineEdit()
    assert edit is not None
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "class: digit 7")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    dataset = session.dataset
    assert dataset is not None
    sevens = np.flatnonzero(np.equal(dataset.labels, dataset.class_names.index("digit 7")))
    qtbot.waitUntil(lambda: all(tile.item in sevens for tile in card.tiles), timeout=LONG)
    assert sum(tile.isVisible() for tile in card.tiles) == 8, "the filter is inside the search"
    edit.selectAll()
    QTest.keyClicks(edit, EVERYTHING)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not all(tile.item in sevens for tile in card.tiles), timeout=LONG)
    qtbot.waitUntil(lambda: f"since step {first:,}" in card.movement.text(), timeout=LONG)
    QTest.keyClick(window, Qt.Key.Key_Left, CONTROL)  # show another kept step: two kept ones are compared now
    qtbot.waitUntil(lambda: window.state.displayed_step >= 0, timeout=LONG)
    shown = window.state.displayed_step
    qtbot.waitUntil(lambda: panel.status.startswith(f"step {shown:,}"), timeout=LONG)
    if shown == first:
        assert card.movement.text() == ""
    else:
        assert f"since step {first:,}" in card.movement.text()
