"""A table of texts: rows that cannot be chosen look so."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.theme import ThemeManager


def test_the_chosen_row_can_be_read_as_in_lists(qtbot: QtBot, themes: ThemeManager) -> None:
    table = SimpleTable("Saved runs", ("Run", "recall@1"), (0, 76))
    qtbot.addWidget(table)
    table.show_rows([("one", "0.9"), ("other", "0.8")])
    table.resize(300, 120)
    table.selectRow(0)
    table.show()
    cell = table.visualRect(table.rows.index(0, 0))
    image, theme = table.viewport().grab(cell).toImage(), themes.current
    assert image.pixelColor(image.width() - 3, image.height() // 2) == theme.colour("selected")
    shown = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert theme.colour("text").name() in shown


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
