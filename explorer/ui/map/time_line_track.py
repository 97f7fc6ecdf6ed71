"""The track of the time line: one tick for each step that is kept, and a handle that goes from one to the next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from explorer.core.map_values import KeptStep
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.tip_above import tip_above

EDGE = 9
"""Pixels left and right, so that the handle fits."""
CLOSEST = 3.0
"""Pixels between two ticks at least; of those that are closer only some are drawn, exact ones before others."""
TALL, SHORT = 15.0, 8.0
NOTCH = 120
"""A notch of a wheel, in Qt's eighths of a degree."""


class Track(QAbstractSlider):
    """A slider whose places are the kept steps, evenly apart, and at its end the newest step of the run.

    Ticks of exact snapshots are taller. ``value`` is the place of the handle; ``newest`` that of the newest step.

    Signals
    -------
    chosen(int): the user went to a place, by mouse, wheel or keyboard.
    play_asked(): Space. menu_asked(int, QPoint): a menu of a place, at a point of the screen.
    """

    chosen = Signal(int)
    play_asked = Signal()
    menu_asked = Signal(int, QPoint)

    def __init__(self, themes: ThemeManager, tip: Callable[[int], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._tip = tip
        self._steps: tuple[KeptStep, ...] = ()
        self._hover = -1
        self._turned = 0
        self._framed = False
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("uses_space", True)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(80)
        self.setAccessibleName(tr("Time line"))
        themes.changed.connect(self.update)

    @property
    def newest(self) -> int:
        """The place of the newest step, after all that are kept."""
        return len(self._steps)

    @property
    def hover(self) -> int:
        """The place under the pointer, −1 for none."""
        return self._hover

    def set_steps(self, steps: tuple[KeptStep, ...], place: int) -> None:
        """Show other steps, the handle at ``place``."""
        self._steps = steps
        self.setRange(0, len(steps))
        self.setPageStep(max(1, len(steps) // 10))
        self.setValue(place)
        self.update()

    def sizeHint(self) -> QSize:
        """Return a height for the handle and the ticks."""
        return QSize(320, scaled(34))

    def position(self, place: int) -> float:
        """Return the x of a place in pixels."""
        return EDGE + place * self._pitch()

    def place_at(self, x: float) -> int:
        """Return the place nearest to an x in pixels."""
        return min(max(round((x - EDGE) / self._pitch()), 0), self.newest)

    def _pitch(self) -> float:
        return (self.width() - 2 * EDGE) / max(self.newest, 1)

    # --- what the user does -------------------------------------------------------------------------------------------

    def _choose(self, place: int) -> None:
        place = min(max(place, 0), self.newest)
        if place != self.value():
            self.setValue(place)
            self.chosen.emit(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the handle to where the pointer is."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._choose(self.place_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the handle, or say what is under the pointer."""
        place = self.place_at(event.position().x())
        if self.isSliderDown():
            self._choose(place)
        if place != self._hover:
            self._hover = place
            tip_above(self, self.position(place), self._tip(place))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the handle go."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for a menu of the place under the pointer, by key of that of the handle."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self.value() if by_key else self.place_at(event.pos().x())
        at = self.mapToGlobal(QPoint(round(self.position(place)), self.height())) if by_key else event.globalPos()
        self.menu_asked.emit(place, at)

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the pointer."""
        super().leaveEvent(event)
        self._hover = -1
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Go a step back or on with each notch."""
        self._turned += event.angleDelta().y() or -event.angleDelta().x()
        notches = int(self._turned / NOTCH)
        self._turned -= notches * NOTCH
        self._choose(self.value() - notches)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go to the steps beside, Page Up and Down further, Home and End to the ends; Space plays."""
        keys, here = Qt.Key, self.value()
        page = self.pageStep()
        places = {
            keys.Key_Left: here - 1, keys.Key_Down: here - 1, keys.Key_Right: here + 1, keys.Key_Up: here + 1,
            keys.Key_PageDown: here - page, keys.Key_PageUp: here + page,
            keys.Key_Home: 0, keys.Key_End: self.newest,
        }  # fmt: skip
        key = Qt.Key(event.key())
        if event.modifiers() not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier):
            event.ignore()
        elif key in places:
            self._choose(places[key])
        elif key == keys.Key_Space:
            self.play_asked.emit()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Draw the frame of the focus, unless the mouse brought it."""
        super().focusInEvent(event)
        self._framed = event.reason() != Qt.FocusReason.MouseFocusReason
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Draw it no longer."""
        super().focusOutEvent(event)
        self._framed = False
        self.update()

    # --- painting -----------------------------------------------------------------------------------------------------

    def ticks(self) -> list[tuple[int, float]]:
        """Return the places and heights of the ticks that are drawn: all, or as many as can be told apart."""
        heights = [TALL if step.exact else SHORT for step in self._steps]
        pitch = self._pitch()
        if pitch >= CLOSEST:
            return list(enumerate(heights))
        drawn: list[tuple[int, float]] = []
        for place, height in enumerate(heights):
            if not drawn or (place - drawn[-1][0]) * pitch >= CLOSEST:
                drawn.append((place, height))
            elif height > drawn[-1][1] and (len(drawn) < 2 or (place - drawn[-2][0]) * pitch >= CLOSEST):
                drawn[-1] = (place, height)
        return drawn

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the track, its ticks, the newest step and the handle."""
        theme = self._themes.current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bottom = self.height() / 2 + TALL / 2 + 0.5
        past, to_come = theme.colour("accent"), theme.colour("muted")
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawLine(QPointF(EDGE, bottom), QPointF(self.width() - EDGE, bottom))
        for place, height in self.ticks():
            colour = QColor(past if place <= self.value() else to_come)
            if place == self._hover:
                colour = theme.colour("text")
            elif height < TALL:
                colour.setAlpha(170)
            self._line(painter, place, bottom, height, colour, 1.4)
        self._paint_newest(painter, bottom)
        self._line(painter, self.value(), bottom, TALL + 3, past, 2.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(past)
        painter.drawEllipse(QPointF(self.position(self.value()), bottom - TALL - 4), 4.5, 4.5)
        if self._framed:
            painter.setPen(QPen(past, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _line(self, painter: QPainter, place: int, bottom: float, height: float, colour: QColor, width: float) -> None:
        x = self.position(place)
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(x, bottom), QPointF(x, bottom - height))

    def _paint_newest(self, painter: QPainter, bottom: float) -> None:
        theme = self._themes.current
        token = "accent" if self.value() == self.newest else "text" if self._hover == self.newest else "muted"
        painter.setPen(QPen(theme.colour(token), 1.4))
        painter.setBrush(theme.colour("panel"))
        painter.drawEllipse(QPointF(self.position(self.newest), bottom), 3.2, 3.2)
