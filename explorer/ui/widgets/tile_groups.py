"""Items that belong together, such as pairs and triplets, as groups of tiles in as many columns as fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QWidget

from explorer.core.errors import printable
from explorer.core.sorted_pairs import Pair
from explorer.data.dataset import Dataset
from explorer.ui.widgets.item_picture import class_name, item_picture
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.text_size import scaled, text_size
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.tiles import Tile, TileText

SMALL, LARGE = 40, 56
"""Sides of the pictures where there is little room, and where there is more."""

GAP = 4
BETWEEN = 14
EDGE = 8
SCROLL_BAR = 12


@dataclass(frozen=True, slots=True)
class TileContent:
    """An item of the dataset in a tile; ``frame`` is a colour token, empty for none."""

    item: int
    frame: str
    text: TileText


def tip_of(dataset: Dataset, item: int, role: str, fact: str) -> str:
    """Return what a tile says of an item when it is pointed at: its class, a fact, and what it is called."""
    facts = " · ".join(part for part in (f"{class_name(dataset, item)} #{item}", fact) if part)
    return f"{role}{facts}\n{printable(dataset.ids[item])}"


def pair_tiles(dataset: Dataset, pair: Pair, token: str, what: str) -> list[TileContent]:
    """Return two items side by side in frames of a colour ``token``; ``what`` says in words what they are."""
    fact = tr("distance {distance:.4g}, {what}", distance=pair.distance, what=what)
    return [
        TileContent(item, token, TileText(caption, tip=tip_of(dataset, item, "", fact)))
        for item, caption in ((pair.first, localised(f"{pair.distance:.3f}")), (pair.second, ""))
    ]


class TileGroups(QScrollArea):
    """Groups of up to ``size`` tiles each, side by side as far as they fit.

    Signals
    -------
    chosen(int, bool): an item was clicked; True: to be pinned beside the others.
    hovered(int): the pointer is over an item, -1: over none.
    """

    chosen = Signal(int, bool)
    hovered = Signal(int)

    def __init__(
        self, themes: ThemeManager, size: int, name: str, parent: QWidget | None = None, *, least: int = SMALL
    ) -> None:
        """Make some; ``least``: the side of a picture without room for more; below ``SMALL`` without words."""
        super().__init__(parent)
        self._themes, self._size, self._least = themes, size, least
        self._add = False
        self._across, self._side = 0, scaled(SMALL)
        self.rows: list[tuple[Tile, ...]] = []
        self._cells: list[QWidget] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._keep_width()
        text_size().changed.connect(self._keep_width)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(EDGE, 4, EDGE, 4)
        self._grid.setHorizontalSpacing(BETWEEN)
        self._grid.setVerticalSpacing(6)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setWidget(inside)
        self.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)

    def _keep_width(self) -> None:
        self.setMinimumWidth(self.least_width())

    def least_width(self) -> int:
        """Return the width that one group needs, beside a scroll bar."""
        return self._group(scaled(self._least)) + 2 * EDGE + SCROLL_BAR

    def _group(self, side: int) -> int:
        """Return the width of a group of pictures with this side."""
        return self._size * side + (self._size - 1) * GAP

    def show_groups(self, dataset: Dataset, groups: Sequence[Sequence[TileContent]]) -> None:
        """Show these groups from the top on."""
        while len(self.rows) < len(groups):
            self._add_row()
        for place, (cell, tiles) in enumerate(zip(self._cells, self.rows, strict=True)):
            group = groups[place] if place < len(groups) else ()
            cell.setVisible(bool(group))
            for at, tile in enumerate(tiles):
                tile.setVisible(at < len(group))
                if at < len(group):
                    shown = group[at]
                    tile.show_item(shown.item, item_picture(dataset, shown.item), shown.frame, shown.text)
        self._arrange()
        self.verticalScrollBar().setValue(0)

    def _add_row(self) -> None:
        cell = QWidget(self.widget())
        box = QHBoxLayout(cell)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GAP)
        told = self._side >= scaled(SMALL)
        tiles = tuple(Tile(self._themes, self._side, caption=told, parent=cell) for _ in range(self._size))
        for tile in tiles:
            tile.installEventFilter(self)
            tile.clicked.connect(lambda _checked=False, tile=tile: self.chosen.emit(tile.item, self._add))
            tile.hovered.connect(lambda over, tile=tile: self.hovered.emit(tile.item if over else -1))
            box.addWidget(tile)
        box.addStretch(1)
        self.rows.append(tiles)
        self._cells.append(cell)
        self._across = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Remember whether Ctrl or Shift was held when a tile was clicked."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
            self._add = bool(event.modifiers() & held)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let as many groups stand side by side as fit."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        free = self.width() - SCROLL_BAR - 2 * EDGE + BETWEEN  # the same with and without a scroll bar
        roomy = free >= 2 * (self._group(scaled(LARGE)) + BETWEEN)
        side = scaled(LARGE if roomy else SMALL if free >= self._group(scaled(SMALL)) + BETWEEN else self._least)
        if side != self._side:
            self._side = side
            for tile in (tile for tiles in self.rows for tile in tiles):
                tile.set_side(side, caption=side >= scaled(SMALL))
        across = max(1, free // (self._group(side) + BETWEEN))
        if across != self._across:
            self._across = across
            for place, cell in enumerate(self._cells):
                self._grid.addWidget(cell, place // across, place % across)
