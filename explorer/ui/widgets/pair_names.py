"""Pairs of names in a cell: each has half of the room, so that the second one can be read as well."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from explorer.ui.widgets.row_table import Index
from explorer.ui.widgets.text import elided

BETWEEN = (" → ", " – ")
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


def _wide(text: str, font: QFont) -> int:
    return QFontMetrics(font).horizontalAdvance(text)


class PairDelegate(QStyledItemDelegate):
    """Paints a cell with a pair of names."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Shorten each of the names by itself."""
        super().initStyleOption(option, index)
        option.text = elided_pair(option.text, option.font, option.rect.width() - EDGES)
