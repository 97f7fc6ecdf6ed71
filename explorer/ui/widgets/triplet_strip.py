"""Triplets as pictures: anchor, positive and negative side by side, with their distances."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QWidget

from explorer.core.errors import printable
from explorer.data.dataset import Dataset
from explorer.engine.session.miner_bench import Example
from explorer.ui.widgets.item_picture import class_name, item_picture
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.tiles import Tile, TileText

SMALL, LARGE = 40, 56
"""Sides of the pictures where there is little room, and where there is more."""

GAP = 4
BETWEEN = 14
EDGE = 8
SCROLL_BAR = 12
ROLES = (("anchor", "accent"), ("positive", "right"), ("negative", "wrong"))
"""The three of a triplet, and the colours of their frames."""


class TripletStrip(QScrollArea):
    """Triplets in as many columns as fit.

    Signals
    -------
    chosen(int, bool): an item was clicked; True: to be pinned beside the others.
    hovered(int): the pointer is over an item, -1: over none.
    """

    chosen = Signal(int, bool)
    hovered = Signal(int)

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._add = False
        self._across, self._side = 0, SMALL
        self.rows: list[tuple[Tile, Tile, Tile]] = []
        self._cells: list[QWidget] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumWidth(self.least_width())
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Triplets of the selected miner, hardest first: anchor, positive, negative")
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(EDGE, 4, EDGE, 4)
        self._grid.setHorizontalSpacing(BETWEEN)
        self._grid.setVerticalSpacing(6)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setWidget(inside)
        self.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)

    @staticmethod
    def least_width() -> int:
        """Return the width that one triplet needs, beside a scroll bar."""
        return _triple(SMALL) + 2 * EDGE + SCROLL_BAR

    def show_triplets(self, dataset: Dataset, examples: Sequence[Example], margin: float) -> None:
        """Show these triplets; the captions are d_ap − d_an + m, d_ap and d_an."""
        while len(self.rows) < len(examples):
            self._add_row()
        for place, (cell, tiles) in enumerate(zip(self._cells, self.rows, strict=True)):
            cell.setVisible(place < len(examples))
            if place < len(examples):
                self._show(dataset, tiles, examples[place], margin)
        self._arrange()
        self.verticalScrollBar().setValue(0)

    def _show(self, dataset: Dataset, tiles: tuple[Tile, Tile, Tile], example: Example, margin: float) -> None:
        hardness = example.near - example.far + margin
        items = (example.anchor, example.positive, example.negative)
        captions = (f"{hardness:+.2f}".replace("-", "−"), f"{example.near:.3f}", f"{example.far:.3f}")
        facts = (f"hardness {hardness:+.3f}", f"d_ap {example.near:.4g}", f"d_an {example.far:.4g}")
        for tile, item, caption, fact, (role, token) in zip(tiles, items, captions, facts, ROLES, strict=True):
            tip = f"{role}: {class_name(dataset, item)} #{item} · {fact}\n{printable(dataset.ids[item])}"
            tile.show_item(item, item_picture(dataset, item), token, TileText(caption, tip=tip))

    def _add_row(self) -> None:
        cell = QWidget(self.widget())
        box = QHBoxLayout(cell)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GAP)
        tiles = [Tile(self._themes, self._side, caption=True, parent=cell) for _ in ROLES]
        for tile in tiles:
            tile.installEventFilter(self)
            tile.clicked.connect(lambda _checked=False, tile=tile: self.chosen.emit(tile.item, self._add))
            tile.hovered.connect(lambda over, tile=tile: self.hovered.emit(tile.item if over else -1))
            box.addWidget(tile)
        self.rows.append((tiles[0], tiles[1], tiles[2]))
        self._cells.append(cell)
        self._across = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Remember whether Ctrl or Shift was held when a tile was clicked."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
            self._add = bool(event.modifiers() & held)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let as many triplets stand side by side as fit."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        free = self.width() - SCROLL_BAR - 2 * EDGE + BETWEEN  # the same with and without a scroll bar
        side = LARGE if free >= 2 * (_triple(LARGE) + BETWEEN) else SMALL
        if side != self._side:
            self._side = side
            for tile in (tile for tiles in self.rows for tile in tiles):
                tile.set_side(side)
        across = max(1, free // (_triple(side) + BETWEEN))
        if across != self._across:
            self._across = across
            for place, cell in enumerate(self._cells):
                self._grid.addWidget(cell, place // across, place % across)


def _triple(side: int) -> int:
    """Return the width of a triplet of pictures with this side."""
    return 3 * side + 2 * GAP
