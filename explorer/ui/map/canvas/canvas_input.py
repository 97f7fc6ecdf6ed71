"""What mouse and keyboard do on the point canvas: they are turned into items, outlines and views."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QWheelEvent,
)

from explorer.core.types import IntArray
from explorer.ui.map.canvas import marks
from explorer.ui.map.canvas.selection_tools import TOOL_KEYS, SelectionTools, Tool, mode_of
from explorer.ui.session.selections import SelectionMode
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import Theme

if TYPE_CHECKING:
    from explorer.ui.map.canvas.point_canvas import PointCanvas

DESCRIPTION = tr(
    "Arrows go from item to item, Enter asks for neighbours, Space selects, Shift+arrows move, O shows all"
)
CLICK = 4.0
"""Logical pixels that the pointer may move between press and release of a click."""

BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
BRUSH_KEYS = {Qt.Key.Key_BracketLeft: 1 / 1.25, Qt.Key.Key_BracketRight: 1.25}
HINT_ROOM = 56
"""Pixels at the foot of the map that the words about a tool need, with some room around them."""
KEYS_EVERY_MS = 100
"""How often it is looked whether a key is still held whose name is in bold there."""
STEP = 60.0
ARROWS: dict[Qt.Key, tuple[float, float]] = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}
"""Right and down; with Shift the map is moved so many steps the other way."""


class CanvasInput(QObject):
    """Filters the events of a canvas, and says what is hovered, clicked and selected.

    Signals
    -------
    hovered(item): the item under the pointer, −1 for none.
    clicked(item, add): an item was clicked; ``add`` with Ctrl or Shift.
    pointed(at): the pointer is at this QPointF, and over no item; None: it is not. clicked_beside(at): so was a click.
    selected(items, mode): what was caught with a tool, int64, and a ``SelectionMode``.
    asked(item, add): its neighbours are asked for by key; ``add`` with Ctrl. toggled(item): by key it shall be selected
    or no more.
    menu_asked(item, at): a menu is wanted at a global QPoint, of an item, −1: of what is no item; at None: by key.
    cleared(): Esc. tool_changed(tool). mode_changed(mode).
    """

    hovered = Signal(int)
    clicked = Signal(int, bool)
    pointed = Signal(object)
    clicked_beside = Signal(QPointF)
    asked = Signal(int, bool)
    toggled = Signal(int)
    selected = Signal(object, str)
    menu_asked = Signal(int, object)
    cleared = Signal()
    tool_changed = Signal(str)
    mode_changed = Signal(str)

    def __init__(self, canvas: PointCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.tools = SelectionTools()
        self._mode: SelectionMode = "replace"
        self._asked: SelectionMode = "replace"
        self.hint_from: Callable[[], float] = lambda: 0.0  # where at the foot of the map there is room for it
        self.hint = QRectF()  # where the hint of a tool was painted, empty while there is none
        self._pointer: QPointF | None = None
        self._pressed: QPointF | None = None
        self._panning = self._dragged = False
        self._key_down = False  # Shift, Ctrl or Alt, when they were asked for last
        self._look_again = QTimer(self, interval=KEYS_EVERY_MS, singleShot=True)
        self._look_again.timeout.connect(canvas.repaint_map)
        canvas.drawn.connect(self._hover_again)
        canvas.caught.connect(self._on_caught)
        canvas.setMouseTracking(True)
        canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        canvas.setAccessibleName(tr("Map of the embeddings"))
        canvas.setAccessibleDescription(DESCRIPTION)
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is for the map; leave the rest to the canvas and those that it stands in."""
        kind = event.type()
        if kind == QEvent.Type.MouseMove:
            self._on_moved(cast(QMouseEvent, event))
        elif kind == QEvent.Type.MouseButtonPress:
            return self._on_pressed(cast(QMouseEvent, event))
        elif kind == QEvent.Type.MouseButtonRelease:
            return self._on_released(cast(QMouseEvent, event))
        elif kind == QEvent.Type.MouseButtonDblClick:
            self._on_double_clicked(cast(QMouseEvent, event))
        elif kind == QEvent.Type.Wheel:
            self._on_wheel(cast(QWheelEvent, event))
        elif kind == QEvent.Type.KeyPress:
            return self._on_key(cast(QKeyEvent, event))
        elif kind == QEvent.Type.ContextMenu:
            return self._on_menu(cast(QContextMenuEvent, event))
        else:
            if isinstance(event, QFocusEvent):
                self._canvas.key_cursor.by_key = event.reason() in BY_KEY
                self._canvas.repaint_map()
            elif kind == QEvent.Type.KeyRelease:
                self._canvas.repaint_map()  # the hint shows which key is held
            elif kind == QEvent.Type.Leave:
                self._on_left()
            return False
        return True

    @property
    def tool(self) -> Tool:
        """The chosen tool."""
        return self.tools.tool

    def set_tool(self, tool: Tool) -> None:
        """Take another tool."""
        if tool != self.tools.tool:
            self.tools.drop()
            self.tools.tool = tool
            self._show_cursor()
            self.tool_changed.emit(tool)
            self._canvas.repaint_map()

    @property
    def mode(self) -> SelectionMode:
        """What becomes of the selection when something is caught while no key is held."""
        return self._mode

    def set_mode(self, mode: SelectionMode) -> None:
        """Let what is caught do something else to the selection."""
        if mode != self._mode:
            self._mode = mode
            self.mode_changed.emit(mode)
            self._canvas.repaint_map()

    def _show_cursor(self) -> None:
        self._canvas.setCursor(Qt.CursorShape.ArrowCursor if self.tool == "pointer" else Qt.CursorShape.CrossCursor)

    def paint(self, painter: QPainter, theme: Theme) -> None:
        """Paint the outline that is drawn, and what the keys do meanwhile."""
        self.hint = QRectF()
        if self.tool != "pointer":
            self.tools.paint(painter, theme, self._canvas.navigator.view, self._pointer)
            hints, held = self.tools.hints(mode_of(self._keys_held(), self._mode))
            if self._pointer is not None and self._pointer.y() > self._canvas.height() - scaled(HINT_ROOM):
                return  # what lies beneath the words is wanted
            left, _, right, _ = self._canvas.navigator.insets
            area = QRectF(self._canvas.rect()).adjusted(max(left, self.hint_from()), 0, -right, 0)
            self.hint = marks.paint_hint(painter, theme, area, hints, held)

    def _keys_held(self) -> Qt.KeyboardModifier:
        """Return which of Shift, Ctrl and Alt are down now, and look again soon while one is.

        Its release goes to whoever has the focus by then, to a shortcut or to another program.
        """
        held = QGuiApplication.keyboardModifiers()
        if held != Qt.KeyboardModifier.NoModifier or self._key_down:
            held = QGuiApplication.queryKeyboardModifiers()  # the others are those of the last event that came here
        self._key_down = held != Qt.KeyboardModifier.NoModifier
        if held != Qt.KeyboardModifier.NoModifier:
            self._look_again.start()
        return held

    # the mouse

    @property
    def held(self) -> bool:
        """Whether a button is down on the map."""
        return self._pressed is not None

    def _hover_at(self, at: QPointF) -> None:
        item, free = -1, self.tool != "brush" and not len(self.tools)
        if self._canvas.picture is not None and free:
            item = self._canvas.picture.pick(*self._canvas.navigator.view.to_map(at.x(), at.y()))
        if item != self._canvas.hover:
            self._canvas.set_hover(item)
            self.hovered.emit(item)
        self.pointed.emit(at if free and item < 0 else None)

    def _hover_again(self) -> None:
        """Hover anew: the points have moved under a pointer that rests."""
        if self._pointer is not None and not self.held:
            self._hover_at(self._pointer)

    def _on_pressed(self, event: QMouseEvent) -> bool:
        """Begin a click, a pan or a selection, or set a corner."""
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return False
        at, view = event.position(), self._canvas.navigator.view
        self._pressed, self._dragged = at, False
        self._panning = self.tool == "pointer" or event.button() == Qt.MouseButton.MiddleButton
        if self._panning:
            return True
        if self.tool == "polygon" and self.tools.closes(view, at):
            self._catch(event.modifiers())
        elif self.tool in ("polygon", "brush"):
            self.tools.put(view, at)
        self._hover_at(at)
        self._canvas.repaint_map()
        return True

    def _on_moved(self, event: QMouseEvent) -> None:
        """Hover, pan or draw."""
        at = event.position()
        before, self._pointer = self._pointer or at, at
        if self.tool in ("brush", "polygon"):
            self._canvas.repaint_map()
        if self._pressed is None:
            self._hover_at(at)
            return
        if not self._dragged and (at - self._pressed).manhattanLength() > CLICK:
            self._dragged, before = True, self._pressed
            if not self._panning and self.tool in ("lasso", "rectangle"):
                self.tools.put(self._canvas.navigator.view, self._pressed)
        if self._dragged and self._panning:
            self._canvas.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._canvas.navigator.pan(at.x() - before.x(), at.y() - before.y())
        elif self._dragged and self.tool != "polygon":
            self.tools.put(self._canvas.navigator.view, at)
            self._canvas.repaint_map()

    def _on_released(self, event: QMouseEvent) -> bool:
        """End a click, a pan or a selection."""
        if self._pressed is None:
            return False
        self._pressed = None
        if self._panning and self._dragged:
            self._show_cursor()
        elif self.tool != "polygon" and len(self.tools):
            self._catch(event.modifiers())
        elif not self._dragged and self.tool != "polygon" and event.button() == Qt.MouseButton.LeftButton:
            self._click(event)
        self._canvas.repaint_map()
        return True

    def _click(self, event: QMouseEvent) -> None:
        self._hover_at(event.position())
        if self._canvas.hover >= 0:
            keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
            self.clicked.emit(self._canvas.hover, bool(event.modifiers() & keys))
        else:
            self.clicked_beside.emit(event.position())

    def _on_menu(self, event: QContextMenuEvent) -> bool:
        """Ask for the menu of what is at the pointer; not of a box that floats there."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.menu_asked.emit(self._canvas.hover, None)
            return self._canvas.hasFocus()
        if self._canvas.childAt(event.pos()) is not None:
            return False
        picture, at, item = self._canvas.picture, QPointF(event.pos()), self._canvas.hover
        rests = self._pointer is not None and self._pointer.toPoint() == event.pos()
        if not (rests and item >= 0):  # else what the card says is meant, whatever has moved there since
            item = -1 if picture is None else picture.pick(*self._canvas.navigator.view.to_map(at.x(), at.y()))
        self._on_left()  # nothing is pointed at while the menu is open
        self.menu_asked.emit(item, event.globalPos())
        return True

    def _catch(self, keys: Qt.KeyboardModifier) -> None:
        """Ask for what lies in what was drawn; the answer comes from the raster thread."""
        outline, tools = self.tools.outline(), self.tools
        if tools.tool == "brush" and len(outline):
            self._asked = mode_of(keys, self._mode)
            self._canvas.catch_path(outline, tools.radius / self._canvas.navigator.view.scale)
        elif len(outline) >= 3:
            self._asked = mode_of(keys, self._mode)
            self._canvas.catch(outline)
        tools.drop()
        self._canvas.repaint_map()

    def _on_caught(self, items: IntArray) -> None:
        self.selected.emit(items, self._asked)

    def _on_double_clicked(self, event: QMouseEvent) -> None:
        """Show everything; close the polygon, whose last corner the first click has set."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self.tool == "polygon":
            if len(self.tools):
                self._catch(event.modifiers())
        elif self.tool == "brush":
            self._on_pressed(event)
        else:
            self._canvas.navigator.fit()

    def _on_wheel(self, event: QWheelEvent) -> None:
        """Zoom around the pointer; with Ctrl, change the size of the brush."""
        at = event.position()
        if self.tool == "brush" and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._resize_brush(1.0015 ** event.angleDelta().y())
        else:
            self._canvas.navigator.zoom_at(1.0015 ** event.angleDelta().y(), at.x(), at.y())

    def _on_left(self) -> None:
        """Nothing is hovered any more."""
        self._pointer = None
        self._canvas.repaint_map()
        self.pointed.emit(None)
        if self._canvas.hover >= 0:
            self._canvas.set_hover(-1)
            self.hovered.emit(-1)

    # the keyboard

    def _on_key(self, event: QKeyEvent) -> bool:
        """Go to an item, pan, zoom, fit, clear, take a tool, go on drawing, or do what is done with an item."""
        key = Qt.Key(event.key())
        plain = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if key in ARROWS and plain:
            self._on_arrow(*ARROWS[key], pan=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal) and plain:
            self._canvas.navigator.zoom_by(1.5)
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore) and plain:
            self._canvas.navigator.zoom_by(1 / 1.5)
        elif key == Qt.Key.Key_O and plain:
            self._canvas.navigator.fit()
        elif key in TOOL_KEYS and plain:
            self.set_tool(TOOL_KEYS[key])
        elif not (self._draw_on(key, event.modifiers()) or self._do(key, event.modifiers())):
            if key in (Qt.Key.Key_Shift, Qt.Key.Key_Alt):
                self._key_down = True  # under X the event itself says what was down before it
                self._canvas.repaint_map()
            return False
        return True

    def _on_arrow(self, right: float, down: float, *, pan: bool) -> None:
        """Move the map, or go to the next item, which is hovered as if it were pointed at."""
        if pan:
            self._canvas.navigator.pan(-STEP * right, -STEP * down)
            return
        self._pointer = None  # what lies under a pointer that rests is not meant any more
        item = self._canvas.key_cursor.move(right, down, self._canvas.hover)
        if item >= 0:
            self._canvas.set_hover(item)
            self.hovered.emit(item)
            self._canvas.setAccessibleDescription(self._canvas.said)
            self._canvas.repaint_map()

    def _do(self, key: Qt.Key, keys: Qt.KeyboardModifier) -> bool:
        """Ask about the item that the keyboard is at, or select it; return whether the key does so."""
        item = self._canvas.key_cursor.item
        if item < 0 or key not in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            return False
        if key == Qt.Key.Key_Space:
            self.toggled.emit(item)
        else:
            self.asked.emit(item, bool(keys & Qt.KeyboardModifier.ControlModifier))
        return True

    def _draw_on(self, key: Qt.Key, keys: Qt.KeyboardModifier) -> bool:
        """Do what a key does to what is being drawn; return whether it does anything."""
        polygon = self.tool == "polygon" and len(self.tools) > 0
        if key == Qt.Key.Key_Escape:
            self._escape()
        elif key == Qt.Key.Key_Backspace and polygon:
            self.tools.take_back()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and polygon:
            self._catch(keys)
        elif key in BRUSH_KEYS and self.tool == "brush":
            self._resize_brush(BRUSH_KEYS[key])
        else:
            return False
        self._canvas.repaint_map()
        return True

    def _resize_brush(self, factor: float) -> None:
        self.tools.resize(factor)
        self._canvas.repaint_map()

    def _escape(self) -> None:
        """Give up what is being drawn, or else let go of the selection."""
        if len(self.tools):
            self.tools.drop()
            self._pressed = None
        else:
            self.cleared.emit()
