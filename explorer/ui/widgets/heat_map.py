"""A small matrix as a picture: blue below zero, orange above, told apart by colour-blind readers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from explorer.core.types import ByteArray, FloatArray
from explorer.ui.widgets.context_menu import context_menu
from explorer.ui.widgets.theme import Theme, ThemeManager

SIDE = 480
"""Pixels at most: beyond that a cell of the matrix only grows."""

ENDS = {"dark": ((98, 182, 255), (255, 173, 77)), "light": ((0, 92, 175), (196, 84, 0))}
"""The colours of the most negative and the most positive value: blue and orange (Okabe and Ito, 2008)."""


def colours(values: FloatArray, limit: float, theme: Theme) -> ByteArray:
    """Return (H, W, 3) colours: zero is the panel itself, ``±limit`` the ends; beyond them nothing changes."""
    zero = np.array(theme.rgb("raised"), np.float32)
    below, above = (np.array(end, np.float32) for end in ENDS[theme.name])
    share = np.clip(values / limit if limit > 0 else np.zeros_like(values), -1, 1)[..., None]
    ends = np.where(share < 0, below, above)
    return np.asarray(zero + (ends - zero) * np.abs(share), np.uint8)


class HeatMap(QWidget):
    """Draws (H, W) numbers in their aspect, each cell as a rectangle, as large as there is room.

    Signals
    -------
    pointed(object): the ``(row, column)`` under the pointer, None when it left.
    chosen(int, int): a row and column were clicked, or chosen by arrow keys and Enter.
    """

    pointed = Signal(object)
    chosen = Signal(int, int)

    offers: Callable[[QMenu], object] | None = None
    """What fills the menu at the pointer; None: there is none."""

    def __init__(self, themes: ThemeManager, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._values: FloatArray = np.zeros((1, 1), np.float32)
        self._limit = 0.0
        self._image = QImage()
        self._cell: tuple[int, int] | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setMinimumSize(64, 64)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        themes.changed.connect(self._paint)

    @property
    def values(self) -> FloatArray:
        """What is drawn, (H, W)."""
        return self._values

    def show_values(self, values: FloatArray, limit: float) -> None:
        """Draw other numbers; ``limit``: the size at which a colour is full."""
        self._values, self._limit = values, limit
        self._paint()

    def _paint(self) -> None:
        rgb = np.ascontiguousarray(colours(self._values, self._limit, self._themes.current))
        height, width = rgb.shape[:2]
        self._image = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size at which most matrices have a pixel of the screen or more for each number."""
        return QSize(160, 160)

    def area(self) -> QRectF:
        """Return where the picture lies in the widget."""
        height, width = self._values.shape
        room = QRectF(self.rect())
        scale = min(room.width() / width, room.height() / height, SIDE / max(width, height))
        return QRectF(0, 0, max(scale * width, 1), max(scale * height, 1))

    def cell_at(self, place: QPointF) -> tuple[int, int] | None:
        """Return the row and column at a place of the widget, or None beside the picture."""
        area = self.area()
        if not (0 <= place.x() < area.width() and 0 <= place.y() < area.height()):
            return None
        height, width = self._values.shape
        return int(place.y() / area.height() * height), int(place.x() / area.width() * width)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, a thin frame, and the cell under the pointer."""
        painter = QPainter(self)
        area, theme = self.area(), self._themes.current
        shrinks = area.width() < self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
        painter.drawImage(area, self._image)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawRect(area.adjusted(0, 0, -1, -1))
        if self._cell is not None:
            height, width = self._values.shape
            tall, wide = area.height() / height, area.width() / width
            painter.setPen(QPen(theme.colour("text"), 1))
            painter.drawRect(QRectF(self._cell[1] * wide, self._cell[0] * tall, max(wide, 3), max(tall, 3)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which cell is under the pointer."""
        self._point(self.cell_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell under the pointer."""
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._point(cell)
            self.chosen.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cell that is pointed at by the arrow keys, and choose it by Enter."""
        ways = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
        way, (row, column) = ways.get(Qt.Key(event.key())), self._cell or (0, 0)
        if way is not None:
            height, width = self._values.shape
            self._point((min(max(row + way[0], 0), height - 1), min(max(column + way[1], 0), width - 1)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cell is not None:
            self.chosen.emit(row, column)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the picture."""
        if self.offers is None:
            event.ignore()
            return
        menu = context_menu(self)
        self.offers(menu)
        self.destroyed.connect(menu.close)
        menu.popup(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the pointer."""
        super().leaveEvent(event)
        self._point(None)

    def _point(self, cell: tuple[int, int] | None) -> None:
        if cell != self._cell:
            self._cell = cell
            self.pointed.emit(cell)
            self.update()
