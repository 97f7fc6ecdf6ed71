"""The line in which a text is typed: there for texts alone, and what is typed is asked about."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.data.opening import open_dataset
from explorer.engine.events import DatasetOpened
from explorer.ui.queries.ask_by_text import typed_name
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.session.panel import Desk
from tests.helpers.texts import question_table
from tests.ui.panel_desk import Held


def test_it_is_offered_for_texts_alone(
    qtbot: QtBot, panel: NeighboursPanel, desk: Desk, held: Held, tmp_path: Path
) -> None:
    assert not panel.asking.isVisible()
    assert not panel.body_shown
    held.dataset = open_dataset(str(question_table(tmp_path / "q.csv", 3)), cache_folder=tmp_path / "cache")
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None))
    assert panel.body_shown
    assert panel.asking.isVisible()
    QTest.keyClicks(panel.asking, "where is my <b>card</b>?")
    QTest.keyClick(panel.asking, Qt.Key.Key_Return)
    assert held.asked[-1] == "encoded where is my <b>card</b>?"
    assert panel.asking.text() == ""
    QTest.keyClick(panel.asking, Qt.Key.Key_Return)  # nothing is no question
    assert held.asked[-1] == "encoded where is my <b>card</b>?"


def test_a_long_text_is_called_by_its_first_words() -> None:
    assert typed_name("short\ntext") == "short text"
    assert typed_name("a few words " * 20).endswith(" …")
    assert len(typed_name("x" * 400)) <= 48
