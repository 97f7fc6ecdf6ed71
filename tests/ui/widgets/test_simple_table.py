"""A table of texts: rows that cannot be chosen look so."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.theme import ThemeManager


def test_a_row_that_is_off_is_grey_and_the_others_are_not(qtbot: QtBot, themes: ThemeManager) -> None:
    table = SimpleTable("Saved runs", ("Run", "recall@1"), (0, 76))
    qtbot.addWidget(table)
    table.show_rows([("one", "0.9"), ("other", "0.8")], off={1: "Of other data"})
    role = int(Qt.ItemDataRole.ForegroundRole)
    for column in range(2):
        assert table.rows.data(table.rows.index(0, column), role) is None
        brush = table.rows.data(table.rows.index(1, column), role)
        assert isinstance(brush, QBrush)
        assert brush.color() == themes.current.colour("disabled")
