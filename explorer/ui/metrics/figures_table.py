"""The table of the panel *Evaluate*: a figure a row, with its interval, beside the same of the raw data.

Below a figure that is unfolded stand the other baselines, a row each: what it is, its value and its interval.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QTableView, QWidget

from explorer.core.figure_words import figure_name, figure_words
from explorer.evaluation.figures import NOTHING, Figure, interval, number
from explorer.ui.widgets.figures.figure import Columns, Listing
from explorer.ui.widgets.language import localised, said, tr
from explorer.ui.widgets.row_table import Index, show_rows
from explorer.ui.widgets.text import broken, number_font, ui_font
from explorer.ui.widgets.text_size import scaled

NAME, VALUE, INTERVAL, RAW = range(4)
WIDTHS = (94, 46, 80, 46)
LEAST_NAME = 76
"""How narrow names may become, which are shortened in their middle, before a column of numbers is left out."""
TITLES = (tr("Figure"), tr("Value"), "95 %", tr("Raw"))
VALUE_TIP = tr("Of what is shown; in a row below an unfolded figure, of what that row names")
SHORT = {
    "untrained encoder": tr("untrained"),
    "frozen features": tr("frozen features"),
    "frozen features, linear metric": tr("linear metric"),
}
"""Baselines in few words, as a narrow column has room for: the tip says all of them."""
_AT_A_RATE = re.compile(r" \w+ [A-Z]+=(?=[\d.,e-]+$)")
INDENT = "   "
ROW_HEIGHT = 22
FOLDS = {Qt.Key.Key_Left: False, Qt.Key.Key_Right: True, Qt.Key.Key_Space: None, Qt.Key.Key_Return: None}


Beside = Sequence[tuple[str, tuple[Figure, ...]]]
"""Further baselines by their names."""


class FiguresModel(QAbstractTableModel):
    """Figures of what is shown and of the raw data, in the order of the protocol, and unfolded baselines below them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures: tuple[Figure, ...] = ()
        self._raw: dict[str, Figure] = {}
        self._before = ""
        self._beside: dict[str, dict[str, Figure]] = {}
        self._unfolded: set[str] = set()
        self._rows: list[tuple[Figure, str]] = []  # a figure, and the baseline that it is of: empty for what is shown
        self._tips = ["", VALUE_TIP, tr("95 % interval of the value"), ""]

    def show(self, figures: tuple[Figure, ...], raw: tuple[Figure, ...], before: str, beside: Beside = ()) -> None:
        """Show other figures, of the embeddings and of the raw data; and baselines.

        ``before``: what the raw data are and by which distance they are compared, as ``raw_name`` says it.

        The first figure is unfolded, unless one of those that were shown before was folded or unfolded by hand.
        """
        self.beginResetModel()
        names = {figure.name for figure in figures}
        if {figure.name for figure in self._figures} != names:
            self._unfolded = {figure.name for figure in figures[:1]}
        self._figures, self._raw = figures, {figure.name: figure for figure in raw}
        self._beside = {name: {figure.name: figure for figure in found} for name, found in beside}
        self._before = before
        self._tips[RAW] = tr("The same before any training: {before}", before=baseline_name(before))
        self._lay_out()
        self.endResetModel()

    def _lay_out(self) -> None:
        self._rows = []
        for figure in self._figures:
            self._rows.append((figure, ""))
            if figure.name in self._unfolded:
                self._rows += [(of[figure.name], name) for name, of in self._beside.items() if figure.name in of]

    def foldable(self, row: int) -> bool:
        """Return whether a row is a figure that some further baseline has too."""
        figure, baseline = self._rows[row]
        return not baseline and any(figure.name in of for of in self._beside.values())

    def is_baseline(self, row: int) -> bool:
        """Return whether a row is that of a further baseline."""
        return bool(self._rows[row][1])

    def fold(self, row: int, unfolded: bool | None = None) -> None:
        """Show the further baselines of the figure in a row, or hide them; None: the other of the two."""
        name = self._rows[row][0].name
        if not self.foldable(row) or unfolded == (name in self._unfolded):
            return
        self.beginResetModel()
        self._unfolded ^= {name}
        self._lay_out()
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self._rows)

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
        (figure, baseline), column = self._rows[index.row()], index.column()
        if role == int(Qt.ItemDataRole.AccessibleTextRole) and column == NAME and not baseline:
            return said(figure_name(figure.name))
        if role in (int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.AccessibleTextRole)):
            return self._baseline_text(figure, baseline, column) if baseline else self._text(index.row(), column)
        if role == int(Qt.ItemDataRole.TextAlignmentRole):
            return self._side(column)
        if role == int(Qt.ItemDataRole.FontRole):
            return _font(column, bool(baseline))
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return self._tip(figure, baseline, column)
        return None

    def _text(self, row: int, column: int) -> str:
        figure = self._rows[row][0]
        if column == NAME:
            name = _narrow(said(figure_name(figure.name)))
            return f"{'▾' if figure.name in self._unfolded else '▸'} {name}" if self.foldable(row) else name
        if column == VALUE:
            return _signed(number(figure.value))
        if column == INTERVAL:
            return _interval(figure)
        return _signed(number(self._raw[figure.name].value)) if figure.name in self._raw else NOTHING

    @staticmethod
    def _baseline_text(figure: Figure, baseline: str, column: int) -> str:
        return (f"{INDENT}{short_name(baseline)}", _signed(number(figure.value)), _interval(figure), "")[column]

    def _tip(self, figure: Figure, baseline: str, column: int) -> str:
        of = baseline or (self._before if column == RAW and figure.name in self._raw else "")
        name = tr("{name} of {baseline}", name=figure.name, baseline=baseline_name(of)) if of else figure.name
        ends = f": {interval(self._raw[figure.name])}" if column == RAW and figure.name in self._raw else ""
        return "\n".join(part for part in (f"{name}{ends}", broken(said(figure_words(figure.name)))) if part)

    @staticmethod
    def _side(column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft if column == NAME else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter

    def as_text(self) -> str:
        """Return everything as text with tabs between cells, numbers in full."""
        out = io.StringIO()
        writer = csv.writer(out, dialect="excel-tab", lineterminator="\n")
        columns = self.columns()
        writer.writerow(columns.titles)
        for row in zip(*columns.cells, strict=True):
            writer.writerow("" if isinstance(cell, float) and math.isnan(cell) else cell for cell in row)
        return out.getvalue()

    def columns(self) -> Columns:
        """Return every figure with its interval and those of the baselines, numbers in full."""
        figures, others = self._figures, [self._raw, *self._beside.values()]
        own = [[getattr(figure, field) for figure in figures] for field in ("name", "value", "low", "high")]
        beside = [[of[figure.name].value if figure.name in of else math.nan for figure in figures] for of in others]
        return Columns(("figure", "now", "low", "high", self._before, *self._beside), (*own, *beside))

    def listing(self, protocol: str, caption: str) -> Listing:
        """Return the table as a figure for paper: the rows that are shown."""
        whole = int(Qt.ItemDataRole.AccessibleTextRole)
        rows = [
            tuple(str(self.data(self.index(row, column), whole)).strip() for column in range(len(TITLES)))
            for row in range(self.rowCount())
        ]
        return Listing(tr("Figures of {protocol}", protocol=protocol), caption, self.columns(), TITLES, tuple(rows))


def baseline_name(name: str) -> str:
    """Return what a baseline is called: raw data by their distance, or an encoder before any training."""
    raw, _, distance = name.rpartition(" ")
    by = {"cosine": tr("cosine", "baseline"), "Euclidean": tr("Euclidean", "baseline")}
    return f"{said(raw)} {by[distance]}" if raw and distance in by else said(name)


def short_name(name: str) -> str:
    """Return what a baseline is called where there is little room: ``raw Euclidean``."""
    raw, _, distance = name.rpartition(" ")
    by = {"cosine": tr("cosine", "baseline"), "Euclidean": tr("Euclidean", "baseline")}
    return tr("raw {distance}", distance=by[distance]) if raw and distance in by else SHORT.get(name) or said(name)


def _narrow(name: str) -> str:
    """Return the name of a figure as a narrow column has room for it: ``TAR@0.001`` for ``TAR at FAR=0.001``."""
    return _AT_A_RATE.sub("@", name)


def _interval(figure: Figure) -> str:
    return _signed(interval(figure, digits=3).replace(" – ", "–"))


def _signed(text: str) -> str:
    """Return a number as the language writes it, with a minus sign in place of the hyphen."""
    return localised(text.replace("-", "−"))


def _font(column: int, baseline: bool) -> QFont:
    return ui_font(11) if column == NAME else number_font(11)


class FiguresTable(QTableView):
    """The table; Ctrl+C copies it whole."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = FiguresModel(self)
        self.setObjectName("figures-table")
        self.setModel(self.rows)
        show_rows(self, ROW_HEIGHT, WIDTHS)
        self.setAccessibleName(tr("Figures of the protocol"))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # it is as high as its rows
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # names and values always have room
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # precision@1 and precision@10 end differently
        self.clicked.connect(lambda index: self._fold(index.row(), None))

    def _fold(self, row: int, unfolded: bool | None) -> None:
        self.rows.fold(row, unfolded)
        self.setCurrentIndex(self.rows.index(row, NAME))

    def content_height(self) -> int:
        """Return the height in pixels at which no row is out of sight."""
        rows = self.verticalHeader().length()
        return self.horizontalHeader().sizeHint().height() + rows + 2 * self.frameWidth() + 2

    def fit(self, width: int) -> None:
        """Show the columns that have room: figures and values first, then intervals, then the raw data."""
        needed = scaled(LEAST_NAME + WIDTHS[VALUE])
        for column in (INTERVAL, RAW):
            needed += scaled(WIDTHS[column])
            self.setColumnHidden(column, needed > width)

    def copy(self) -> None:
        """Put the table on the clipboard, as a spreadsheet takes it."""
        QGuiApplication.clipboard().setText(self.rows.as_text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the whole table, fold (←, →, Space) or move the cursor."""
        row = self.currentIndex().row()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif row >= 0 and event.key() in FOLDS and self.rows.foldable(row):
            self._fold(row, FOLDS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
