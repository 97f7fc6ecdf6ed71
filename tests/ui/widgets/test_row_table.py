from __future__ import annotations

from pytestqt.qtbot import QtBot

from explorer.ui.widgets.row_table import LEAST_NAME, TITLE_ROOM
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text_size import scaled


def test_a_title_that_is_longer_than_its_column_makes_it_wider(qtbot: QtBot) -> None:
    table = SimpleTable("Classes", ("Class", "nun richtig und nun falsch", "p"), (0, 20, 60))
    qtbot.addWidget(table)
    title = table.horizontalHeader().fontMetrics().horizontalAdvance("nun richtig und nun falsch")
    assert table.columnWidth(1) == title + scaled(TITLE_ROOM)
    assert table.columnWidth(2) == scaled(60)


def test_a_table_too_narrow_for_its_figures_scrolls_to_them(qtbot: QtBot) -> None:
    table = SimpleTable("Classes", ("Class", "first", "second"), (0, 156, 156))
    qtbot.addWidget(table)
    table.resize(200, 200)
    table.show()
    qtbot.waitUntil(table.horizontalScrollBar().isVisible)
    assert table.columnWidth(0) == scaled(LEAST_NAME)
    table.horizontalScrollBar().setValue(table.horizontalScrollBar().maximum())
    assert table.columnViewportPosition(2) + table.columnWidth(2) == table.viewport().width()
    table.resize(500, 200)
    qtbot.waitUntil(lambda: not table.horizontalScrollBar().isVisible())
    assert table.columnWidth(0) == table.viewport().width() - 2 * scaled(156)
