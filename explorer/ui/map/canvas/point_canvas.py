"""The point canvas: the newest picture of the raster thread, and what is painted over it.

It is a plain widget and not a pyqtgraph ViewBox: the axes of a map mean nothing, so nothing of a plot is needed; a
repaint is one blit of a ready image, without a graphics scene; and the first map does not wait for pyqtgraph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.core.types import BoolArray, FloatArray, IntArray
from explorer.ui.map.canvas import marks
from explorer.ui.map.canvas.album import Album
from explorer.ui.map.canvas.canvas_input import CanvasInput
from explorer.ui.map.canvas.early_points import Early
from explorer.ui.map.canvas.hover_card import HoverCard
from explorer.ui.map.canvas.layer import Layer
from explorer.ui.map.canvas.map_cursor import MapCursor
from explorer.ui.map.canvas.marks import Card, Places, Star
from explorer.ui.map.canvas.navigator import Navigator
from explorer.ui.map.canvas.raster_thread import RasterThread
from explorer.ui.map.canvas.scene import Outline, Picture, Style
from explorer.ui.map.canvas.viewport import View
from explorer.ui.widgets.from_thread import emit_from_thread
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import Theme

LAYING_OUT = tr("Laying out the map…")
PREPARING = tr("First start: the drawing of the map is being prepared. It takes about a minute, this once.")
EARLY_ROOM = 48.0
"""Logical pixels around the points of a plain first picture, below which the reason for it stands."""
CARD_ROOM = 260.0
"""Logical pixels between tools and legend in which a card fits beside its point."""


class PointCanvas(QWidget):
    """Shows points that move; its ``input`` says what is hovered, clicked and selected.

    Signals
    -------
    drawn(picture): a new picture is on screen; caught(items): what lies within the outline handed to ``catch``, int64;
    portrayed(picture, style): what ``portray`` asked for. crashed(text): drawing failed, in words.
    """

    drawn = Signal(object)
    caught = Signal(object)
    portrayed = Signal(object, object)
    crashed = Signal(str)
    _rung = Signal()

    def __init__(self, theme: Theme, card_of: Callable[[int], Card | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._card_of = theme, card_of
        self._raster: RasterThread | None = None
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._visible: BoolArray | None = None
        self._early: Early | None = None  # what is painted plainly until the raster thread can draw
        self._stars: tuple[Star, ...] = ()
        self._chosen: IntArray = np.empty(0, np.int64)
        self._layers: tuple[Layer, ...] = ()
        self._pasting = True
        self._has_items = False
        self.laid_out = False  # whether there are points on screen
        self._hover = -1
        self._card: Card | None = None
        self.navigator = Navigator(self)
        self.navigator.changed.connect(self._look)
        self.key_cursor = MapCursor(self)
        self.input = CanvasInput(self)
        self._shown_card = HoverCard(self)
        self._rung.connect(self._collect, Qt.ConnectionType.QueuedConnection)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # what is shown

    def warm(self) -> None:
        """Start the raster thread, which loads its kernels, so that the first picture need not wait for them."""
        self._started()

    def _started(self) -> RasterThread:
        if self._raster is None:
            raster = self._raster = RasterThread(self._ring)
            raster.paste(self._pasting)
            raster.still = self.navigator.still
            self.destroyed.connect(lambda: raster.close())
        return self._raster

    def set_items(self, count: int, style: Style, album: Album | None = None) -> None:
        """Start over with ``count`` items without a place."""
        raster = self._started()
        self.input.tools.drop()
        self.key_cursor.reset()
        self._hover, self._card, self._stars, self._image = -1, None, (), None
        self._chosen, self._early = np.empty(0, np.int64), Early(style)
        self._shown_card.hide()
        self._has_items, self.laid_out = count > 0, False
        self._visible = style.visible
        self.navigator.reset()
        raster.reset(count, style, album)
        self._look(False)
        self.update()

    def move_points(self, indices: IntArray, xy: FloatArray) -> None:
        """Send the points to a new frame of the map."""
        if self._raster is not None:
            self._raster.move(indices, xy)
        if self._early is not None:
            self._early = replace(self._early, indices=indices, xy=xy)
            self.update()

    def set_style(self, style: Style) -> None:
        """Draw the points in another style."""
        self._visible = style.visible
        if self._raster is not None:
            self._raster.set_style(style)
        if self._early is not None:
            self._early = replace(self._early, style=style)

    def set_theme(self, theme: Theme) -> None:
        """Paint ground and what lies over the points in another theme at once; ``set_style`` changes the points."""
        self._theme = theme
        if self._picture is not None:
            self._ground_in_theme(self._picture)
        self.update()

    def _ground_in_theme(self, picture: Picture) -> None:
        """Let a picture that was drawn for another theme not be seen on the ground of that."""
        ground = self._theme.colour("background").rgb()
        if picture.ground is not None and picture.ground != ground:
            picture.show_on(ground)

    def set_stars(self, stars: Sequence[Star]) -> None:
        """Mark these queries and their neighbours."""
        self._stars = tuple(stars)
        self.repaint_map()

    def set_chosen(self, items: IntArray) -> None:
        """Mark these few selected items (K,) over everything else, but for those that are queries themselves."""
        if len(items) or len(self._chosen):
            self._chosen = items
            self.repaint_map()

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Paint these over the points and the stars, the first one lowest; anew after a change of what they paint."""
        self._layers = tuple(layers)
        self.repaint_map()

    def set_still(self, on: bool) -> None:
        """Let view and points jump to where they go instead of gliding there, or let them glide."""
        self.navigator.still = on
        if self._raster is not None:
            self._raster.still = on

    def show_thumbnails(self, on: bool) -> None:
        """Show pictures instead of points where there is room for them, or always points."""
        self._pasting = on
        if self._raster is not None:
            self._raster.paste(on)

    def set_hover(self, item: int) -> None:
        """Ring an item, for example one that is hovered in another panel."""
        if item != self._hover:
            self._hover = item
            self._card = self._card_of(item) if item >= 0 else None
            self.repaint_map()

    def refresh_card(self) -> None:
        """Ask again what there is to say about the hovered item."""
        if self._hover >= 0:
            self._card = self._card_of(self._hover)
            self.repaint_map()

    @property
    def waits_for(self) -> str:
        """What is said where items are not on screen yet."""
        return PREPARING if self._raster is not None and self._raster.preparing else LAYING_OUT

    @property
    def picture(self) -> Picture | None:
        """The picture on screen."""
        return self._picture if self._image is not None else None

    @property
    def said(self) -> str:
        """What is said about the item that is hovered, in words."""
        card = self._card
        return "" if card is None else ", ".join((f"{card.title} {card.tag}", *(text for text, _ in card.lines)))

    @property
    def hover(self) -> int:
        """The item that is ringed; −1 for none."""
        return self._hover

    def catch(self, outline: npt.NDArray[np.float64]) -> None:
        """Ask which points lie within an outline, (K, 2) on the map; ``caught`` answers."""
        if self._raster is not None:
            self._raster.select(Outline(outline))

    def catch_path(self, path: npt.NDArray[np.float64], radius: float) -> None:
        """Ask which points lie within ``radius`` (map units) of a path, (K, 2) on the map; ``caught`` answers."""
        if self._raster is not None:
            self._raster.select(Outline(path, radius))

    def portray(self, ratio: float, style: Style | None = None) -> None:
        """Draw what is shown once more, ``ratio`` physical pixels to a logical one; ``portrayed`` answers.

        ``style``: another than on screen.
        """
        if self._raster is not None:
            self._raster.portray(self.navigator.unframed(), ratio, style)

    def paint_overlays(self, painter: QPainter, theme: Theme, picture: Picture, *, pins: bool) -> None:
        """Paint what lies over the points of a portrait and belongs to the map, in logical pixels: no tool, no hover.

        ``pins``: with the pinned queries and their neighbours.
        """
        places = partial(self._places_on, picture, picture.view)
        self._paint_marks(painter, places, picture.radius, theme, self._stars if pins else ())

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
        emit_from_thread(self._rung.emit)

    @Slot()
    def _collect(self) -> None:
        raster = self._raster
        if raster is None:
            return
        if not self.laid_out:
            self.update()  # what it waits for
        picture = raster.take(self._picture)
        if picture is not None:
            self._show(picture)
        found = raster.take_selection()
        if found is not None:
            self.caught.emit(found)
        portrait = raster.take_portrait()
        if portrait is not None:
            self.portrayed.emit(*portrait)
        if raster.crashed is not None:
            error, self._raster = raster.crashed, None
            self.crashed.emit(tr("the map cannot be drawn: {fault}: {error}", fault=type(error).__name__, error=error))

    def _show(self, picture: Picture) -> None:
        self._picture, self._image = picture, None
        if self._raster is not None and not self.input.held and picture.view == self.navigator.view:
            self._raster.calm()  # also after the wheel, which has no end of its own
        if self.navigator.see(picture.bounds):
            return  # the first picture was drawn before it was known where the points are; the next one is on its way
        memory = picture.pixels[picture.offset :]
        image = QImage(
            memory.data, picture.width, picture.height, picture.stride * 4, QImage.Format.Format_RGB32
        )  # fmt: skip
        image.setDevicePixelRatio(picture.ratio)
        self._image = image
        if picture.bounds is not None:
            self.laid_out, self._early = True, None
        self._ground_in_theme(picture)  # it may have been on its way when the theme changed
        self.repaint_map()
        self.drawn.emit(picture)

    def repaint_map(self) -> None:
        """Paint anew, but not the boxes that float over the map: dozens of calls a frame for what does not change."""
        self._place_card()
        region = QRegion(self.rect())
        for child in self.floating():
            region -= QRegion(child.geometry())
        self.update(region)

    @Slot(bool)
    def _look(self, hasty: bool) -> None:
        if self._raster is not None:
            self._raster.look(self.navigator.view, self.devicePixelRatioF(), hasty=hasty)
        self.repaint_map()

    # painting

    def places(self, items: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return where items are on the canvas, in logical pixels; not a number where they are not drawn."""
        return self._places_on(self.picture, self.navigator.view, items)

    def _places_on(self, picture: Picture | None, view: View, items: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return where the items of a picture are in a view."""
        chosen = np.atleast_1d(np.asarray(items, np.int64))
        if picture is None:
            return np.full((len(chosen), 2), np.nan)
        found = view.to_canvas(picture.positions(chosen))
        if self._visible is not None:
            found[~self._visible[chosen]] = np.nan
        return found

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
        if self._has_items and not self.laid_out:
            painter.setPen(self._theme.colour("muted"))
            left, top, right, bottom = self.navigator.insets  # where nothing floats over it
            free = QRectF(self.rect()).adjusted(left, top, -right, -bottom)
            place = Qt.AlignmentFlag.AlignCenter
            if self._early is not None and self._raster is not None and self._raster.preparing:
                place = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter
                self._early.paint(painter, free.adjusted(EARLY_ROOM, EARLY_ROOM, -EARLY_ROOM, -EARLY_ROOM))
                painter.setPen(self._theme.colour("muted"))
            painter.drawText(free, int(place) | int(Qt.TextFlag.TextWordWrap), self.waits_for)
        painter.end()

    def _paint_marks(
        self,
        painter: QPainter,
        places: Places,
        radius: float,
        theme: Theme,
        stars: Sequence[Star],
        free: marks.Free = marks.anywhere,
    ) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        marks.paint_stars(painter, theme, places, stars, radius, free)
        for layer in self._layers:
            layer.paint(painter, theme, places, radius)

    def _paint_over(self, painter: QPainter, radius: float) -> None:
        free = self._free_places() if self._stars else marks.anywhere
        self._paint_marks(painter, self.places, radius, self._theme, self._stars, free)
        self._paint_chosen(painter, radius)
        area = QRectF(self.rect())
        self.input.paint(painter, self._theme)
        self.key_cursor.paint(painter, self._theme, radius)
        if self._hover >= 0:
            middle = self.places([self._hover])[0]
            if np.isfinite(middle).all() and area.contains(QPointF(*middle)):
                marks.paint_hover_ring(painter, self._theme, QPointF(*middle), radius)

    def _free_places(self) -> marks.Free:
        """Return what says whether a box is on the canvas, and nothing that floats there lies over it."""
        whole, over = QRectF(self.rect()), [QRectF(child.geometry()) for child in self.floating()]
        return lambda box: whole.contains(box) and not any(box.intersects(one) for one in over)

    def floating(self) -> list[QWidget]:
        """Return what floats on the canvas and can be seen, but for the card of the hovered item."""
        children = self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [child for child in children if child.isVisible() and child is not self._shown_card]

    def _paint_chosen(self, painter: QPainter, radius: float) -> None:
        if self._picture is None or self._chosen.max(initial=-1) >= len(self._picture.motion.start):
            return  # they are of data that are not drawn yet
        queries = {star.query for star in self._stars}
        for item, middle in zip(self._chosen.tolist(), self.places(self._chosen).tolist(), strict=True):
            if item not in queries and np.isfinite(middle).all():
                marks.paint_chosen(painter, self._theme, QPointF(*middle), radius)

    def _place_card(self) -> None:
        """Put the card of the hovered item clear of tools and legend, or over them where there is no room."""
        middle = self.places([self._hover])[0] if self._hover >= 0 else np.full(2, np.nan)
        area = QRectF(self.rect())
        if self._card is None or not np.isfinite(middle).all() or not area.contains(QPointF(*middle)):
            self._shown_card.hide()
            return
        left, top, right, bottom = self.navigator.insets
        clear = area.adjusted(left, top, -right, -bottom)
        room = clear if clear.width() >= scaled(CARD_ROOM) else area
        self._shown_card.show_card(self._theme, self._card, QPointF(*middle), room)

    # the window

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Look at the same place on the new size."""
        super().resizeEvent(event)
        self.navigator.resize(self.width(), self.height())

    def event(self, event: QEvent) -> bool:
        """Draw anew for a screen of another density."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._look(False)
        return super().event(event)
