"""The guided first run: a few steps beside the real widgets, while a real training runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import shiboken6
from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtWidgets import QWidget

from explorer.core.errors import UserError, printable
from explorer.core.examples import start_examples
from explorer.core.map_values import BatchTriplets
from explorer.core.types import Projection
from explorer.engine.events import DatasetFailed, DatasetOpened
from explorer.ui.shell.help.tour_callout import TourCallout, TourRing, place_beside
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.next_turn import next_turn

if TYPE_CHECKING:
    from explorer.ui.map.map_panel import MapPanel
    from explorer.ui.recipe.recipe_panel import RecipePanel
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.shell.main_window import MainWindow
    from explorer.ui.widgets.fields.base import Field

Target = Literal["map", "train", "triplet", "margin", "counts", "recall", "neighbours"]

OVERLAY = "triplets"
_MOVES = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.ParentChange)


@dataclass(frozen=True, slots=True)
class TourStep:
    """What is said beside which widget; ``{items}`` is what the items of the data are called."""

    target: Target
    title: str
    words: str


STEPS = (
    TourStep(
        "map",
        tr("The points are {items}"),
        tr(
            "Near means similar. So far they lie by their raw values. Training draws items of one class together and "
            "moves the classes apart."
        ),
    ),
    TourStep(
        "train",
        tr("A real training"),
        tr(
            "Next, a run begins by the recipe on the left, and the map moves with it. It can be paused or stopped at "
            "any time, and is saved by itself."
        ),
    ),
    TourStep(
        "triplet",
        tr("Anchor, positive, negative"),
        tr(
            "A triplet of a batch: an anchor, a positive of the same class and a negative of another one. The loss "
            "draws the positive near and pushes the negative away."
        ),
    ),
    TourStep(
        "margin",
        tr("The margin"),
        tr(
            "The negative shall be farther from the anchor than the positive is, by at least this much. Change it "
            "while it trains: the next step goes by it."
        ),
    ),
    TourStep(
        "counts",
        tr("Easy, semi-hard, hard"),
        tr(
            "Easy: the margin holds, nothing is learned. Semi-hard: the negative is farther, by less than the margin. "
            "Hard: it is nearer than the positive. All are counted exactly; the miner in the recipe chooses among them."
        ),
    ),
    TourStep(
        "recall",
        tr("Does it get better?"),
        tr(
            "recall@1 says how often the nearest neighbour of a held-out item is of its own class: 1 is always. The "
            "loss never sees these items, so that it can be trusted more than the loss."
        ),
    ),
    TourStep(
        "neighbours",
        tr("Ask the embedding"),
        tr(
            "Click any point of the map: what lies nearest is listed here, green where it is of the same class, and "
            "follows while it learns. F1 tells more about whatever has the focus."
        ),
    ),
)

LAYING_OUT = tr(
    "The first map is being laid out… The points on it stand for {items}, and near means similar. "
    "It appears in a moment."
)
"""What is said of the map in place of its words, until there are points on it."""


OF_A_RUN = {
    "map": tr(
        "Near means similar. They lie by what the run that is open has learned: training draws items of one class "
        "together and moves the classes apart."
    ),
    "train": tr(
        "A run is open already, and is what the next steps are shown on. While one trains the map moves with it; it "
        "can be paused or stopped at any time, and is saved by itself."
    ),
}
"""What is said in place of a step's words where the run that they would begin is there."""
OPEN_RUN = tr("The run that is open")
"""The title of the step that would begin one."""


class Tour(QObject):
    """Leads through the steps when it is asked for, and never by itself; works with what is open, else the digits."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._waiting = False
        self._looked = self._switched = False
        self._laying_out = False
        self._place = 0
        self._watched: list[QWidget] = []
        self.ring: TourRing | None = None
        self.callout: TourCallout | None = None
        window.start_page.tour.connect(self.begin)

    def attach(self, bridge: Bridge) -> None:
        """Follow what a session tells."""
        later = Qt.ConnectionType.QueuedConnection  # after the window and the map have followed
        bridge.of(DatasetOpened).connect(self._on_opened, later)
        bridge.of(DatasetFailed).connect(self._on_failed)
        bridge.of(BatchTriplets).connect(self._on_triplets, later)
        bridge.of(Projection).connect(self._on_triplets, later)  # the map may be drawn after the batch has come

    @property
    def step(self) -> TourStep | None:
        """The step that is shown; None: it is not under way."""
        return STEPS[self._place] if self.callout is not None else None

    def begin(self) -> None:
        """Begin at the first step, on the digits where nothing is open."""
        self._window.start_page.left.emit()  # what it shows lies behind that page, where data are open
        if self.callout is not None:
            self._go(0)
        elif self._window.dataset is not None and self._window.workspace.ready:
            self._start()
        else:
            self._waiting = True
            if self._window.dataset is None:
                self._window.opener.open_example(start_examples()[0], told=False)

    def end(self) -> None:
        """End it; the start page does not put it forward any more."""
        callout, ring, shown = self.callout, self.ring, self._map()
        if callout is not None and shown is not None:
            shown.canvas.drawn.disconnect(self._on_drawn)
        self._waiting, self.callout, self.ring = False, None, None
        self._watch(None)
        self._hide_triplet()
        for widget in (callout, ring):
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._window.settings.set_toured()
        self._window.start_page.put_tour_forward(False)

    def _on_opened(self, event: DatasetOpened) -> None:
        if self._waiting and event.role == "main":
            self._start()

    def _on_failed(self, _event: object) -> None:
        self._waiting = False

    def _start(self) -> None:
        self._waiting = False
        window = self._window
        self.ring, self.callout = TourRing(window.themes, window), TourCallout(window)
        self.callout.keep_room(
            words.format(items=self._plural())
            for words in (LAYING_OUT, *OF_A_RUN.values(), *(step.words for step in STEPS))
        )
        self.callout.back.connect(lambda: self._go(self._place - 1))
        self.callout.on.connect(self._on)
        self.callout.skipped.connect(self.end)
        self.callout.resized.connect(self.arrange)
        shown = self._map()
        if shown is not None:
            shown.canvas.drawn.connect(self._on_drawn)
        self._go(0)

    def _on(self) -> None:
        if STEPS[self._place].target == "train":
            self._train()
        if self._place + 1 < len(STEPS):
            self._go(self._place + 1)
        else:
            self.end()

    def _train(self) -> None:
        session = self._window.session
        if session is None or session.state != "ready":
            return
        try:
            session.train()
        except UserError as error:
            self._window.toasts.show(printable(str(error)), "warning")

    def _go(self, place: int) -> None:
        callout = self.callout
        if callout is None:
            return
        self._place = place
        step = STEPS[place]
        self._say(callout, step)
        self._looked = False
        self._hide_triplet() if step.target != "triplet" else self._show_triplet()
        self._come_forward(step.target)
        self._watch(self._target())
        self.arrange()
        callout.on_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _say(self, callout: TourCallout, step: TourStep) -> None:
        """Say what a step says; of a map without points yet, that these are coming."""
        shown, plural = self._map(), self._plural()
        self._laying_out = step.target == "map" and (shown is None or not shown.canvas.laid_out)
        session = self._window.session
        of_run = session is not None and session.run_folder is not None
        words = OF_A_RUN.get(step.target, step.words) if of_run else step.words
        words = LAYING_OUT if self._laying_out else words
        title = OPEN_RUN if of_run and step.target == "train" else step.title
        callout.show_step(title.format(items=plural), words.format(items=plural), self._place + 1, len(STEPS))

    def _plural(self) -> str:
        """Return what the items are called."""
        dataset = self._window.dataset
        return tr(dataset.modality.plural) if dataset is not None else tr("items")

    def _on_drawn(self, _picture: object) -> None:
        """Speak of the points once they are there."""
        callout, step, shown = self.callout, self.step, self._map()
        if not self._laying_out or callout is None or step is None or shown is None or not shown.canvas.laid_out:
            return
        self._say(callout, step)
        self.arrange()

    # --- what is spoken of ------------------------------------------------------------------------------------------

    def _map(self) -> MapPanel | None:
        return cast("MapPanel | None", self._window.workspace.panels.get("map"))

    def _come_forward(self, target: Target) -> None:
        """Show the panel that is spoken of, and of the recipe the field."""
        panels = self._window.workspace.panels
        panel = panels.get({"counts": "triplets", "neighbours": "neighbours", "margin": "recipe"}.get(target, ""))
        if panel is not None:
            panel.come_forward()
        field = self._margin()
        if target == "margin" and field is not None:
            from explorer.ui.recipe.find_field import go_to  # with the panels, and not before the first paint

            go_to(cast("RecipePanel", panels["recipe"]), field)

    def _margin(self) -> Field | None:
        panel = self._window.actions_of_window.recipe_panel
        form = None if panel is None else panel.forms.get("loss")
        return None if form is None else form.fields.get("loss.margin")

    def _target(self) -> QWidget | None:
        """Return what the ring goes around; None where it is not in sight, such as in a panel that was closed."""
        window, panels = self._window, self._window.workspace.panels
        bar, map_panel = window.run_bar, self._map()
        shown = None if map_panel is None else map_panel.canvas
        wanted: dict[Target, tuple[QWidget | None, ...]] = {
            "train": (bar and bar.train,),
            "recall": (bar and bar.recall1,),
            "margin": (self._margin(), panels.get("recipe")),
            "counts": (panels.get("triplets"),),
            "neighbours": (panels.get("neighbours"),),
        }
        for widget in wanted.get(STEPS[self._place].target, (shown,)):
            if widget is not None and widget.window() is window and not widget.visibleRegion().isEmpty():
                return widget
        return None

    def _watch(self, target: QWidget | None) -> None:
        """Follow where a widget is: it and all around it."""
        for widget in self._watched:
            if shiboken6.isValid(widget):
                widget.removeEventFilter(self)
        self._watched = []
        shown = self._map()
        starts: list[QWidget | None] = [target, None if shown is None else shown.canvas]
        for above in starts:
            while self.callout is not None and above is not None and above not in self._watched:
                above.installEventFilter(self)
                self._watched.append(above)
                above = above.parentWidget() if above is not self._window else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow what moves, comes and goes, once it has done so."""
        if event.type() in _MOVES:
            next_turn(self, self.arrange)
        return super().eventFilter(watched, event)

    def arrange(self) -> None:
        """Put ring and callout where they belong; away while the map is covered by another page."""
        callout, ring, shown = self.callout, self.ring, self._map()
        if callout is None or ring is None:
            return
        if shown is None or not shown.isVisible():
            callout.hide()
            ring.hide()
            return
        target = self._target()
        area = self._window.rect().adjusted(8, 40, -8, -32)
        around = self._rect(target or shown.canvas)
        now = callout.pos() if callout.isVisible() else None
        callout.move(place_beside(callout.size(), around, area if target is not None else around, now))
        callout.show()
        ring.show_around(around) if target is not None else ring.hide()
        callout.raise_()

    def _rect(self, widget: QWidget) -> QRect:
        return QRect(widget.mapTo(self._window, widget.rect().topLeft()), widget.size())

    # --- the triplet ------------------------------------------------------------------------------------------------

    def _show_triplet(self) -> None:
        """Open a triplet of the last batch on the map, or of the next one where there is none yet."""
        shown = self._map()
        if shown is None or self._looked or shown.canvas.picture is None:
            return
        self._switched = self._switched or not shown.overlays.on(OVERLAY)
        shown.triplets.open_next()
        self._looked = shown.triplets.card.isVisible()

    def _hide_triplet(self) -> None:
        """Leave the map as it was before."""
        shown = self._map()
        if shown is not None:
            shown.triplets.close_card()
            if self._switched:
                shown.overlays.switch(OVERLAY, False)
        self._switched = False

    def _on_triplets(self, _cause: object) -> None:
        step = self.step
        if step is not None and step.target == "triplet":
            self._show_triplet()
