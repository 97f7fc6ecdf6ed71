"""How the map is laid out: the method and its parameters, to rest or to stand still, and what is held still."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QWidget

from explorer.core.errors import UserError, printable
from explorer.core.map_values import ShortFigures
from explorer.core.part_titles import part_title
from explorer.core.recipe import Part
from explorer.core.registry import Scalar, catalogue, install_line, loaded, validated
from explorer.core.types import PIXELS_RUN, IntArray, Projection, Snapshot, frozen
from explorer.engine.events import CatalogueReady, DatasetOpened, Notice
from explorer.ui.map.frame_status import KIND, title_of
from explorer.ui.map.layout_box import GAP, LayoutBox, LayoutButton
from explorer.ui.session.panel import Desk
from explorer.ui.session.selections import combined
from explorer.ui.widgets.fields.choice import ChoiceField
from explorer.ui.widgets.forms import PartForm
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import counted

DISTANCE = "distance"
DEBOUNCE_MS = 400
"""How long a value has to stay before the map is laid out by it: every step of a slider would begin anew."""

ANY_VECTORS = (
    ("euclidean", tr("Euclidean")),
    ("cosine", tr("Cosine")),
    ("dot", tr("Inner product")),
    ("snr", tr("Signal to noise")),
)
"""Distances that mean something between any vectors; the others do between embeddings that were trained for them."""


class MapLayout(QObject):
    """Joins the button, the box and the session. ``settle`` and ``freeze`` are the buttons in the map's header."""

    def __init__(self, desk: Desk, canvas: QWidget, settle: QAbstractButton, freeze: QAbstractButton) -> None:
        super().__init__(canvas)
        self._desk, self._canvas = desk, canvas
        self._held: IntArray = np.empty(0, np.int64)
        self._params: dict[str, dict[str, Scalar]] = {}
        self._shown = Part(name="")
        self._drawn = ""
        self.free = 0  # where the room of the box ends at the right, as on the canvas; 0: where that ends
        self._pending: Part | None = None
        self._debounce = QTimer(self, interval=DEBOUNCE_MS, singleShot=True)
        self._debounce.timeout.connect(self._apply)
        self.choice = LayoutButton(desk.themes, canvas)
        self.box = LayoutBox(desk.themes, canvas)
        self._connect(settle, freeze)
        self._add_commands()
        self._follow_selection()
        self._follow()

    def _connect(self, settle: QAbstractButton, freeze: QAbstractButton) -> None:
        box, desk = self.box, self._desk
        self.choice.button.clicked.connect(self.toggle)
        box.close_button.clicked.connect(box.hide)
        box.fitting.timeout.connect(self.arrange)
        box.settle.clicked.connect(settle.click)
        box.freeze.clicked.connect(freeze.click)
        freeze.toggled.connect(box.freeze.setChecked)
        box.hold.clicked.connect(self.hold_selection)
        box.hold_class.clicked.connect(self.hold_classes)
        box.let_go.clicked.connect(self.let_go)
        desk.state.selection_changed.connect(self._follow_selection)
        desk.bridge.of(DatasetOpened).connect(self._on_opened)
        desk.bridge.of(CatalogueReady).connect(self._follow)
        desk.bridge.of(Notice).connect(self._follow)
        desk.bridge.of(Projection).connect(self._on_projection)
        desk.bridge.of(Snapshot).connect(lambda found: box.dimensions.show_snapshot(found))
        desk.bridge.of(ShortFigures).connect(lambda found: box.dimensions.show_figures(found))
        box.dimensions.chosen.connect(self._shorten)

    def _shorten(self, count: int) -> None:
        """Look at the first so many numbers of every embedding: map, neighbours and recall follow."""
        self._desk.session.analysis.shorten(count)
        self._show_method()

    def _show_method(self) -> None:
        waiting = self._drawn not in ("", "pca", self._shown.name)
        self.choice.show_method(title_of(self._shown.name), waiting, self._desk.session.analysis.dimensions)

    def _add_commands(self) -> None:
        add = self._desk.commands.add
        tip = tr("Choose the method of the map and its parameters")
        layout = add("map.layout", tr("Layout of the map…"), self.toggle, shortcut="Ctrl+Alt+L", menu="Map", tip=tip)
        layout.setProperty("begins_group", True)
        add(
            "map.hold",
            tr("Hold the selection still"),
            self.hold_selection,
            shortcut="Ctrl+Alt+H",
            menu="Map",
            tip=tr("While others move"),
        )
        add(
            "map.hold_class",
            tr("Hold the classes of the selection still"),
            self.hold_classes,
            menu="Map",
            tip=tr("While others move"),
        )
        words = tr("Let everything that is held move again")
        add("map.let_go", words, self.let_go, shortcut="Ctrl+Alt+Shift+H", menu="Map")
        self._desk.commands.tell_key(self.choice.button, tip, "map.layout")
        self._desk.commands.tell_key(
            self.box.hold, tr("Hold the selected items still while the others move"), "map.hold"
        )
        self._desk.commands.tell_key(self.box.let_go, tr("Let what is held still move again"), "map.let_go")

    def toggle(self) -> None:
        """Open the box, with the focus on the method, or close it."""
        if self.box.isVisible():
            self.box.hide()
            return
        self._fill()
        self._follow()
        self.arrange()
        self.box.show()
        self.box.raise_()
        first = self.box.form.fields[KIND] if self.box.form is not None else self.box.settle
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def offered(self) -> dict[str, tuple[str, str]]:
        """Return title and summary of every method that can be chosen, by name; none before they are loaded."""
        entries = catalogue(KIND) if loaded(KIND) else {}
        return {name: (said(one.title), said(one.summary)) for name, one in entries.items() if not one.missing}

    def lay_out(self, name: str) -> None:
        """Lay the map out by a method, with the parameters that it last had; what it lacks is asked for in the box."""
        self._fill()
        self._on_changed(KIND, name)
        if self._pending is not None and not self.box.isVisible():
            self.toggle()

    def arrange(self) -> None:
        """Keep the box below its button, and inside the map."""
        self.box.take_size()
        below = self.choice.geometry()
        left = min(below.left(), (self.free or self._canvas.width()) - self.box.width() - GAP)
        top = min(below.bottom() + GAP, self._canvas.height() - self.box.height() - GAP)
        self.box.move(max(GAP, left), max(GAP, top))

    # the method and its parameters

    def _fill(self) -> None:
        """Make the form, once the methods are loaded."""
        if self.box.form is not None or not loaded(KIND):
            return
        entries = catalogue(KIND)
        main = frozenset(info.name for entry in entries.values() for info in entry.parameters)
        form = PartForm(KIND, main=main)
        form.changed.connect(self._on_changed)
        form.invalid.connect(lambda text: self.box.say(self.box.problem, in_window(text)))
        distance = ChoiceField([("", tr("As trained"), tr("The distance of the embeddings"), True), *self._distances()])
        distance.changed.connect(lambda value: self._on_changed(DISTANCE, value))
        self.box.fill(form, distance)
        lines = [f"{said(entry.title)}: {install_line(entry.missing)}" for entry in entries.values() if entry.missing]
        self.box.say(self.box.missing, "\n".join(lines))

    @staticmethod
    def _distances() -> list[tuple[str, str, str, bool]]:
        tip = tr("Neighbours by this distance, whatever was trained")
        return [(name, title, tip, True) for name, title in ANY_VECTORS]

    def _trained(self) -> str:
        session = self._desk.session
        return "cosine" if session.run in (PIXELS_RUN, "") else session.recipe.part("distance").name

    def _follow(self, _cause: object = None) -> None:
        """Show what is chosen; nothing while the person is still changing it."""
        if self._pending is None:
            chosen = self._desk.session.analysis.projection
            if chosen != self._shown:
                self._shown = chosen
                self._params[chosen.name] = dict(chosen.params)
        self._show_method()
        form, distance = self.box.form, self.box.distance
        if form is None or distance is None or self._pending is not None:
            return
        by = str(self._shown.params.get(DISTANCE, ""))
        form.show_part(_without_distance(self._shown))
        distance.set_value(by)
        distance.combo.setItemText(
            0, tr("As trained: {trained}", trained=said(part_title("distance", self._trained())))
        )
        self.box.say(self.box.note, self._explained(by))

    def _explained(self, by: str) -> str:
        trained = self._trained()
        return (
            tr("Trust and true neighbours are still by {trained}.", trained=said(part_title("distance", trained)))
            if by and by != trained
            else ""
        )

    def _on_changed(self, path: str, value: Scalar) -> None:
        """Note a change, and lay out by it in a moment; another method at once."""
        part = self._pending or self._shown
        by = {DISTANCE: part.params[DISTANCE]} if DISTANCE in part.params else {}
        if path == KIND:
            known = self._params.get(str(value), {})
            part = Part(name=str(value), params={name: v for name, v in known.items() if name != DISTANCE} | by)
        else:
            params = dict(part.params) | {path.rpartition(".")[2]: value}
            if path == DISTANCE and not value:
                del params[DISTANCE]
            part = Part(name=part.name, params=params)
        self._pending = part
        if path == KIND:
            self._apply()
        else:
            self._debounce.start()

    def _apply(self) -> None:
        """Lay out as was chosen, or say why that is not allowed."""
        self._debounce.stop()
        part = self._pending
        if part is None:
            return
        try:
            validated(KIND, part.name, _without_distance(part).params)
        except UserError as error:
            self.box.say(self.box.problem, in_window(printable(str(error))))
            return
        self._pending = None
        self.box.say(self.box.problem, "")
        self._desk.session.analysis.project(part)
        self._follow()

    def _on_projection(self, frame: Projection) -> None:
        self._drawn = frame.method
        self._follow_lightly()

    def _follow_lightly(self) -> None:
        """With every frame: nothing that costs more than a comparison, unless something else is chosen."""
        if self._pending is None and self._desk.session.analysis.projection != self._shown:
            self._follow()
        self._show_method()

    # what is held still

    @property
    def held(self) -> IntArray:
        """The items that are held still, sorted (H,)."""
        return self._held

    def hold_selection(self) -> None:
        """Hold the selected items still as well."""
        state = self._desk.state
        state.once_selected(lambda: self._hold(combined(self._held, state.selection, "add")))

    def hold_classes(self) -> None:
        """Hold every item of the classes of the selection still as well."""
        self._desk.state.once_selected(self._hold_classes)

    def _hold_classes(self) -> None:
        dataset, chosen = self._desk.data.dataset, self._desk.state.selection
        if dataset is None or not len(chosen):
            return
        among = np.zeros(len(dataset.class_names) + 1, np.bool_)  # the last: without a class
        among[dataset.labels[chosen]] = True
        among[-1] = False
        self._hold(combined(self._held, np.flatnonzero(among[dataset.labels]), "add"))

    def let_go(self) -> None:
        """Let all items move again."""
        self._hold(self._held[:0])

    def _hold(self, items: IntArray) -> None:
        if not np.array_equal(items, self._held):
            self._held = frozen(items, np.int64)
            self._desk.session.analysis.hold(self._held)
        self._follow_selection()

    def _follow_selection(self, _items: object = None) -> None:
        chosen = len(self._desk.state.selection) > 0
        self.box.hold.setEnabled(chosen)
        self.box.hold_class.setEnabled(chosen)
        self.box.let_go.setEnabled(len(self._held) > 0)
        nothing = tr("nothing is held") if chosen else tr("select items first")
        self.box.say(
            self.box.held, tr("{held} held", held=counted(len(self._held), "item")) if len(self._held) else nothing
        )

    def _on_opened(self, event: DatasetOpened) -> None:
        self._held = self._held[:0]
        self._drawn = ""
        self.box.dimensions.forget()
        self._follow_selection()
        self._follow()


def _without_distance(part: Part) -> Part:
    return Part(name=part.name, params={name: value for name, value in part.params.items() if name != DISTANCE})
