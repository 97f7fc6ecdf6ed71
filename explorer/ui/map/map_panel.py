"""The map: every item as a point, moving as the metric is learned."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QRect
from PySide6.QtGui import QResizeEvent, QStatusTipEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from explorer.core.registry import register
from explorer.core.types import PIXELS_RUN, FloatArray, IntArray, Neighbours, Projection
from explorer.engine.events import CatalogueReady, DatasetComplete, DatasetOpened, StateChanged
from explorer.engine.session.state import LATER_KINDS
from explorer.ui.map.canvas.album import Album
from explorer.ui.map.canvas.canvas_input import HINT_ROOM
from explorer.ui.map.canvas.marks import Card
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.canvas.raster_thread import GLIDING
from explorer.ui.map.canvas.scene import Picture
from explorer.ui.map.canvas.selection_tools import Tool, tool_tip
from explorer.ui.map.canvas.viewport import Bounds
from explorer.ui.map.caption import Caption
from explorer.ui.map.colours import MapColours
from explorer.ui.map.export.export_map import MapExport
from explorer.ui.map.frame_status import FrameStatus, placed_of, share_drawn, title_of
from explorer.ui.map.layout import MapLayout
from explorer.ui.map.legend.legend import TIGHT
from explorer.ui.map.map_before import MapBefore
from explorer.ui.map.map_menu import item_of_key, map_menu
from explorer.ui.map.overlays.axis_titles import MapAxes
from explorer.ui.map.overlays.field import PotentialFields
from explorer.ui.map.overlays.ghosts import Ghosts
from explorer.ui.map.overlays.neighbours import HoverNeighbours
from explorer.ui.map.overlays.pinned_items import card_of, stars_of
from explorer.ui.map.overlays.selection_motion import SelectionMotion
from explorer.ui.map.overlays.switches import MapOverlays
from explorer.ui.map.overlays.triplets import MapTriplets
from explorer.ui.map.time_line import TimeLine
from explorer.ui.map.toolbox import MODES, ToolBox
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import small, tr
from explorer.ui.widgets.moving_pictures import MovingPictures
from explorer.ui.widgets.next_turn import next_turn
from explorer.ui.widgets.text_size import keep_tool, scaled

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

EDGE = 12
MOST_MARKED = 12
"""Of more selected items none is marked by itself: they are seen together."""
TOOL = 24
LOW = 280
"""Where a map and its time line are lower, in pixels of the usual size of text, a line without steps is left out."""
COMING = tr(
    "The items are still being decoded. Train begins with those that are there, which appear here as it learns; "
    "without it all of them appear when they are."
)
WAITING = tr("The items are being compared: every one of them appears here as a point in a moment.")

TOOLS: tuple[tuple[Tool, str, str], ...] = (
    ("pointer", tr("Point and pan"), tr("V on the map")),
    ("lasso", tr("Select with a lasso"), tr("L on the map")),
    ("rectangle", tr("Select with a rectangle"), tr("R on the map")),
    ("brush", tr("Select with a brush"), tr("B on the map")),
    ("polygon", tr("Select with a polygon"), tr("P on the map")),
)
"""The tools of the map, with what their commands are called and the key that chooses them there."""


@register("panel", "map")
class MapPanel(Panel):
    """Every item as a point: near means similar. It moves while the metric is learned."""

    key: ClassVar[str] = "map"
    title: ClassVar[str] = tr("Map")
    area: ClassVar[Area] = "centre"
    order: ClassVar[int] = 0
    empty_text: ClassVar[str] = tr(
        "Every picture or vector appears here as a point, near those that are alike.\n\n"
        "Open a folder of pictures or a file of vectors, or drop one on the window."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._neighbours: Neighbours | None = None
        self._arrivals: deque[float] = deque(maxlen=12)
        self.placing: Callable[[Projection], tuple[IntArray, FloatArray]] | None = None
        """Where else the points of a frame are drawn, None: where they lie."""
        self._before = MapBefore()
        self._zooming: Iterator[Bounds | None] = iter(())
        self._build()
        self._connect()
        self._add_commands()
        self._on_setting("reduced_motion")
        opened = desk.data.dataset
        if opened is not None:
            self._show_dataset(opened)

    @property
    def canvas(self) -> PointCanvas:
        """The canvas inside."""
        return self._canvas

    def _build(self) -> None:
        themes = self.desk.themes
        self._canvas = PointCanvas(themes.current, self._card_of, self.body)
        self._frame_status = FrameStatus(self, self._canvas)
        box = QVBoxLayout(self.body)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._canvas, 1)
        self.time_line = TimeLine(self.desk, self.body)
        box.addWidget(self.time_line)
        self.tools = ToolBox(themes, self._canvas)
        self._colouring = MapColours(self.desk, self._canvas)
        self.colours, self.legend = self._colouring.choice, self._colouring.legend
        self.overlays = MapOverlays(self.desk, self._canvas, self.colours)
        self._motion = SelectionMotion(self.desk, self._canvas)
        self._motion.join(self.overlays)
        self.moving = MovingPictures(self)
        self.moving.changed.connect(self._canvas.refresh_card)
        self._hovering = HoverNeighbours(self.desk, self._canvas)
        self._hovering.join(self.overlays)
        self.fields = PotentialFields(self.desk, self._canvas)
        self.fields.join(self.overlays)
        self.ghosts = Ghosts(self.desk, self._canvas)
        self.ghosts.join(self.overlays)
        self.words = Caption(themes, self._canvas)
        self._motion.said.connect(self.words.say)
        self.fields.said.connect(self.words.say)
        self.part_drawn = Caption(themes, self._canvas)
        self.axes = MapAxes(self.desk, self._canvas, self.overlays)
        self.axes.said.connect(self.words.say)
        self.triplets = MapTriplets(self.desk, self._canvas, self.overlays)
        self.export = MapExport(self.desk, self._canvas, self._colouring)
        self.settle = IconButton(themes, "settle", tr("Settle: let the map come to rest"))
        self.freeze = IconButton(themes, "freeze", tr("Freeze: hold the map still"))
        self.freeze.setCheckable(True)
        self.header_tools = [self.settle, self.freeze]
        self.layouts = MapLayout(self.desk, self._canvas, self.settle, self.freeze)
        self.colours.add_further(self.layouts.choice.button.text, self.layouts.toggle)
        for button in (self.settle, self.freeze):
            keep_tool(button, TOOL)
            button.setEnabled(False)
        self._canvas.installEventFilter(self)

    def _connect(self) -> None:
        bridge, state, canvas = self.desk.bridge, self.desk.state, self._canvas
        bridge.of(StateChanged).connect(self._on_state)
        bridge.of(CatalogueReady).connect(self._on_catalogue)
        bridge.of(DatasetOpened).connect(self._on_opened)
        bridge.of(DatasetComplete).connect(lambda _event: self.set_empty_text(WAITING))
        bridge.of(Projection).connect(self._on_projection)
        bridge.of(Neighbours).connect(self._on_neighbours)
        state.hover_changed.connect(self._on_hover)
        state.pins.changed.connect(self._on_pinned)
        state.selection_changed.connect(self._on_selection)
        canvas.input.hovered.connect(state.set_hover)
        canvas.input.clicked.connect(self._on_clicked)
        canvas.input.asked.connect(lambda item, add: state.pins.toggle(item) if add else state.pins.choose(item))
        canvas.input.toggled.connect(self._on_toggled)
        canvas.input.selected.connect(self._on_selected)
        canvas.input.cleared.connect(self._on_cleared)
        canvas.input.menu_asked.connect(self._show_menu)
        canvas.input.tool_changed.connect(self.tools.show_tool)
        canvas.input.tool_changed.connect(self._on_tool)
        canvas.input.mode_changed.connect(self.tools.show_mode)
        canvas.crashed.connect(self._on_crashed)
        canvas.drawn.connect(self._on_drawn)
        self.tools.tool_chosen.connect(canvas.input.set_tool)
        self.tools.mode_chosen.connect(canvas.input.set_mode)
        self.tools.fit_asked.connect(canvas.navigator.fit)
        self._colouring.legend_changed.connect(self._arrange)
        self.axes.changed.connect(self._arrange)
        for box in (self.tools, self.colours, self.legend, self.layouts.choice, self.layouts.box, self.triplets.key):
            box.refitted.connect(self._arrange)
        self.overlays.toggled.connect(self._show_stars)
        self.overlays.toggled.connect(self._arrange)  # its name in the row of choices is longer or shorter
        self.settle.clicked.connect(self._on_settle)
        self.freeze.toggled.connect(self._on_freeze)
        self.desk.settings.changed.connect(self._on_setting)

    def _on_setting(self, name: str) -> None:
        if name == "reduced_motion":
            self._canvas.set_still(self.desk.settings.reduced_motion)

    def _add_commands(self) -> None:
        add, canvas = self.desk.commands.add, self._canvas
        fit = add(
            "map.fit",
            tr("Show the whole map"),
            canvas.navigator.fit,
            menu="Map",
            tip=tr("Show everything; O on the map"),
        )
        fit.setProperty("begins_group", True)
        zoom = add("map.zoom_selection", tr("Zoom to the selection"), self._zoom_to_selection, menu="Map")
        self.desk.state.while_selected(zoom)
        for tool, title, tip in TOOLS:
            action = add(f"map.{tool}", title, partial(canvas.input.set_tool, tool), menu="Map", tip=tip)
            action.setProperty("begins_group", tool == TOOLS[0][0])
        for mode, label in MODES:
            add(
                f"map.mode_{mode}",
                tr("Selecting: {partition}", partition=small(label.partition("  ")[0])),
                partial(canvas.input.set_mode, mode),
            )
        tip = tr("Let the map come to rest")
        settle = add("map.settle", tr("Settle the map"), self.settle.click, menu="Map", tip=tip)
        settle.setProperty("begins_group", True)
        add(
            "map.freeze",
            tr("Freeze or release the map"),
            self.freeze.click,
            menu="Map",
            tip=tr("Hold it still, or let it move again"),
        )

    def _zoom_to_selection(self) -> None:
        """Zoom to the selected items; where these are many, some turns of the event loop later."""
        self.desk.state.once_selected(self._begin_zoom)

    def _begin_zoom(self) -> None:
        picture, items = self._canvas.picture, self.desk.state.selection
        if picture is not None:
            self._zooming = picture.box_in_pieces(items)
            self._zoom(self._zooming)

    def _zoom(self, boxes: Iterator[Bounds | None]) -> None:
        """Go on looking for the box to zoom to, unless another one is sought by now."""
        if boxes is not self._zooming:
            return
        for found in boxes:
            if found is not None:
                self._canvas.navigator.show(found)
            else:
                next_turn(self, lambda: self._zoom(boxes))
            return

    def shut(self) -> None:
        """End the threads of raster and colours; called once, before the window goes."""
        self._colouring.shut()
        self._canvas.shut()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep what floats on the canvas in its corners."""
        if watched is self._canvas and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._arrange()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the time line give way where the map is low."""
        super().resizeEvent(event)
        self.time_line.give_way(event.size().height() < scaled(LOW))

    def _arrange(self) -> None:
        self.tools.set_room(self._canvas.height() - 2 * EDGE)
        self.tools.move(EDGE, EDGE)
        self.colours.fold(tight := self._canvas.width() < scaled(TIGHT))
        self.layouts.choice.setVisible(not tight)
        self.colours.set_room(self._canvas.width() - self.tools.width() - 2 * EDGE - 8)
        self.colours.move(EDGE + self.tools.width() + 8, EDGE)
        below = self._arrange_choices()
        self.triplets.arrange()
        self.words.move(self.colours.x(), below + 8)
        self._arrange_legend()
        self.axes.keep_clear(self.tools.geometry(), self.legend.geometry())
        self.layouts.free = self.legend.x()
        self.layouts.arrange()
        left = self.tools.width() + EDGE
        foot = max(self.triplets.room, self.axes.room, scaled(HINT_ROOM))  # a tool that is chosen moves no point
        insets = (left, below + self.axes.room_above, self.legend.width() + EDGE, foot + self._part_room())
        if insets != self._canvas.navigator.insets:  # fit at once, and not when something else happens to be drawn
            self._canvas.navigator.insets = insets
            self._canvas.navigator.resize(self._canvas.width(), self._canvas.height())
        self._arrange_part_drawn()

    def _arrange_legend(self) -> None:
        """Put it into the upper right corner, below the choices that reach there."""
        canvas, choices = self._canvas, (self.colours.geometry(), self.layouts.choice.geometry())
        for _ in range(2):  # in other room it may be wider, and reach a choice that it did not
            left = canvas.width() - self.legend.width() - EDGE
            top = max([EDGE, *(box.bottom() + 8 for box in choices if box.right() + 8 >= left)])
            self.legend.set_room(canvas.height() - top - EDGE, canvas.width())
        self.legend.move(canvas.width() - self.legend.width() - EDGE, top)

    def _on_tool(self, tool: Tool) -> None:
        """Make room for the tool, and say what it does at the foot of the window while the pointer is on the map."""
        self._arrange()
        self._canvas.setStatusTip(tip := tool_tip(tool))
        QApplication.sendEvent(self._canvas, QStatusTipEvent(tip))

    def _part_room(self) -> int:
        """Return the room for how many points are drawn, where these are so many that it may have to be said."""
        dataset = self.desk.data.dataset
        return self.part_drawn.sizeHint().height() + EDGE if dataset is not None and len(dataset) > GLIDING else 0

    def _arrange_part_drawn(self) -> None:
        """Put how many points are drawn above the lower edge and what else is there, and below the map."""
        above = self._canvas.navigator.insets[3] - self._part_room()
        self.part_drawn.move(self.colours.x(), round(self._canvas.height() - EDGE - above - self.part_drawn.height()))

    def _on_drawn(self, picture: Picture) -> None:
        text = share_drawn(picture)
        if text != self.part_drawn.text:
            self.part_drawn.say(text)
            self._arrange_part_drawn()

    def _arrange_choices(self) -> int:
        """Put the choice of the layout beside that of the colours, or below it; return where they end below."""
        beside = self.colours.geometry().right() + 8
        if self.colours.folded:
            self.layouts.choice.move(self.colours.pos())  # unseen: the box that it opens is placed by it
        elif beside + self.layouts.choice.width() + EDGE <= self._canvas.width():
            self.layouts.choice.move(beside, EDGE)
        else:
            self.layouts.choice.move(self.colours.x(), self.colours.geometry().bottom() + 8)
        return max(self.colours.geometry().bottom(), self.layouts.choice.geometry().bottom())

    # data and frames

    def _on_state(self, event: StateChanged) -> None:
        """Load the kernels while the data are being read."""
        if event.state == "loading":
            self._canvas.warm()

    def _on_catalogue(self, event: CatalogueReady) -> None:
        """Load them while the start page is shown, once all else is loaded: the first time that takes long."""
        if event.kinds == LATER_KINDS:
            self._canvas.warm()

    def _on_opened(self, event: DatasetOpened) -> None:
        self._show_dataset(event.dataset)

    def _show_dataset(self, dataset: Dataset) -> None:
        self._neighbours = None
        self._before.forget(len(dataset))
        self._arrivals.clear()
        original = dataset.full_picture if dataset.originals is not None else None
        previews = dataset.previews
        album = Album(previews, original) if previews is not None else None
        self._canvas.set_items(len(dataset), self._colouring.begin(dataset), album)
        self._colouring.show_legend()
        self._arrange()
        self._show_stars()  # what is pinned and selected stays where items have joined those that were there
        self._on_selection(self.desk.state.selection)
        self._frame_status.show(None)
        self.set_subtitle("")
        self.set_empty_text(COMING if dataset.growing else WAITING)
        self.show_body(False)
        self.freeze.setChecked(False)
        for button in (self.settle, self.freeze):
            button.setEnabled(False)

    def _on_projection(self, frame: Projection) -> None:
        dataset = self.desk.data.dataset
        if dataset is None:
            return
        items, xy, waiting = self._before.whole(frame)
        elsewhere = self.placing is not None
        self._colouring.show_waiting(None if elsewhere else waiting)
        self._canvas.move_points(*((items, xy) if self.placing is None else self.placing(frame)))
        self._arrivals.append(time.monotonic())
        raw = frame.run == PIXELS_RUN
        about = " ≈" if raw and not frame.exact else ""  # of a run the step says it, which stands beside
        of = tr(" · {raw}", raw=self.raw) if raw else ""
        part = f" · {placed_of(len(frame.indices), len(dataset), raw)}" if len(frame.indices) < len(dataset) else ""
        part += tr(", the rest in grey as before") if waiting is not None and not elsewhere else ""
        self.set_subtitle(f"{title_of(frame.method)}{of}{about}{part}")
        self._frame_status.show(frame)
        self.settle.setToolTip(tr("Settle: let the map come to rest\n{pace}", pace=self._pace()))
        self.show_body(True)
        for button in (self.settle, self.freeze):
            button.setEnabled(True)

    def _pace(self) -> str:
        recent = [moment for moment in self._arrivals if moment > self._arrivals[-1] - 3.0]
        if len(recent) < 2:
            return tr("At rest")
        return tr("{recent:.1f} frames a second", recent=(len(recent) - 1) / (recent[-1] - recent[0]))

    def _on_neighbours(self, result: Neighbours) -> None:
        self._neighbours = result
        self._show_stars()
        self._canvas.refresh_card()

    def _on_pinned(self, _pinned: tuple[int, ...]) -> None:
        self._show_stars()
        self._colouring.highlight()

    def _show_stars(self) -> None:
        dataset, found = self.desk.data.dataset, self._neighbours
        if dataset is None:
            return
        shown = self.desk.state.pins.numbers if self.overlays.on("pins") else {}
        self._canvas.set_stars(stars_of(dataset, found, shown))

    def _card_of(self, item: int) -> Card | None:
        dataset = self.desk.data.dataset
        if dataset is None or not 0 <= item < len(dataset):
            return None
        line = self._hovering.card_line(item)
        card = card_of(dataset, self._neighbours, item, () if line is None else (line,))
        moved = self.moving.face if item == self.moving.item else None
        return card if moved is None else replace(card, face=moved)

    def _on_hover(self, item: int) -> None:
        """Show the card of an item, which moves where it can."""
        self.moving.show(self.desk.data.dataset, item, play=True)
        self._canvas.set_hover(item)

    # what the user does

    def _on_clicked(self, item: int, add: bool) -> None:
        state = self.desk.state
        if add:
            state.pins.toggle(item)
        else:
            state.pins.choose(item)
        state.set_selection([item])

    def _on_toggled(self, item: int) -> None:
        """Let an item join the selection by key, or leave it."""
        state = self.desk.state
        state.once_selected(lambda: state.select([item], "remove" if item in state.selection else "add"))

    def _on_selection(self, items: IntArray) -> None:
        """Let the rest recede; where few are selected, mark each over the queries that it may lie under."""
        self._colouring.highlight()
        dataset = self.desk.data.dataset
        few = dataset is not None and len(items) <= MOST_MARKED and items.max(initial=-1) < len(dataset)
        self._canvas.set_chosen(items if few else np.empty(0, np.int64))

    def kept_clear(self, window: QWidget) -> list[QRect]:
        """Return where in a window the legend, the hint of a tool and all that floats on the map are to be read."""
        if not self._canvas.isVisible():
            return []
        boxes = [child.geometry() for child in self._canvas.floating()]
        if not self._canvas.input.hint.isEmpty():
            boxes.append(self._canvas.input.hint.toAlignedRect())
        return [box.translated(self._canvas.mapTo(window, QPoint())) for box in boxes]

    def _show_menu(self, item: int, at: QPoint | None) -> None:
        """Offer what can be done with an item, or with the map; by key with the item that is pinned or selected."""
        self.desk.state.once_selected(lambda: self._open_menu(item, at))

    def _open_menu(self, item: int, at: QPoint | None) -> None:
        if at is None and item < 0:
            item = item_of_key(self.desk)
        map_menu(self.desk, self._canvas, item).popup(at or self._canvas.mapToGlobal(self._place(item)))

    def _place(self, item: int) -> QPoint:
        """Return where an item is on the canvas, the middle where it is not in sight."""
        middle = self._canvas.places([item])[0] if item >= 0 else np.full(2, np.nan)
        at = QPoint(*np.rint(middle).astype(int).tolist()) if np.isfinite(middle).all() else QPoint(-1, -1)
        return at if self._canvas.rect().contains(at) else self._canvas.rect().center()

    def _on_selected(self, items: IntArray, mode: str) -> None:
        self.desk.state.select(items, mode)

    def _on_cleared(self) -> None:
        """Esc: close the card of a triplet, or let go of the selection; of the pins when nothing else is selected."""
        self.desk.state.once_selected(self._clear)

    def _clear(self) -> None:
        state = self.desk.state
        if self.triplets.close_card():
            return
        if not len(self._colouring.highlighted()):
            state.pins.clear()
        state.set_selection([])

    def _on_settle(self) -> None:
        if self.freeze.isChecked():
            self.freeze.setChecked(False)
        self.desk.session.analysis.layout("settle")

    def _on_freeze(self, frozen: bool) -> None:
        self.desk.session.analysis.layout("freeze" if frozen else "resume")

    def _on_crashed(self, text: str) -> None:
        fault = f"{text[:1].upper()}{text[1:]}"
        self.set_empty_text(tr("{fault}.\n\nOpen the data again to draw it anew.", fault=fault))
        self.show_body(False)
