"""Pairs of names in a cell: one below the other where one line would cut them; in one each has half of the room."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from explorer.ui.widgets.row_table import Index
from explorer.ui.widgets.simple_table import ROW_HEIGHT, SimpleTable
from explorer.ui.widgets.text import elided, ui_font
from explorer.ui.widgets.text_size import when_letters_change

BETWEEN = (" → ", " – ")
TWO_LINES = 36
"""Height in pixels of a row of two lines."""
EDGES = 10
"""Pixels of a cell that the style leaves empty at its sides."""


def elided_pair(text: str, font: QFont, width: int) -> str:
    """Return a pair of names shortened to ``width`` pixels, each to half of it, or to what the other one leaves."""
    mark = next((mark for mark in BETWEEN if mark in text), "")
    if not mark or elided(text, font, width) == text:
        return elided(text, font, width)
    first, _, second = text.partition(mark)
    room = width - _wide(mark, font)
    ours = max(room // 2, room - _wide(second, font))
    first = elided(first, font, ours)
    return f"{first}{mark}{elided(second, font, room - _wide(first, font))}"


def pair_in_lines(text: str, font: QFont, width: int) -> str:
    """Return a pair of names in two lines, each shortened to ``width`` pixels."""
    mark = next((mark for mark in BETWEEN if mark in text), "")
    first, _, second = text.partition(mark) if mark else (text, "", "")
    mark = mark.rstrip()
    first = elided(first, font, width - _wide(mark, font)) + mark
    return f"{first}\N{LINE SEPARATOR}{elided(second, font, width)}"


def _wide(text: str, font: QFont) -> int:
    return QFontMetrics(font).horizontalAdvance(text)


class PairDelegate(QStyledItemDelegate):
    """Paints a cell with a pair of names."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Shorten each of the names by itself."""
        super().initStyleOption(option, index)
        lines = option.rect.height() >= 2 * QFontMetrics(option.font).height()
        shortened = pair_in_lines if lines else elided_pair
        option.text = shortened(option.text, option.font, option.rect.width() - EDGES)


class PairRows(QObject):
    """Shows the pairs in the first column of a table in two lines where one line would cut any of them."""

    def __init__(self, table: SimpleTable) -> None:
        super().__init__(table)
        self._table = table
        table.setItemDelegateForColumn(0, PairDelegate(table))
        table.horizontalHeader().sectionResized.connect(self._on_resized)
        table.rows.modelReset.connect(self.fit)
        when_letters_change(table, self.fit)

    def _on_resized(self, column: int, _before: int, width: int) -> None:
        if column == 0:
            self._fit_into(width)  # of the table itself it is the width before, as yet

    def fit(self) -> None:
        """Give the rows one line or two."""
        self._fit_into(self._table.columnWidth(0))

    def _fit_into(self, width: int) -> None:
        rows, font = self._table.rows, ui_font(12)
        pairs = (str(rows.index(row, 0).data()) for row in range(rows.rowCount()))
        cut = any(_wide(pair, font) > width - EDGES for pair in pairs)
        self._table.sizes.set_row_height(TWO_LINES if cut else ROW_HEIGHT)
