"""The table of the panel *Evaluate*: a figure a row, with its interval, beside the same of the raw data."""

from __future__ import annotations

import csv
import io
import math

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QTableView, QWidget

from explorer.evaluation.figures import NOTHING, Figure, interval, number
from explorer.ui.widgets.row_table import Index, show_rows
from explorer.ui.widgets.text import number_font, ui_font

NAME, VALUE, INTERVAL, RAW = range(4)
WIDTHS = (94, 56, 84, 56)
TITLES = ("Figure", "Now", "95 %", "Raw")
ROW_HEIGHT = 22
LEAST_HEIGHT = 140


class FiguresModel(QAbstractTableModel):
    """Figures of what is shown and of the raw data, in the order of the protocol."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures: tuple[Figure, ...] = ()
        self._raw: dict[str, Figure] = {}
        self._tips = ["", "Of what is shown", "95 % interval", ""]

    def show(self, figures: tuple[Figure, ...], raw: tuple[Figure, ...], before: str) -> None:
        """Show other figures, of the embeddings and of the raw data; ``before``: what these are."""
        self.beginResetModel()
        self._figures, self._raw = figures, {figure.name: figure for figure in raw}
        self._tips[RAW] = f"The same of the {before}"
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many figures there are."""
        return 0 if parent.isValid() else len(self._figures)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> object:
        """Return the title of a column."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == int(Qt.ItemDataRole.DisplayRole):
            return TITLES[section]
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return self._tips[section]
        return self._side(section) if role == int(Qt.ItemDataRole.TextAlignmentRole) else None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return one fact about a cell."""
        if not index.isValid():
            return None
        figure, column = self._figures[index.row()], index.column()
        if role in (int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.AccessibleTextRole)):
            return self._text(figure, column)
        if role == int(Qt.ItemDataRole.TextAlignmentRole):
            return self._side(column)
        if role == int(Qt.ItemDataRole.FontRole):
            return _font(column)
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return interval(self._raw[figure.name]) if column == RAW and figure.name in self._raw else figure.name
        return None

    def _text(self, figure: Figure, column: int) -> str:
        if column == NAME:
            return figure.name
        if column == VALUE:
            return _signed(number(figure.value))
        if column == INTERVAL:
            return _signed(interval(figure, digits=3).replace(" – ", "–"))
        return _signed(number(self._raw[figure.name].value)) if figure.name in self._raw else NOTHING

    @staticmethod
    def _side(column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft if column == NAME else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter

    def as_text(self) -> str:
        """Return everything as text with tabs between cells, numbers in full."""
        out = io.StringIO()
        writer = csv.writer(out, dialect="excel-tab", lineterminator="\n")
        writer.writerow(("figure", "now", "low", "high", "raw"))
        for figure in self._figures:
            raw = self._raw[figure.name].value if figure.name in self._raw else math.nan
            cells = (figure.value, figure.low, figure.high, raw)
            writer.writerow((figure.name, *("" if math.isnan(cell) else cell for cell in cells)))
        return out.getvalue()


def _signed(text: str) -> str:
    """Return a number with a minus sign in place of the hyphen."""
    return text.replace("-", "−")


def _font(column: int) -> QFont:
    return ui_font(12) if column == NAME else number_font(11)


class FiguresTable(QTableView):
    """The table; Ctrl+C copies it whole."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = FiguresModel(self)
        self.setObjectName("figures-table")
        self.setModel(self.rows)
        show_rows(self, ROW_HEIGHT, WIDTHS)
        self.setAccessibleName("Figures of the protocol")
        self.setMinimumHeight(LEAST_HEIGHT)

    def fit(self, width: int) -> None:
        """Show the columns that have room: figures and values first, then intervals, then the raw data."""
        needed = WIDTHS[NAME] + WIDTHS[VALUE]
        for column in (INTERVAL, RAW):
            needed += WIDTHS[column]
            self.setColumnHidden(column, needed > width)

    def copy(self) -> None:
        """Put the table on the clipboard, as a spreadsheet takes it."""
        QGuiApplication.clipboard().setText(self.rows.as_text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the whole table, or move the cursor."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)
