"""What was found in the data: its pictures side by side, its class and the suspected one, and what was decided."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QTableView, QWidget

from explorer.core.label_decisions import Decisions
from explorer.core.types import Split
from explorer.data.dataset import Dataset
from explorer.ui.data.findings import FACT_TIPS, MOST_PICTURES, TITLES, Row, View, decided_shortly, named, tip
from explorer.ui.widgets.item_picture import item_picture, paint_item_picture
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.row_table import Index, show_rows
from explorer.ui.widgets.text import broken
from explorer.ui.widgets.text_size import scaled, text_size
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.untinted import Untinted

WHAT, FACT = range(2)
SIDE, GAP = 36, 3
ROW_HEIGHT = SIDE + 6
WIDTHS = (120, 70)
KEPT_PICTURES = 300


class FindingsModel(QAbstractTableModel):
    """Findings, one a row; pictures are painted when they come into sight."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes, self._view = themes, parent
        self._dataset: Dataset | None = None
        self._split: Split | None = None
        self._decisions: Decisions = {}
        self._of: View = "labels"
        self.rows: tuple[Row, ...] = ()
        self._picture = lru_cache(KEPT_PICTURES)(self._painted)
        text_size().changed.connect(self._picture.cache_clear)

    def show_rows(
        self, dataset: Dataset | None, split: Split | None, of: View, rows: tuple[Row, ...], decisions: Decisions
    ) -> None:
        """Show these rows of a view."""
        self.beginResetModel()
        self._of = of
        self._dataset, self._split, self.rows, self._decisions = dataset, split, rows, decisions
        self._picture.cache_clear()
        self.endResetModel()

    def show_decisions(self, decisions: Decisions) -> None:
        """Show what was decided, in the rows that are there."""
        self._decisions = decisions
        if self.rows:
            self.dataChanged.emit(self.index(0, FACT), self.index(len(self.rows) - 1, FACT))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many findings there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return two: pictures with classes, score or similarity over what was decided."""
        return 0 if parent.isValid() else 2

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> object:
        """Return the title of a column, and what its figures mean."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == int(Qt.ItemDataRole.TextAlignmentRole):
            side = Qt.AlignmentFlag.AlignRight if section == FACT else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return broken(FACT_TIPS[self._of]) if section == FACT else None
        return TITLES[self._of][section] if role == int(Qt.ItemDataRole.DisplayRole) else None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return pictures, words and tips."""
        if self._dataset is None:
            return None
        row, column = self.rows[index.row()], index.column()
        if role == int(Qt.ItemDataRole.DisplayRole):
            if column == WHAT:
                return named(self._dataset, self._split, row)
            return "\n".join(filter(None, (row.facts[-1], decided_shortly(self._dataset, row, self._decisions))))
        if role == int(Qt.ItemDataRole.DecorationRole) and column == WHAT:
            return self._picture(row.items[:MOST_PICTURES])
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return tip(self._dataset, self._split, row, self._decisions)
        if role == int(Qt.ItemDataRole.ForegroundRole) and not row.likely:
            return self._themes.current.colour("muted")
        if role == int(Qt.ItemDataRole.TextAlignmentRole) and column == FACT:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _painted(self, items: tuple[int, ...]) -> QPixmap:
        """Return the pictures of items side by side."""
        assert self._dataset is not None
        ratio = 1.0 if self._view is None else self._view.devicePixelRatioF()
        side = scaled(SIDE)
        width = len(items) * (side + GAP) - GAP
        painted = QPixmap(round(width * ratio), round(side * ratio))
        painted.setDevicePixelRatio(ratio)
        painted.fill(Qt.GlobalColor.transparent)
        painter = QPainter(painted)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        for place, item in enumerate(items):
            box = QRectF(place * (side + GAP), 0, side, side)
            paint_item_picture(painter, self._themes.current, item_picture(self._dataset, item), box, 4)
        painter.end()
        return painted


class FindingsTable(QTableView):
    """Findings, the worst first; one is framed, by a click or the arrow keys.

    Signals
    -------
    framed(): another one is.
    """

    framed = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.findings = FindingsModel(themes, self)
        self.setModel(self.findings)
        self.setAccessibleName(tr("What was found, the worst first"))
        show_rows(self, ROW_HEIGHT, WIDTHS)
        self.setItemDelegate(Untinted(self))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setStatusTip(tr("K keeps · R relabels · X excludes · U takes back"))
        self.selectionModel().currentRowChanged.connect(lambda _now, _before: self.framed.emit())

    @property
    def row(self) -> Row | None:
        """The framed finding."""
        place = self.currentIndex().row()
        return self.findings.rows[place] if 0 <= place < len(self.findings.rows) else None

    def show_rows(
        self, dataset: Dataset | None, split: Split | None, of: View, rows: tuple[Row, ...], decisions: Decisions
    ) -> None:
        """Show the findings of a view and frame none."""
        self.findings.show_rows(dataset, split, of, rows, decisions)

    def show_decisions(self, decisions: Decisions) -> None:
        """Show what was decided."""
        self.findings.show_decisions(decisions)

    def go_on(self) -> None:
        """Frame the next finding; after the last one it stays."""
        place = self.currentIndex().row() + 1
        if place < len(self.findings.rows):
            self.selectRow(place)

    def frame(self, items: Collection[int]) -> None:
        """Frame the first finding of one of these items; where there is none it stays."""
        rows = self.findings.rows
        place = next((place for place, row in enumerate(rows) if not set(row.items).isdisjoint(items)), -1)
        if place >= 0:
            self.selectRow(place)
