"""A small matrix as a picture: blue below zero, orange above, told apart by colour-blind readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from explorer.core.types import ByteArray, FloatArray
from explorer.ui.widgets.context_menu import context_menu
from explorer.ui.widgets.text import elided, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import Theme, ThemeManager

SIDE = 480
"""Pixels at most: beyond that a cell of the matrix only grows."""

GAP = 4
NAME_ROOM = 76
"""Pixels that names beside a matrix may take, at the usual size of text; longer ones are elided."""
LEAST_CELL = 11
"""Pixels of a row that a name fits beside."""
SCALE = 26
"""Height of the scale below the matrix with its words."""
BAR = 6

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
        self._names: tuple[str, ...] = ()
        self._words = ("", "")
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

    def show_values(
        self, values: FloatArray, limit: float, names: Sequence[str] = (), words: tuple[str, str] = ("", "")
    ) -> None:
        """Draw other numbers; ``limit``: the size at which a colour is full.

        ``names``: of the rows and columns of a square matrix, beside it where there is room for them; ``words``: what
        the ends of the scale mean, which is drawn below: of a matrix without values below zero it begins at zero.
        """
        self._values, self._limit, self._names, self._words = values, limit, tuple(names), words
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
        """Return where the picture lies in the widget: beside it are the names, where there is room for them."""
        foot = scaled(SCALE) if any(self._words) else 0
        beside = self._beside()
        named = self._fitted(beside, self._above(beside), foot)
        return named if self._names and self._legible(named) else self._fitted(0, 0, foot)

    def _fitted(self, left: float, top: float, foot: float) -> QRectF:
        height, width = self._values.shape
        room = QRectF(self.rect()).adjusted(left, top, 0, -foot)
        scale = min(room.width() / width, room.height() / height, SIDE / max(width, height))
        return QRectF(left, top, max(scale * width, 1), max(scale * height, 1))

    def _legible(self, area: QRectF) -> bool:
        """Return whether a row is as high as a name beside it, which a narrow map is not to be squeezed for."""
        return area.height() / len(self._values) >= scaled(LEAST_CELL) and area.left() <= self.width() / 3

    def _beside(self) -> float:
        metrics = QFontMetrics(ui_font(10))
        return min(max((metrics.horizontalAdvance(name) for name in self._names), default=0), scaled(NAME_ROOM)) + GAP

    def _above(self, beside: float) -> float:
        """Return the room above the columns: of one line where all names fit so, else of names that stand upright."""
        return QFontMetrics(ui_font(10)).height() if self._flat(beside) else beside

    def _flat(self, beside: float) -> bool:
        width = (self.width() - beside) / max(len(self._names), 1)
        return beside - GAP <= width - 2

    @property
    def named(self) -> bool:
        """Whether rows and columns have their names beside them."""
        return self.area().left() > 0

    def cell_at(self, place: QPointF) -> tuple[int, int] | None:
        """Return the row and column at a place of the widget, or None beside the picture."""
        area = self.area()
        if not (area.left() <= place.x() < area.right() and area.top() <= place.y() < area.bottom()):
            return None
        height, width = self._values.shape
        row, column = (place.y() - area.top()) / area.height(), (place.x() - area.left()) / area.width()
        return int(row * height), int(column * width)

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
            corner = area.topLeft() + QPointF(self._cell[1] * wide, self._cell[0] * tall)
            painter.drawRect(QRectF(corner, QSizeF(max(wide, 3), max(tall, 3))))
        painter.setFont(ui_font(10))
        painter.setPen(theme.colour("muted"))
        if area.left() > 0:
            self._paint_names(painter, area)
        if any(self._words):
            self._paint_scale(painter, theme, area)

    def _paint_names(self, painter: QPainter, area: QRectF) -> None:
        """Paint the names of the rows at the left and of the columns above, upright where they are long."""
        font, side = ui_font(10), area.height() / len(self._names)
        shown = [elided(name, font, round(area.left() - GAP)) for name in self._names]
        flat, end = self._flat(area.left()), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place, name in enumerate(shown):
            painter.drawText(QRectF(0, area.top() + place * side, area.left() - GAP, side), end, name)
            cell = QRectF(area.left() + place * side, 0, side, area.top())
            if flat:
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, name)
                continue
            painter.save()
            painter.translate(cell.center().x(), area.top() - GAP / 2)
            painter.rotate(-90)
            painter.drawText(QRectF(0, -side / 2, area.top(), side), Qt.AlignmentFlag.AlignVCenter, name)
            painter.restore()

    def _paint_scale(self, painter: QPainter, theme: Theme, area: QRectF) -> None:
        """Paint below the matrix what its colours mean, from the least to the largest."""
        least = -1.0 if float(self._values.min()) < 0 else 0.0
        steps = np.linspace(least, 1.0, 64, dtype=np.float32)[None] * max(self._limit, 1e-9)
        rgb = np.ascontiguousarray(colours(steps, max(self._limit, 1e-9), theme))
        bar = QImage(rgb.data, rgb.shape[1], 1, 3 * rgb.shape[1], QImage.Format.Format_RGB888).copy()
        box = QRectF(area.left(), area.bottom() + scaled(5), area.width(), scaled(BAR))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(box, bar)
        below = QRectF(0, box.bottom() + 1, self.width(), self.height() - box.bottom())
        below.setLeft(area.left())
        room = below.width() - QFontMetrics(ui_font(10)).horizontalAdvance(self._words[0]) - GAP
        right = elided(self._words[1], ui_font(10), round(max(room, 0)))
        wide = QFontMetrics(ui_font(10)).horizontalAdvance(right)
        at = max(min(area.right(), self.width()) - wide, below.right() - room)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, self._words[0])
        painter.drawText(QPointF(at, below.top() + QFontMetrics(ui_font(10)).ascent()), right)

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
