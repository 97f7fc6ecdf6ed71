"""A table of questions is dropped on the real window: its words are seen, it trains, and a typed text is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.ui.map.map_panel import MapPanel
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.text import PlainLabel
from tests.end_to_end.conftest import LONG, drop
from tests.helpers.texts import question_table


@pytest.fixture
def spec() -> None:
    """Open nothing: the data are dropped."""


@pytest.mark.full
def test_questions_are_dropped_looked_at_trained_on_and_asked(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    session, panel, map_panel = window.session, window.workspace.panels["neighbours"], window.workspace.panels["map"]
    assert session is not None
    assert isinstance(panel, NeighboursPanel)
    assert isinstance(map_panel, MapPanel)
    drop(window, question_table(tmp_path / "questions.csv"))
    qtbot.waitUntil(lambda: session.dataset is not None and map_panel.body_shown, timeout=LONG)
    assert session.dataset is not None
    assert session.recipe.encoder.name == "ngrams"
    assert panel.asking.isVisible()
    window.state.pins.choose(3)
    qtbot.waitUntil(lambda: bool(panel._cards) and "right" in panel._cards[3].summary.text(), timeout=LONG)
    words = session.dataset.words(3)
    assert words in [label.text() for label in panel._cards[3].findChildren(PlainLabel)]
    assert panel._cards[3].tiles[0].toolTip().startswith(session.dataset.words(panel._cards[3].tiles[0].item))
    QTest.keyClicks(panel.asking, "has my card arrived")
    QTest.keyClick(panel.asking, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any("%" in card.summary.text() for card in panel.outside.cards.values()), timeout=LONG)
    (asked,) = panel.outside.cards.values()
    assert asked.title.text() == "has my card arrived"
    assert asked.summary.text().endswith("% card arrival")
    session.set("epochs", 20)
    QTest.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    qtbot.waitUntil(lambda: asked.summary.text().endswith("% card arrival"), timeout=LONG)
    copied = QMimeData()
    copied.setText("someone took\nmy phone")
    QGuiApplication.clipboard().setMimeData(copied)
    QTest.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(panel.outside.cards) == 2, timeout=LONG)
    pasted = next(card for card in panel.outside.cards.values() if card is not asked)
    qtbot.waitUntil(lambda: "% " in pasted.summary.text(), timeout=LONG)  # of which class hangs on how it was trained
