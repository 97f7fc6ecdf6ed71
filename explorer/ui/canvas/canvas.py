"""The point canvas: a display of points that turns the mouse and the keyboard into items and views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from explorer.core.types import IntArray
from explorer.ui.canvas import overlays
from explorer.ui.canvas.display import PointDisplay
from explorer.ui.canvas.overlays import Card
from explorer.ui.canvas.scene import Style
from explorer.ui.canvas.sprites import Album
from explorer.ui.theme import Theme

Tool = Literal["pointer", "lasso", "rectangle"]
SelectionMode = Literal["replace", "add", "remove"]

CLICK = 4.0
"""Logical pixels that the pointer may move between press and release of a click."""

STEP = 60.0
KEYS: dict[Qt.Key, tuple[float, float]] = {
    Qt.Key.Key_Left: (STEP, 0.0),
    Qt.Key.Key_Right: (-STEP, 0.0),
    Qt.Key.Key_Up: (0.0, STEP),
    Qt.Key.Key_Down: (0.0, -STEP),
}
TOOL_KEYS: dict[Qt.Key, Tool] = {Qt.Key.Key_V: "pointer", Qt.Key.Key_L: "lasso", Qt.Key.Key_R: "rectangle"}


class PointCanvas(PointDisplay):
    """Shows points that move, and says what is hovered, clicked and selected.

    Signals
    -------
    hovered(item): the item under the pointer, −1 for none.
    clicked(item, add): an item was clicked; ``add`` with Ctrl or Shift.
    selected(items, mode): what a lasso or a rectangle caught, int64, and ``replace``, ``add`` or ``remove``.
    cleared(): Esc. tool_changed(tool).
    """

    hovered = Signal(int)
    clicked = Signal(int, bool)
    selected = Signal(object, str)
    cleared = Signal()
    tool_changed = Signal(str)

    def __init__(self, theme: Theme, card_of: Callable[[int], Card | None], parent: QWidget | None = None) -> None:
        super().__init__(theme, card_of, parent)
        self._tool: Tool = "pointer"
        self._mode: SelectionMode = "replace"
        self._pointer: QPointF | None = None
        self._pressed: QPointF | None = None
        self._panning = False
        self._track: list[QPointF] = []
        self.drawn.connect(self._hover_again)
        self.caught.connect(self._on_caught)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Map of the embeddings")
        self.setAccessibleDescription("Drag to pan, wheel to zoom, O shows everything, click pins a point")

    def set_items(self, count: int, style: Style, album: Album | None = None) -> None:
        """Start over with ``count`` items without a place."""
        self._track.clear()
        super().set_items(count, style, album)

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self._tool

    def set_tool(self, tool: Tool) -> None:
        """Take another tool."""
        if tool != self._tool:
            self._tool = tool
            self._track.clear()
            self.setCursor(Qt.CursorShape.ArrowCursor if tool == "pointer" else Qt.CursorShape.CrossCursor)
            self.tool_changed.emit(tool)
            self.update()

    def paint_tool(self, painter: QPainter) -> None:
        """Paint the outline that is drawn, and what the keys do meanwhile."""
        if len(self._track) > 1:
            overlays.paint_track(painter, self._theme, self._corners())
        if self._tool != "pointer":
            overlays.paint_hint(painter, self._theme, QRectF(self.rect()), self._modifiers())

    @staticmethod
    def _modifiers() -> Qt.KeyboardModifier:
        return QGuiApplication.keyboardModifiers()

    # the mouse

    @property
    def held(self) -> bool:
        """Whether a button is down on the map."""
        return self._pressed is not None

    def _hover_at(self, at: QPointF) -> None:
        item = -1
        if self.picture is not None:
            item = self.picture.pick(*self.navigator.view.to_map(at.x(), at.y()))
        if item != self._hover:
            self.set_hover(item)
            self.hovered.emit(item)

    def _hover_again(self) -> None:
        """Hover anew: the points have moved under a pointer that rests."""
        if self._pointer is not None and not self.held:
            self._hover_at(self._pointer)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, a pan or a selection."""
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            super().mousePressEvent(event)
            return
        self._pressed = event.position()
        self._panning = self._tool == "pointer" or event.button() == Qt.MouseButton.MiddleButton
        self._track.clear()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Hover, pan or draw the lasso."""
        at = event.position()
        before, self._pointer = self._pointer or at, at
        if self._pressed is None:
            self._hover_at(at)
        elif self._track or (at - self._pressed).manhattanLength() > CLICK:
            if not self._track:
                self._track.append(self._pressed)
                before = self._pressed
            if self._panning:
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
                self.navigator.pan(at.x() - before.x(), at.y() - before.y())
            else:
                self._track.append(at)
                self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a click, a pan or a selection."""
        if self._pressed is None:
            super().mouseReleaseEvent(event)
            return
        dragged, self._pressed = bool(self._track), None
        if dragged and self._panning:
            self.setCursor(Qt.CursorShape.ArrowCursor if self._tool == "pointer" else Qt.CursorShape.CrossCursor)
        elif dragged:
            self._select(event.modifiers())
        elif event.button() == Qt.MouseButton.LeftButton:
            self._hover_at(event.position())
            if self._hover >= 0:
                keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
                self.clicked.emit(self._hover, bool(event.modifiers() & keys))
        self._track.clear()
        self.update()

    def _corners(self) -> list[QPointF]:
        if self._tool == "lasso":
            return self._track
        first, last = self._track[0], self._track[-1]
        return [first, QPointF(last.x(), first.y()), last, QPointF(first.x(), last.y())]

    def _select(self, modifiers: Qt.KeyboardModifier) -> None:
        if len(self._track) < 2:
            return
        adds = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        removes = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        self._mode = "add" if adds else "remove" if removes else "replace"
        view = self.navigator.view
        self.catch(np.array([view.to_map(corner.x(), corner.y()) for corner in self._corners()], np.float64))

    def _on_caught(self, items: IntArray) -> None:
        self.selected.emit(items, self._mode)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.navigator.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer."""
        at = event.position()
        self.navigator.zoom_at(1.0015 ** event.angleDelta().y(), at.x(), at.y())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is hovered any more."""
        self._pointer = None
        if self._hover >= 0:
            self.set_hover(-1)
            self.hovered.emit(-1)

    # the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pan, zoom, fit, clear, or take a tool."""
        key = Qt.Key(event.key())
        plain = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if key in KEYS and plain:
            self.navigator.pan(*KEYS[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal) and plain:
            self.navigator.zoom_by(1.5)
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore) and plain:
            self.navigator.zoom_by(1 / 1.5)
        elif key == Qt.Key.Key_O and plain:
            self.navigator.fit()
        elif key in TOOL_KEYS and plain:
            self.set_tool(TOOL_KEYS[key])
        elif key == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)
        if key in (Qt.Key.Key_Shift, Qt.Key.Key_Alt):
            self.update()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Show in the hint which key is held."""
        super().keyReleaseEvent(event)
        self.update()

    def _escape(self) -> None:
        if self._track:
            self._track.clear()
            self._pressed = None
            self.update()
        else:
            self.cleared.emit()
