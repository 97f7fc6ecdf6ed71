"""The point canvas: a widget that shows what the raster thread draws, and turns the mouse into items.

It is a plain widget and not a pyqtgraph ViewBox: the axes of a map mean nothing, so nothing of a plot is needed; a
repaint is one blit of a ready image, without a graphics scene; and the first map does not wait for pyqtgraph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.core.types import FloatArray, IntArray
from explorer.ui.canvas import overlays
from explorer.ui.canvas.navigator import Navigator
from explorer.ui.canvas.overlays import Card, Star
from explorer.ui.canvas.scene import Picture, Style
from explorer.ui.canvas.sprites import Album
from explorer.ui.canvas.thread import RasterThread
from explorer.ui.theme import Theme

Tool = Literal["pointer", "lasso", "rectangle"]
SelectionMode = Literal["replace", "add", "remove"]

CLICK = 4.0
"""Logical pixels that the pointer may move between press and release of a click."""

CARD_ROOM = 260.0
"""Logical pixels between tools and legend in which a card fits beside its point."""

STEP = 60.0
KEYS: dict[Qt.Key, tuple[float, float]] = {
    Qt.Key.Key_Left: (STEP, 0.0),
    Qt.Key.Key_Right: (-STEP, 0.0),
    Qt.Key.Key_Up: (0.0, STEP),
    Qt.Key.Key_Down: (0.0, -STEP),
}
TOOL_KEYS: dict[Qt.Key, Tool] = {Qt.Key.Key_V: "pointer", Qt.Key.Key_L: "lasso", Qt.Key.Key_R: "rectangle"}


class PointCanvas(QWidget):
    """Shows points that move, and says what is hovered, clicked and selected.

    Signals
    -------
    hovered(item): the item under the pointer, −1 for none.
    clicked(item, add): an item was clicked; ``add`` with Ctrl or Shift.
    selected(items, mode): what a lasso or a rectangle caught, int64, and ``replace``, ``add`` or ``remove``.
    cleared(): Esc.
    tool_changed(tool); drawn(picture): a new picture is on screen; crashed(text): drawing failed, in words.
    """

    hovered = Signal(int)
    clicked = Signal(int, bool)
    selected = Signal(object, str)
    cleared = Signal()
    tool_changed = Signal(str)
    drawn = Signal(object)
    crashed = Signal(str)
    _rung = Signal()

    def __init__(self, theme: Theme, card_of: Callable[[int], Card | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._card_of = theme, card_of
        self._raster: RasterThread | None = None
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._stars: tuple[Star, ...] = ()
        self._hover = -1
        self._card: Card | None = None
        self._tool: Tool = "pointer"
        self._mode: SelectionMode = "replace"
        self._pointer: QPointF | None = None
        self._pressed: QPointF | None = None
        self._panning = False
        self._track: list[QPointF] = []
        self.navigator = Navigator(self)
        self.navigator.changed.connect(self._look)
        self._rung.connect(self._collect, Qt.ConnectionType.QueuedConnection)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Map of the embeddings")
        self.setAccessibleDescription("Drag to pan, wheel to zoom, O shows everything, click pins a point")

    # what is shown

    def warm(self) -> None:
        """Start the raster thread, which loads its kernels, so that the first picture need not wait for them."""
        self._started()

    def _started(self) -> RasterThread:
        if self._raster is None:
            raster = self._raster = RasterThread(self._ring)
            self.destroyed.connect(lambda: raster.close())
        return self._raster

    def set_items(self, count: int, style: Style, album: Album | None = None) -> None:
        """Start over with ``count`` items without a place."""
        raster = self._started()
        self._hover, self._card, self._stars, self._image = -1, None, (), None
        self._track.clear()
        self.navigator.reset()
        raster.reset(count, style, album)
        self._look(False)
        self.update()

    def move_points(self, indices: IntArray, xy: FloatArray) -> None:
        """Send the points to a new frame of the map."""
        if self._raster is not None:
            self._raster.move(indices, xy)

    def dress(self, style: Style) -> None:
        """Draw the points in another style."""
        if self._raster is not None:
            self._raster.dress(style)

    def set_theme(self, theme: Theme) -> None:
        """Paint what lies over the points in another theme; ``dress`` changes the points."""
        self._theme = theme
        self.update()

    def set_stars(self, stars: Sequence[Star]) -> None:
        """Mark these queries and their neighbours."""
        self._stars = tuple(stars)
        self.update()

    def set_hover(self, item: int) -> None:
        """Ring an item, for example one that is hovered in another panel."""
        if item != self._hover:
            self._hover = item
            self._card = self._card_of(item) if item >= 0 else None
            self.update()

    def refresh_card(self) -> None:
        """Ask again what there is to say about the hovered item."""
        if self._hover >= 0:
            self._card = self._card_of(self._hover)
            self.update()

    @property
    def picture(self) -> Picture | None:
        """The picture on screen."""
        return self._picture if self._image is not None else None

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

    def shut(self) -> None:
        """End the raster thread; nothing is drawn afterwards."""
        self.navigator.stop()
        raster, self._raster = self._raster, None
        if raster is not None:
            raster.close()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(640, 480)

    # from the raster thread

    def _ring(self) -> None:
        try:
            self._rung.emit()
        except RuntimeError:  # the widget is being deleted while the last picture is finished
            return

    @Slot()
    def _collect(self) -> None:
        raster = self._raster
        if raster is None:
            return
        picture = raster.take(self._picture)
        if picture is not None:
            self._show(picture)
        found = raster.take_selection()
        if found is not None:
            self.selected.emit(found, self._mode)
        if raster.crashed is not None:
            error, self._raster = raster.crashed, None
            self.crashed.emit(f"the map cannot be drawn: {type(error).__name__}: {error}")

    def _show(self, picture: Picture) -> None:
        self._picture, self._image = picture, None
        if self._raster is not None and self._pressed is None and picture.view == self.navigator.view:
            self._raster.calm()  # also after the wheel, which has no end of its own
        if self.navigator.see(picture.bounds):
            return  # the first picture was drawn before it was known where the points are; the next one is on its way
        memory = picture.pixels[picture.offset :]
        image = QImage(
            memory.data, picture.width, picture.height, picture.stride * 4, QImage.Format.Format_RGB32
        )  # fmt: skip
        image.setDevicePixelRatio(picture.ratio)
        self._image = image
        if self._pointer is not None and self._pressed is None:
            self._hover_at(self._pointer)
        self._repaint()
        self.drawn.emit(picture)

    def _repaint(self) -> None:
        """Paint anew, but not the boxes that float over the map: dozens of calls a frame for what does not change."""
        region = QRegion(self.rect())
        for child in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if child.isVisible():
                region -= QRegion(child.geometry())
        self.update(region)

    @Slot(bool)
    def _look(self, hasty: bool) -> None:
        if self._raster is not None:
            self._raster.look(self.navigator.view, self.devicePixelRatioF(), hasty=hasty)
        self.update()

    # painting

    def places(self, items: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return where items are on the canvas, in logical pixels; not a number where they have no place."""
        if self.picture is None:
            return np.full((len(np.atleast_1d(np.asarray(items))), 2), np.nan)
        return self.navigator.view.to_canvas(self.picture.positions(items))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Blit the newest picture, moved and scaled to the present view, and paint what lies over it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour("background"))
        picture, view = self.picture, self.navigator.view
        if picture is not None and self._image is not None:
            if picture.view == view:
                painter.drawImage(QPointF(0, 0), self._image)
            else:
                left, top = view.to_canvas(np.array(picture.view.to_map(0.0, 0.0)))
                factor = view.scale / picture.view.scale
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                whole = QRectF(left, top, picture.view.width * factor, picture.view.height * factor)
                painter.drawImage(whole, self._image)
            self._paint_over(painter, picture.radius)
        painter.end()

    def _paint_over(self, painter: QPainter, radius: float) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect())
        overlays.paint_stars(painter, self._theme, self.places, self._stars, radius)
        if len(self._track) > 1:
            overlays.paint_track(painter, self._theme, self._corners())
        if self._tool != "pointer":
            overlays.paint_hint(painter, self._theme, area, self._modifiers())
        if self._hover >= 0:
            middle = self.places([self._hover])[0]
            if np.isfinite(middle).all() and area.contains(QPointF(*middle)):
                overlays.paint_hover_ring(painter, self._theme, QPointF(*middle), radius)
                if self._card is not None:
                    left, top, right, bottom = self.navigator.insets  # tools and legend lie over what is painted
                    clear = area.adjusted(left, top, -right, -bottom)
                    room = clear if clear.width() >= CARD_ROOM else area
                    overlays.paint_card(painter, self._theme, self._card, QPointF(*middle), room)

    @staticmethod
    def _modifiers() -> Qt.KeyboardModifier:
        return QGuiApplication.keyboardModifiers()

    # the mouse

    def _hover_at(self, at: QPointF) -> None:
        item = -1
        if self.picture is not None:
            item = self.picture.pick(*self.navigator.view.to_map(at.x(), at.y()))
        if item != self._hover:
            self.set_hover(item)
            self.hovered.emit(item)

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
        if self._raster is None or len(self._track) < 2:
            return
        adds = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        removes = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        self._mode = "add" if adds else "remove" if removes else "replace"
        view = self.navigator.view
        self._raster.select(np.array([view.to_map(corner.x(), corner.y()) for corner in self._corners()], np.float64))

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

    # the keyboard and the window

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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Look at the same place on the new size."""
        super().resizeEvent(event)
        self.navigator.resize(self.width(), self.height())

    def event(self, event: QEvent) -> bool:
        """Draw anew for a screen of another density."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._look(False)
        return super().event(event)
