"""The pictures of a grid as pixmaps of one size: made when they are needed, kept while there is room."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from explorer.data.dataset import Dataset
from explorer.ui.widgets.item_picture import item_picture, paint_item_picture
from explorer.ui.widgets.text_size import text_size
from explorer.ui.widgets.theme import Theme

CORNER = 4.0
MOST_BYTES = 24 << 20
"""Memory for pictures that are out of sight; those in sight are always kept."""


class GridPictures:
    """Keeps the pixmaps of items of one dataset, ``side`` logical pixels at ``ratio`` physical ones each."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, QPixmap] = OrderedDict()
        self._look: tuple[Dataset, Theme, int, float, int] | None = None
        self._room = 0

    def __len__(self) -> int:
        return len(self._kept)

    def look(self, dataset: Dataset, theme: Theme, side: int, ratio: float, in_sight: int) -> None:
        """Make the pictures so from now on, with room for those ``in_sight`` at least."""
        look = (dataset, theme, side, ratio, text_size().percent)
        known = self._look
        if known is None or known[0] is not dataset or known[1:] != look[1:]:
            self._kept.clear()
            self._look = look
        each = max(1, round(4 * (side * ratio) ** 2))
        self._room = max(2 * in_sight, MOST_BYTES // each)

    def known(self, item: int) -> QPixmap | None:
        """Return the picture of an item if it is there."""
        found = self._kept.get(item)
        if found is not None:
            self._kept.move_to_end(item)
        return found

    def make(self, item: int) -> QPixmap:
        """Return the picture of an item, made now; one that is still being decoded is not kept."""
        assert self._look is not None
        dataset, theme, side, ratio, _percent = self._look
        painted = QPixmap(round(side * ratio), round(side * ratio))
        painted.setDevicePixelRatio(ratio)
        painted.fill(Qt.GlobalColor.transparent)
        painter = QPainter(painted)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        paint_item_picture(painter, theme, item_picture(dataset, item), QRectF(0, 0, side, side), CORNER)
        painter.end()
        if dataset.growth is None or dataset.growth.ready[item]:
            self._kept[item] = painted
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
        return painted
