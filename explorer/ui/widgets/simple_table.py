"""A table of texts, one row of which is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPalette
from PySide6.QtWidgets import QTableView, QWidget

from explorer.ui.widgets.row_table import Index, show_rows
from explorer.ui.widgets.text import number_font, plain_tip, ui_font

ROW_HEIGHT = 20


class _Model(QAbstractTableModel):
    def __init__(self, titles: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._titles = tuple(titles)
        self._rows: tuple[tuple[str, ...], ...] = ()
        self._off: Mapping[int, str] = {}

    def show(self, rows: Sequence[tuple[str, ...]], titles: Sequence[str], off: Mapping[int, str]) -> None:
        self.beginResetModel()
        self._rows, self._titles, self._off = tuple(rows), tuple(titles) or self._titles, off
        self.endResetModel()

    def flags(self, index: Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.NoItemFlags if index.row() in self._off else super().flags(index)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        return 0 if parent.isValid() else len(self._titles)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> object:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == int(Qt.ItemDataRole.TextAlignmentRole):
            return self._side(section)
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return plain_tip(self._titles[section])
        return self._titles[section] if role == int(Qt.ItemDataRole.DisplayRole) else None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        if not index.isValid():
            return None
        if role == int(Qt.ItemDataRole.DisplayRole):
            return self._rows[index.row()][index.column()]
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return plain_tip(self._off.get(index.row()) or self._rows[index.row()][index.column()])
        if role == int(Qt.ItemDataRole.TextAlignmentRole):
            return self._side(index.column())
        if role == int(Qt.ItemDataRole.FontRole):
            return number_font(11) if index.column() else ui_font(12)
        if role == int(Qt.ItemDataRole.ForegroundRole) and index.row() in self._off:
            return QGuiApplication.palette().brush(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        return None

    @staticmethod
    def _side(column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


class SimpleTable(QTableView):
    """Names at the left, figures at the right of it.

    Signals
    -------
    chosen(int): another row was chosen, by mouse or keyboard.
    """

    chosen = Signal(int)

    def __init__(self, name: str, titles: Sequence[str], widths: Sequence[int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = 0
        self.rows = _Model(titles, self)
        self.setModel(self.rows)
        self.sizes = show_rows(self, ROW_HEIGHT, widths)
        for part in (self, self.horizontalHeader()):
            part.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAccessibleName(name)
        self.clicked.connect(self._on_clicked)

    def show_rows(
        self, rows: Sequence[tuple[str, ...]], titles: Sequence[str] = (), off: Mapping[int, str] | None = None
    ) -> None:
        """Show other rows, under other titles where some are given; none is chosen.

        ``off``: why rows, by their numbers, cannot be chosen.
        """
        self.rows.show(rows, titles, off or {})

    def wanted_width(self) -> int:
        """Return the width at which every name is whole."""
        header = self.horizontalHeader()
        figures = sum(header.sectionSize(column) for column in range(1, header.count()))
        return self.sizeHintForColumn(0) + figures + self.verticalScrollBar().sizeHint().width()

    def content_height(self, most: int | None = None) -> int:
        """Return the height at which no row is out of sight, or where there are more than so many these."""
        rows, across = self.verticalHeader(), self.horizontalScrollBar()
        high = sum(rows.sectionSize(row) for row in range(min(rows.count(), most or rows.count())))
        below = across.sizeHint().height() if across.maximum() > 0 else 0
        return self.horizontalHeader().sizeHint().height() + high + below + 2 * self.frameWidth()

    def keep_whole(self, most: int) -> None:
        """Be as high as the rows are, at most so many of them, from now on: none is cut in half."""
        self._whole = most
        self.updateGeometries()

    def updateGeometries(self) -> None:
        """Follow rows, letters and width."""
        super().updateGeometries()
        if self._whole and self.height() != (height := self.content_height(self._whole)):
            self.setFixedHeight(height)

    def _on_clicked(self, index: QModelIndex) -> None:
        if self.rows.flags(index) & Qt.ItemFlag.ItemIsEnabled:
            self.chosen.emit(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the row to which a key leads, and again by Enter the one that is there."""
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        row = self.currentIndex().row()
        if row >= 0 and (row != before or event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)):
            self.chosen.emit(row)
