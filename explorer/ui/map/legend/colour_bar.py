"""The legend of a scale: a bar of its colours with ticks, and two handles that hide what lies beyond them."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.core.types import ByteArray
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.text import number_font
from explorer.ui.widgets.text_size import keep_size, scaled
from explorer.ui.widgets.theme import ThemeManager

WIDTH, HEIGHT, LEAST, TICK = 132, 168, 64, 24
"""Its size, how low it may become where there is little room, and how high a tick with its number is."""
LEFT, BAR, PAD = 18, 14, 8
HANDLE = 6
KEY_STEP = 0.02
MOST_TICKS = 6


def ticks(low: float, high: float, most: int = MOST_TICKS) -> list[float]:
    """Return round numbers (1, 2 or 5 times a power of ten apart) within the bounds, at most ``most`` of them."""
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    step = 10.0 ** math.floor(math.log10(span / most))
    for factor in (1, 2, 5, 10, 20):
        first, last = math.ceil(low / (step * factor) - 1e-9), math.floor(high / (step * factor) + 1e-9)
        if last - first + 1 <= most:
            return [place * step * factor for place in range(first, last + 1)]
    return [low, high]


def worded(number: float, span: float) -> str:
    """Return a number with as many digits as tell it apart from others in so wide a span."""
    if number and (abs(number) >= 1e6 or span < 1e-4):
        return localised(f"{number:.3g}")
    digits = max(0, 1 - math.floor(math.log10(span))) if span > 0 else 2
    return f"{number:,.{digits}f}"


class ColourBar(QWidget):
    """Shows a scale from low (below) to high (above).

    Signals
    -------
    range_changed(bounds): only numbers within ``(low, high)`` shall be shown; None: all of them.
    """

    range_changed = Signal(object)

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._low, self._high = 0.0, 1.0
        self._ends = [0.0, 1.0]
        self._held = -1
        self._image = QImage()
        keep_size(self, width=WIDTH)
        self.set_room(scaled(HEIGHT))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Range of the values that are shown"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(
            tr(
                "Drag an end to hide what lies beyond it, double-click to show all\n"
                "Keys: arrows move the lower end, with Shift the upper one, Home shows all"
            )
        )

    def set_room(self, height: int) -> None:
        """Stay within a height in pixels, as far as it can be read then."""
        self.setFixedHeight(max(scaled(LEAST), min(scaled(HEIGHT), height)))

    def show_scale(self, low: float, high: float, colours: ByteArray, shown: tuple[float, float] | None = None) -> None:
        """Show a scale (K, 3) from ``low`` to ``high``, of which only the range ``shown`` is drawn on the map."""
        self._low, self._high = low, high
        column = np.ascontiguousarray(colours[::-1])
        self._image = QImage(column.data, 1, len(column), 3, QImage.Format.Format_RGB888).copy()
        if self._held < 0:
            self._ends = [0.0, 1.0] if shown is None else [self._share(shown[0]), self._share(shown[1])]
        span = high - low
        self.setAccessibleName(tr("Scale from {low} to {high}", low=worded(low, span), high=worded(high, span)))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size that it has."""
        return QSize(scaled(WIDTH), self.height())

    def _share(self, number: float) -> float:
        if math.isinf(number):
            return 0.0 if number < 0 else 1.0
        return min(max((number - self._low) / max(self._high - self._low, 1e-30), 0.0), 1.0)

    def _bar(self) -> QRectF:
        return QRectF(LEFT, PAD, BAR, self.height() - 2 * PAD)

    def _top(self, share: float) -> float:
        bar = self._bar()
        return bar.bottom() - share * bar.height()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar, its ticks and its handles."""
        painter, theme, bar = QPainter(self), self._themes.current, self._bar()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawImage(bar, self._image)
        for low, high in ((0.0, self._ends[0]), (self._ends[1], 1.0)):
            if high > low:
                top = self._top(high)
                painter.fillRect(QRectF(bar.left(), top, bar.width(), self._top(low) - top), theme.colour("panel", 215))
        painter.setPen(QPen(theme.colour("outline"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        self._paint_ticks(painter)
        for end in (0, 1):
            self._paint_handle(painter, end)
        painter.end()

    def _paint_ticks(self, painter: QPainter) -> None:
        theme, bar, span = self._themes.current, self._bar(), self._high - self._low
        painter.setFont(number_font(11))
        most = max(2, min(MOST_TICKS, int(bar.height()) // scaled(TICK)))
        for tick in ticks(self._low, self._high, most):
            top = self._top(self._share(tick))
            painter.setPen(QPen(theme.colour("muted"), 1))
            painter.drawLine(QPointF(bar.right(), top), QPointF(bar.right() + 4, top))
            painter.setPen(theme.colour("text" if self._ends[0] <= self._share(tick) <= self._ends[1] else "disabled"))
            text = QRectF(bar.right() + 8, top - scaled(8), self.width() - bar.right() - 8, scaled(16))
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, worded(tick, span))

    def _paint_handle(self, painter: QPainter, end: int) -> None:
        theme, top, right = self._themes.current, self._top(self._ends[end]), self._bar().left() - 1
        shape = QPolygonF([QPointF(right, top), QPointF(right - 9, top - HANDLE), QPointF(right - 9, top + HANDLE)])
        moved = self._ends[end] != float(end)
        painter.setPen(QPen(theme.colour("accent" if self.hasFocus() else "panel"), 1))
        painter.setBrush(QColor(theme.colour("accent" if moved or self._held == end else "muted")))
        painter.drawPolygon(shape)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearer handle."""
        if event.button() == Qt.MouseButton.LeftButton:
            share = self._share_at(event.position())
            near, far = abs(share - self._ends[0]), abs(share - self._ends[1])
            self._held = 0 if near < far or (near == far and share < self._ends[0]) else 1
            self._move(share)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the handle."""
        if self._held >= 0:
            self._move(self._share_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the handle go."""
        self._held = -1
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all."""
        self._held = -1
        self._set(0.0, 1.0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move an end by the arrow keys."""
        steps = {Qt.Key.Key_Up: KEY_STEP, Qt.Key.Key_Down: -KEY_STEP}
        key = Qt.Key(event.key())
        low, high = self._ends
        if key in steps and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._set(low, min(max(high + steps[key], low), 1.0))
        elif key in steps:
            self._set(max(min(low + steps[key], high), 0.0), high)
        elif key == Qt.Key.Key_Home:
            self._set(0.0, 1.0)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys work here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they do not any more."""
        super().focusOutEvent(event)
        self.update()

    def _share_at(self, at: QPointF) -> float:
        bar = self._bar()
        return min(max((bar.bottom() - at.y()) / bar.height(), 0.0), 1.0)

    def _move(self, share: float) -> None:
        low, high = self._ends
        self._set(*((min(share, high), high) if self._held == 0 else (low, max(share, low))))

    def _set(self, low: float, high: float) -> None:
        """Move the ends; one that lies at the end of the scale hides nothing beyond it."""
        if [low, high] == self._ends:
            return
        self._ends = [low, high]
        self.update()
        span = self._high - self._low
        bounds = (
            -math.inf if low <= 0.0 else self._low + low * span,
            math.inf if high >= 1.0 else self._low + high * span,
        )
        self.range_changed.emit(None if low <= 0.0 and high >= 1.0 else bounds)
