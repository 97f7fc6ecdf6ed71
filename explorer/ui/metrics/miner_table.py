"""The table of the miner bench: one row a miner, with bars for counts and hardness."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import log, sqrt

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from explorer.engine.session.miner_bench import MinerBench, MinerFigures
from explorer.ui.widgets.figures.figure import Columns, Listing
from explorer.ui.widgets.language import localised, said, tr
from explorer.ui.widgets.row_table import LEAST_NAME, Index, show_rows
from explorer.ui.widgets.text import broken, count, counted, elided, number_font, percent, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager

ROW_HEIGHT = 22
EDGE = 8
SCROLL_BAR = 12

MINER, TRIPLETS, VIOLATING, HARDNESS, NEAR, FAR, SHARED = range(7)
COLUMNS = (tr("Miner"), tr("Triplets"), tr("In margin"), tr("Hardness"), tr("d ap"), tr("d an"), tr("Shared"))
WIDTHS = (86, 76, 72, 66, 54, 54, 66)
NAME_ROOM = 220
"""The widest that names are before figures beside them are left out."""
TIPS = (
    tr("What chooses the triplets; the one in bold is that of the recipe"),
    tr("How many it chooses of the batch; the length of the bar is logarithmic"),
    tr("Share of them inside the margin: d_an < d_ap + m"),
    tr(
        "Mean of d_ap − d_an + m over what it chooses: above zero there is something to learn from. A miner that takes "
        "the hardest of every anchor may lie lower than one that chooses inside the margin alone: where all is "
        "learned, even the hardest is easy"
    ),
    tr("Mean distance from the anchor to the positive"),
    tr("Mean distance from the anchor to the negative"),
    tr("Triplets that the selected miner has chosen too, as a share of those of either (Jaccard)"),
)
KEY = int(Qt.ItemDataRole.UserRole)
BAR = KEY + 1
"""Roles: the value that a column is sorted by, and the bar of a cell: −1 to 1 of its width, or None."""


class MinerModel(QAbstractTableModel):
    """The miners of a bench, sorted by a column. ``shared`` refers to the selected one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bench: MinerBench | None = None
        self._order: list[int] = []
        self._sorted_by, self._descending = HARDNESS, True
        self._selected = -1

    def show_bench(self, bench: MinerBench) -> None:
        """Show another bench in the order that was chosen."""
        self.beginResetModel()
        self._bench, self._selected = bench, -1
        self._order = list(range(len(bench.miners)))
        self._arrange()
        self.endResetModel()

    def select(self, place: int) -> None:
        """Compare all miners with this one."""
        self._selected = place
        if self._order:
            self.dataChanged.emit(self.index(0, SHARED), self.index(len(self._order) - 1, SHARED))

    def place(self, index: Index) -> int:
        """Return which miner of the bench a row shows."""
        return self._order[index.row()]

    def row_of(self, place: int) -> int:
        """Return the row that shows a miner of the bench."""
        return self._order.index(place)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many miners there are."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> object:
        """Return the title of a column, or what it means."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return broken(TIPS[section])
        if role == int(Qt.ItemDataRole.TextAlignmentRole):
            side = Qt.AlignmentFlag.AlignLeft if section == MINER else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role != int(Qt.ItemDataRole.DisplayRole):
            return None
        arrow = "▾" if self._descending else "▴"
        return f"{COLUMNS[section]} {arrow}" if section == self._sorted_by else COLUMNS[section]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; miners that have chosen nothing come last."""
        self._sorted_by, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        before = list(self._order)
        self._arrange()
        for index in self.persistentIndexList():
            self.changePersistentIndex(index, self.index(self._order.index(before[index.row()]), index.column()))
        self.layoutChanged.emit()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    def _arrange(self) -> None:
        keys = {place: self._key(place, self._sorted_by) for place in self._order}
        some = [place for place in self._order if keys[place] is not None]
        some.sort(key=lambda place: keys[place], reverse=self._descending)  # type: ignore[arg-type,return-value]
        self._order = some + [place for place in self._order if keys[place] is None]

    def _key(self, place: int, column: int) -> str | float | None:
        assert self._bench is not None
        found = self._bench.miners[place]
        if column == SHARED:
            return float(self._bench.overlap[place, self._selected]) if self._selected >= 0 else None
        values: tuple[str | float | None, ...] = (
            said(found.title).casefold(),
            found.triplets,
            found.violating,
            found.hardness,
            found.near,
            found.far,
        )
        return values[column]

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return one fact about a cell."""
        if not index.isValid() or self._bench is None:
            return None
        place, column = self._order[index.row()], index.column()
        found, key = self._bench.miners[place], self._key(place, column)
        if role == int(Qt.ItemDataRole.DisplayRole):
            return _text(found, column, key)
        if role == KEY:
            return key
        if role == BAR:
            return self._bar(column, key)
        if role == int(Qt.ItemDataRole.FontRole):
            return found.name == self._bench.miner
        if role in (int(Qt.ItemDataRole.ToolTipRole), int(Qt.ItemDataRole.AccessibleTextRole)):
            return _words(found)
        return None

    def _bar(self, column: int, key: str | float | None) -> float | None:
        if self._bench is None or not isinstance(key, int | float):
            return None
        miners = self._bench.miners
        if column == TRIPLETS:
            return log(key + 1) / log(max(2, *(found.triplets + 1 for found in miners)))
        if column == HARDNESS:
            return key / max(1e-9, *(abs(found.hardness or 0.0) for found in miners))
        return sqrt(key) if column == SHARED else None


def _text(found: MinerFigures, column: int, key: str | float | None) -> str:
    if column == MINER:
        return said(found.title).partition(" (")[0]  # what more there is of it is in the tip
    if not isinstance(key, int | float):
        return "–"
    if column == TRIPLETS:
        return count(found.triplets)
    if column in (VIOLATING, SHARED):
        return percent(key)
    return localised(f"{key:+.3f}").replace("-", "−") if column == HARDNESS else localised(f"{key:.3f}")


def _words(found: MinerFigures) -> str:
    """Return a row in words, for a tooltip and for a screen reader."""
    if not found.triplets:
        return tr("{title}: no triplet of this batch", title=said(found.title))
    kept = (
        tr(", {remembered} with a remembered negative", remembered=count(found.remembered)) if found.remembered else ""
    )
    return tr(
        "{title}: {triplets}{kept}, {share} as many as there are, "
        "{violating} inside the margin, mean hardness {hardness:+.3f}",
        title=said(found.title),
        triplets=counted(found.triplets, "triplet"),
        kept=kept,
        share=percent(found.share, 2),
        violating=percent(found.violating or 0.0),
        hardness=found.hardness,
    )


class MinerDelegate(QStyledItemDelegate):
    """Paints one cell: its bar, and its text over it."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the size of a cell."""
        return QSize(scaled(WIDTHS[index.column()]), scaled(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint ground, bar and text."""
        theme, rect = self._themes.current, QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.colour("selected"))
        bar = index.data(BAR)
        if isinstance(bar, float) and bar:
            track = rect.adjusted(4, 4, -4, -4)
            token = "accent" if index.column() != HARDNESS else "wrong" if bar > 0 else "right"
            width = max(2.0, track.width() * min(1.0, abs(bar)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(token, 70))
            painter.drawRoundedRect(QRectF(track.right() - width, track.top(), width, track.height()), 3, 3)
        name = index.column() == MINER
        inside = rect.adjusted(EDGE / 2 if name else EDGE, 0, -EDGE, 0)
        font = ui_font(12, bold=bool(index.data(int(Qt.ItemDataRole.FontRole)))) if name else number_font(11)
        side = Qt.AlignmentFlag.AlignLeft if name else Qt.AlignmentFlag.AlignRight
        text = str(index.data())
        painter.setFont(font)
        painter.setPen(theme.colour("muted" if text == "–" else "text"))
        painter.drawText(inside, side | Qt.AlignmentFlag.AlignVCenter, elided(text, font, int(inside.width())))
        painter.restore()


class MinerTable(QTableView):
    """The table; ``chosen`` is called with the place of the miner whose row is selected."""

    def __init__(self, themes: ThemeManager, chosen: Callable[[int], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = MinerModel(self)
        self._chosen = chosen
        self.setObjectName("miner-table")
        self.setModel(self.rows)
        self.setItemDelegate(MinerDelegate(themes, self))
        show_rows(self, ROW_HEIGHT, WIDTHS)
        self.setAccessibleName(tr("All miners on one batch"))
        header = self.horizontalHeader()
        header.setSortIndicator(HARDNESS, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)
        self.selectionModel().currentRowChanged.connect(self._on_current)
        themes.changed.connect(self.viewport().update)

    def show_bench(self, bench: MinerBench, place: int) -> None:
        """Show a bench and select one of its miners."""
        self.rows.show_bench(bench)
        self.selectRow(self.rows.row_of(place))

    def fit(self, width: int) -> int:
        """Show the columns that have room in ``width`` beside whole names, hardness always; return what they need."""
        least = scaled(LEAST_NAME + WIDTHS[HARDNESS]) + SCROLL_BAR
        needed = self._name_width() + scaled(WIDTHS[HARDNESS]) + SCROLL_BAR
        room = True
        for column in (TRIPLETS, SHARED, VIOLATING, NEAR, FAR):
            room = room and needed + scaled(WIDTHS[column]) <= width
            needed += scaled(WIDTHS[column]) if room else 0
            self.setColumnHidden(column, not room)
        return max(least, min(width, needed))

    def _name_width(self) -> int:
        """Return the width at which the names are whole, that of the recipe in bold."""
        letters = {bold: QFontMetrics(ui_font(12, bold=bold)) for bold in (False, True)}
        cells = [self.rows.index(row, MINER) for row in range(self.rows.rowCount())]
        bold = [bool(cell.data(int(Qt.ItemDataRole.FontRole))) for cell in cells]
        widths = [letters[one].horizontalAdvance(str(cell.data())) for one, cell in zip(bold, cells, strict=True)]
        longest = max(widths, default=0) + 2 * EDGE
        return max(scaled(WIDTHS[MINER]), min(longest, scaled(NAME_ROOM)))

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            place = self.rows.place(current)
            self.rows.select(place)
            self._chosen(place)


def miners_figure(bench: MinerBench, rows: MinerModel, caption: str) -> Listing:
    """Return the table as a figure for paper, in its order; its columns have the numbers in full."""
    places = [rows.place(rows.index(row, MINER)) for row in range(rows.rowCount())]
    texts = [tuple(str(rows.index(row, column).data()) for column in range(len(COLUMNS))) for row in range(len(places))]
    found = [bench.miners[place] for place in places]
    numbers: list[list[object]] = [
        [math.nan if (value := getattr(one, name)) is None else value for one in found]
        for name in ("triplets", "violating", "hardness", "near", "far")
    ]
    shared = [rows.index(row, SHARED).data(KEY) for row in range(len(places))]
    share: list[object] = [math.nan if value is None else value for value in shared]
    titles: list[object] = [said(one.title) for one in found]
    return Listing(tr("Miner bench"), caption, Columns(COLUMNS, (titles, *numbers, share)), COLUMNS, tuple(texts))
