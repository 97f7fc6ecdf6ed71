from __future__ import annotations

from pytestqt.qtbot import QtBot

from explorer.ui.widgets.row_table import TITLE_ROOM
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text_size import scaled


def test_a_title_that_is_longer_than_its_column_makes_it_wider(qtbot: QtBot) -> None:
    table = SimpleTable("Classes", ("Class", "nun richtig und nun falsch", "p"), (0, 20, 60))
    qtbot.addWidget(table)
    title = table.horizontalHeader().fontMetrics().horizontalAdvance("nun richtig und nun falsch")
    assert table.columnWidth(1) == title + scaled(TITLE_ROOM)
    assert table.columnWidth(2) == scaled(60)
