"""Tables of whole rows, as all panels have them: one row is selected, no grid, Tab leads on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QHeaderView, QTableView

from explorer.ui.widgets.text_size import scaled, text_size, when_letters_change

Index = QModelIndex | QPersistentModelIndex
"""What Qt hands to a model."""


TITLE_ROOM = 10
"""Pixels beside the title of a column, at the usual size of text."""
LEAST_NAME = 48
"""Pixels that names keep at the usual size of text; a table that is narrower scrolls sideways to its figures."""


def show_rows(table: QTableView, row_height: int, widths: Sequence[int]) -> RowSizes:
    """Let a table that has its model show rows; the first column takes what the others leave.

    Where that is too little for a name, the table scrolls sideways. ``widths``: of all columns, at the usual size of
    text; one whose title is longer, as in another language, is wider.
    What is returned gives the rows another height.
    """
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setCornerButtonEnabled(False)
    table.setTabKeyNavigation(False)
    table.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
    table.verticalHeader().hide()
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return RowSizes(table, row_height, widths)


class RowSizes(QObject):
    """Keeps the sizes of rows and columns of a table, given for the usual size of text."""

    def __init__(self, table: QTableView, row_height: int, widths: Sequence[int]) -> None:
        super().__init__(table)
        self._table, self._row_height, self._widths = table, row_height, tuple(widths)
        text_size().changed.connect(self.follow)
        when_letters_change(table.horizontalHeader(), self.follow)
        self.follow()

    def set_row_height(self, row_height: int) -> None:
        """Give all rows another height, in pixels of the usual size of text."""
        if row_height != self._row_height:
            self._row_height = row_height
            self._table.verticalHeader().setDefaultSectionSize(scaled(row_height))

    def follow(self) -> None:
        """Give rows and columns the sizes of now."""
        self._table.verticalHeader().setDefaultSectionSize(scaled(self._row_height))
        header, model = self._table.horizontalHeader(), self._table.model()
        header.setMinimumSectionSize(scaled(min((LEAST_NAME, *self._widths[1:]))))
        for column, width in enumerate(self._widths):
            title = str(model.headerData(column, Qt.Orientation.Horizontal) or "")
            room = header.fontMetrics().horizontalAdvance(title) + scaled(TITLE_ROOM)
            self._table.setColumnWidth(column, max(scaled(width), room if title else 0))
