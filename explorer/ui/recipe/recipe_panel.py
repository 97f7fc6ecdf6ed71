"""Recipe: what is trained and how, as forms made from the registry; live values can be moved while it trains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import UserError, printable
from explorer.core.events import ParameterChanged, RunStarted
from explorer.core.recipe import PART_KINDS, Recipe
from explorer.core.registry import Scalar, register
from explorer.engine.datasets.requirements import suited
from explorer.engine.datasets.unfit_parts import unfit_losses
from explorer.engine.events import (
    UNDER_WAY,
    CatalogueReady,
    DatasetOpened,
    RecipeChanged,
    RunOpened,
    SplitChanged,
    StateChanged,
)
from explorer.engine.export.base import written_whole
from explorer.ui.recipe.changed_live import ChangedLive
from explorer.ui.recipe.changes_by_hand import ChangesByHand
from explorer.ui.recipe.drawn_batch import DrawnBatch
from explorer.ui.recipe.form_scroll import FormScroll
from explorer.ui.recipe.lines_below import LinesBelow
from explorer.ui.recipe.relevant_parts import STEPS_ONLY, UNMINED, loss_follows
from explorer.ui.session.panel import Desk, Panel
from explorer.ui.widgets.context_menu import context_menu, entry
from explorer.ui.widgets.fields.base import Column, Field
from explorer.ui.widgets.fields.choice import ChoiceField
from explorer.ui.widgets.fields.number import IntField
from explorer.ui.widgets.forms import ROW_GAP, WAIT, PartForm, Rows
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.next_turn import next_turn
from explorer.ui.widgets.problems import Problems
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import plain_tip
from explorer.ui.widgets.text_size import keep_tool

MAIN: dict[str, frozenset[str]] = {
    "fitter": frozenset({"dimension", "iterations", "neighbours", "pairs", "gamma"}),
    "encoder": frozenset({"dimension", "mode", "model"}),
    "distance": frozenset(),
    "loss": frozenset({"margin", "which", "layer"}),
    "miner": frozenset({"which"}),
    "sampler": frozenset({"classes", "images"}),
    "optimiser": frozenset({"rate"}),
    "split": frozenset({"test", "column"}),
}
"""The kinds whose fields are always in sight, in their order, and which of their parameters are."""

DOWN_TO_LOSS = tuple(MAIN)[: tuple(MAIN).index("loss") + 1]
"""Those of them that a small window shows as well."""

HIDDEN_NAMES = frozenset({"sampler", "optimiser"})
"""Kinds whose main fields are in sight, but the choice of the part is among the further ones."""

SEVERAL = tr("Try several values…")
SEVERAL_TIP = tr("Train a run with each of them, in the background")

EDGE = 8
"""The room above and below the form in pixels."""

LONGEST_ERROR = 220
"""Characters below the form: more would hide the very field that is wrong; the tooltip says the rest."""

REFUSED = "refused"
"""Stands for no field: a value that was given, and that no run can be trained with."""

OWN_SPLIT = tr(
    "These data say themselves what is held out (column split, or folders such as train and test): no share is drawn. "
    "Choose another split above to draw one"
)


@register("panel", "recipe")
class RecipePanel(Panel):
    """The recipe of the next run, and the live part of the present one; ``made`` comes when the form is there.

    ``several_wanted`` carries the key of a field that shall be tried in several values.
    """

    made = Signal()
    several_wanted = Signal(str)

    key = "recipe"
    title = tr("Recipe")
    area = "left"
    order = 1
    empty_text = tr("Getting the parts ready…")

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.recipe = desk.session.recipe
        self._asked: Counter[str] = Counter()  # changes of each kind that the run has not answered yet
        self.forms: dict[str, PartForm] = {}
        """By their kind; empty until all are made."""
        self._building: Iterator[str] | None = None
        self._drawn = DrawnBatch()
        self.general: dict[str, Field] = {}
        self.passes = Rows()
        self._problems = Problems()
        self.error = LinesBelow(role="error")
        self.error.hide()
        self.changed_live = ChangedLive(desk.bridge, self)
        self.changed_live.height_changed.connect(self.wanted_changed)
        self.by_hand = ChangesByHand(desk, self)
        self.fold = QPushButton(tr("More"))
        self.fold.setProperty("kind", "fold")
        self.fold.setCheckable(True)
        self.more = Column(spacing=10)
        for name, label, command in (
            ("load", tr("All recipes"), "recipe.book"),
            ("save", tr("Save the recipe"), "recipe.save"),
            ("mode-add", tr("Train several runs…"), "run.sweep"),
            ("reset", tr("Back to the defaults"), "recipe.reset"),
        ):
            button = IconButton(desk.themes, name, label)
            keep_tool(button)
            button.clicked.connect(desk.commands[command].trigger)
            self.header_tools.append(button)
        bridge = desk.bridge
        bridge.of(CatalogueReady).connect(self._on_catalogue)
        bridge.of(StateChanged).connect(self._on_state)
        bridge.of(ParameterChanged).connect(self._on_parameter)
        bridge.of(RecipeChanged).connect(lambda _event: self._on_recipe())
        bridge.run_event.connect(self._on_run)
        bridge.of(RunOpened).connect(lambda _event: self._on_opened())
        bridge.of(DatasetOpened).connect(lambda _event: self._on_dataset())
        bridge.of(SplitChanged).connect(lambda _event: self._show_what_counts())

    def _on_catalogue(self, _event: object) -> None:
        if self.forms:
            self._show_all()
        elif self._building is None:
            self._building = self._build()
            self._build_on()

    def _build_on(self) -> None:
        """Make a piece of the form in each turn of the event loop: all at once it would hold the window."""
        assert self._building is not None
        if next(self._building, None) is None:
            self._building = None
            self._show_all()
            self.made.emit()
        else:
            next_turn(self, self._build_on)

    def _on_opened(self) -> None:
        self.show_recipe(self.desk.session.recipe)
        self.wanted_changed.emit()

    def _on_dataset(self) -> None:
        dataset = self.desk.data.dataset
        for form in self.forms.values():
            form.offer_columns(() if dataset is None else [*dataset.columns])
        if self.forms and dataset is not None:
            self.forms["loss"].refuse(unfit_losses(dataset))
        self.show_recipe(self.desk.session.recipe)

    def _show_all(self) -> None:
        self._on_dataset()
        self._on_state(None)
        self.show_body(True)
        self.wanted_changed.emit()

    def content_height(self) -> int | None:
        """Return the height of the form and of what is said below it."""
        return self.form_scroll.content_height() + self._height_below() if self.body_shown else None

    def least_height(self) -> int:
        """Return the height at which the form is in sight down to the loss and its margin."""
        if not self.body_shown or self.forms["loss"].isHidden():
            return 0
        shown = [form for kind in DOWN_TO_LOSS if not (form := self.forms[kind]).isHidden()]
        return EDGE + sum(form.sizeHint().height() + ROW_GAP for form in shown) + self._height_below()

    def _height_below(self) -> int:
        """Return the height of what is said below the form."""
        return self.changed_live.height_needed() + self.error.height_needed()

    def _build(self) -> Iterator[str]:
        """Make the form; yields what was made, where the rest can be left to the next turn."""
        inside = self._scrolled()
        box = QVBoxLayout(inside)
        box.setContentsMargins(12, EDGE, 12, EDGE)
        box.setSpacing(ROW_GAP)
        recipe, forms = self.desk.session.recipe, {}
        for kind in (*MAIN, *(kind for kind in PART_KINDS if kind not in MAIN)):
            named = kind in MAIN and kind not in HIDDEN_NAMES
            form = PartForm(kind, recipe.part(kind), name_first=named, main=MAIN.get(kind, frozenset()))
            form.changed.connect(self._on_changed)
            form.invalid.connect(partial(self._tell, kind))
            if kind in MAIN:
                box.addWidget(form)
            else:  # it has further fields only; without a parent it would be a window of its own
                form.setParent(self.more)
            self.more.box.addWidget(form.more)
            forms[kind] = form
            _dressed(form, form.more)
            yield kind
        self.passes = self._general_rows()
        box.addWidget(self.passes)
        box.addSpacing(4)
        box.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        self.more.box.addWidget(self._further_rows())
        box.addWidget(self.more)
        box.addStretch(1)
        box.addWidget(self.form_scroll.room)
        _dressed(self.passes, self.fold, self.more)
        yield tr("the rest")
        self.fold.toggled.connect(self._on_fold)
        self.fold.setChecked(self.desk.settings.more_shown)
        self.desk.settings.changed.connect(self._on_setting)
        self._on_fold(self.fold.isChecked())
        self.forms = forms

    def _scrolled(self) -> QWidget:
        """Put what scrolls and the line for errors into the body; return what is to hold the form."""
        inside = QWidget()
        self.form_scroll = FormScroll(inside)
        outer = QVBoxLayout(self.body)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.form_scroll, 1)
        below = QVBoxLayout()  # the fields stay where they are when something comes there
        below.setContentsMargins(12, 0, 12, 0)
        below.addWidget(self.changed_live)
        below.addWidget(self.error)
        outer.addLayout(below)
        return inside

    def _general_rows(self) -> Rows:
        rows = Rows()
        self._general(
            rows, "epochs", tr("Epochs"), IntField(0, 100_000, zero="auto"), tr("Passes over the training items")
        )
        return rows

    def _further_rows(self) -> Rows:
        rows = Rows()
        rows.add_heading(tr("Run"))
        self._general(
            rows, "seed", tr("Seed"), IntField(0, 2**31 - 1), tr("The same seed gives the same run on the CPU")
        )
        devices = [("auto", tr("Auto"), tr("The graphics card where there is one"), True), ("cpu", "CPU", "", True)]
        devices.append(("cuda", "CUDA", tr("The first graphics card"), True))
        self._general(rows, "device", tr("Device"), ChoiceField(devices), tr("Where it trains"))
        precisions = [("auto", tr("Auto"), tr("The faster one: measured once on this processor"), True)]
        precisions.append(("float32", "float32", tr("Seven digits"), True))
        precisions.append(("bfloat16", "bfloat16", tr("Three digits: faster on many processors"), True))
        tip = tr("With how many digits the encoder computes while it trains; losses, weights and figures have seven")
        self._general(rows, "precision", tr("Precision"), ChoiceField(precisions), tip)
        return rows

    def _general(self, rows: Rows, path: str, title: str, field: Field, tip: str) -> None:
        self.general[path] = field
        field.setProperty("help", tip)
        field.name(title, tip)
        field.changed.connect(lambda value: self._on_changed(path, value))
        field.invalid.connect(partial(self._tell, path))
        rows.add(title, field, tip)

    def _on_fold(self, shown: bool) -> None:
        self.more.setVisible(shown)
        self.fold.setText(tr("▾  Less") if shown else tr("▸  More"))
        self.wanted_changed.emit()
        if shown != self.desk.settings.more_shown:
            self.desk.settings.set_more_shown(shown)

    def _on_setting(self, name: str) -> None:
        if name == "more_shown":
            self.fold.setChecked(self.desk.settings.more_shown)

    def show_recipe(self, recipe: Recipe) -> None:
        """Show a recipe in every field."""
        self.recipe = recipe
        for kind, form in self.forms.items():
            form.show_part(recipe.part(kind))
        for path, field in self.general.items():
            value = getattr(recipe, path)
            if isinstance(field, ChoiceField) and field.combo.findData(str(value)) < 0:
                field.combo.addItem(str(value), str(value))
            field.set_value(value)
        self._show_what_counts()
        self._problems.forget()
        self._show_error("")

    def _show_what_counts(self) -> None:
        """Hide the kinds that mean nothing with this recipe, and switch the miner off where the loss follows none."""
        if not self.forms:
            return
        by_steps = self.recipe.fitter.name == "none"
        mined, labelled = loss_follows(self.recipe) if by_steps else (False, True)
        for kind, form in self.forms.items():
            shown = by_steps or kind not in STEPS_ONLY
            if kind == "miner" and not mined and not labelled:
                shown = False
            form.setVisible(shown and kind in MAIN)
            form.more.setVisible(shown and form.has_more)
        self.passes.setVisible(by_steps)
        self._follow_own_split()
        words = self._drawn.words(self.recipe, self.desk.data.dataset, self.desk.data.split)
        self.forms["sampler"].say(
            words, tr("A batch is as large as the recipe says: more items of each class there is")
        )
        self.forms["miner"].set_running(self.desk.session.state in UNDER_WAY)
        if not mined:
            for field in self.forms["miner"].fields.values():
                field.setEnabled(False)
                field.setToolTip(UNMINED)

    def _follow_own_split(self) -> None:
        """Switch the held-out share off where the data say themselves what is held out."""
        held, split = self.forms["split"].fields.get("split.test"), self.desk.data.split
        own = self.recipe.split.name == "auto" and split is not None and split.kind == "column"
        if held is not None and self.desk.session.state not in UNDER_WAY:
            held.setEnabled(not own)
            held.setToolTip(OWN_SPLIT if own else str(held.property("help")))

    def _on_changed(self, path: str, value: Scalar) -> None:
        session, before = self.desk.session, self.recipe
        try:
            if session.state in UNDER_WAY:
                session.set(path, value)
                self.by_hand.note(path, before, value)
                self._asked[path.partition(".")[0]] += 1
                self._taken(path)
                return
            changed = self.recipe.with_value(path, value)
            if path == "fitter":  # without one the encoder is the default one again, which reads pictures
                changed = self._suited(changed)
            self.recipe = changed
            session.configure(changed)
            self.by_hand.note(path, before, value)
        except UserError as error:
            kind = path.partition(".")[0]
            if kind in self.forms:
                self.forms[kind].show_part(self.recipe.part(kind))  # what was refused is not what will be trained
            self._tell(REFUSED, said(str(error)))
            return
        self._taken(path)
        kind, _, field = path.partition(".")
        if kind not in self.forms or field:
            self._show_what_counts()
            return
        others = ("encoder", "distance") if kind == "fitter" else ()  # which may have brought others of these
        with self.form_scroll.held(lambda: self.forms[kind].fields[kind]):
            for each in (kind, *others):
                self.forms[each].show_part(self.recipe.part(each))
            self._show_what_counts()

    def _on_state(self, _event: object) -> None:
        running = self.desk.session.state in UNDER_WAY
        if not running and self._asked.total():  # the run ended before it came to that
            self._asked.clear()
            self.show_recipe(self.desk.session.recipe)
        for form in self.forms.values():
            form.set_running(running)
        for field in self.general.values():
            field.setEnabled(not running)
            field.setToolTip(WAIT if running else str(field.property("help")))
        self._show_what_counts()
        self.set_status("live" if running else "")

    def _on_recipe(self) -> None:
        """Show a recipe that was changed elsewhere; of what was changed here there is nothing to show."""
        if self.desk.session.recipe != self.recipe:
            self.show_recipe(self.desk.session.recipe)

    def _on_run(self, event: object) -> None:
        if isinstance(event, RunStarted):  # an alarm may have taken it back with other values
            self.show_recipe(self.desk.session.recipe)

    def _on_parameter(self, change: ParameterChanged) -> None:
        """Take over what is trained with now; a field that has been moved on since is left to the next answer."""
        if change.recipe is None:
            return
        kind = change.path.partition(".")[0]
        self.recipe = change.recipe
        self._asked[kind] = max(self._asked[kind] - 1, 0)
        if kind in self.forms and not self._asked[kind]:
            with self.form_scroll.held(lambda: self.forms[kind].fields[kind]):
                self.forms[kind].show_part(self.recipe.part(kind))
                self._show_what_counts()

    def _taken(self, path: str) -> None:
        """Say nothing more of a value that was refused, nor of a field by itself that is right now."""
        self._problems.tell(REFUSED, "")
        self._tell(path, "")

    def _tell(self, field: str, problem: str) -> None:
        """Say what is wrong with a form, or with a field by itself, beside what is wrong with others."""
        self._show_error(self._problems.tell(field, problem))

    def _show_error(self, text: str) -> None:
        lines = [in_window(printable(line)) for line in text.splitlines()]
        lines = [line[:1].upper() + line[1:] for line in lines]
        most = LONGEST_ERROR // max(len(lines), 1)
        short = [line if len(line) <= most else f"{line[:most].rpartition(' ')[0]} …" for line in lines]
        self.error.setText("\n".join(short))
        self.error.setToolTip(plain_tip("\n".join(lines)))
        self.error.setVisible(bool(text))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to try the field in the row under the pointer in several values."""
        if (key := self._key_at(event.globalPos())) is None:
            super().contextMenuEvent(event)
            return
        menu = context_menu(self)
        entry(menu, SEVERAL, lambda: self.several_wanted.emit(key), tip=SEVERAL_TIP)
        menu.popup(event.globalPos())

    def _key_at(self, at: QPoint) -> str | None:
        """Return the key of the field in the row at a place of the screen."""
        fields = {**{key: field for form in self.forms.values() for key, field in form.fields.items()}, **self.general}
        for key, field in fields.items():
            row = field.rect().adjusted(-self.width(), 0, 0, 0)  # with its label, which stands to the left
            if (
                field.isVisible()
                and key not in ("seed", "device", "precision")
                and row.contains(field.mapFromGlobal(at))
            ):
                return key
        return None

    def save(self, path: Path) -> None:
        """Write the recipe as TOML.

        Raises
        ------
        UserError: if the file cannot be written.
        """
        text = self.desk.session.recipe.resolved().to_toml()
        written_whole(path, lambda beside: beside.write_text(text, encoding="utf-8"))

    def default(self) -> Recipe:
        """Return the recipe that everybody begins with on such data."""
        return self._suited(Recipe())

    def _suited(self, recipe: Recipe) -> Recipe:
        dataset = self.desk.session.dataset  # whose recipe is shown; the desk hears of it a moment later
        return recipe if dataset is None else suited(recipe, dataset.modality)

    def adopt(self, recipe: Recipe, *, for_these: bool = False) -> None:
        """Make this the recipe of the next run; ``for_these``: see ``Session.configure``.

        Raises
        ------
        UserError: if it names parts that do not exist or values that are not allowed.
        """
        recipe.resolved()
        self.desk.session.configure(recipe, for_these=for_these)
        self.show_recipe(recipe)


def _dressed(*widgets: QWidget) -> None:
    """Let the style dress widgets, and all in them, now and not all at once when they are first shown."""
    for widget in widgets:
        widget.ensurePolished()
        for child in widget.findChildren(QWidget):
            child.ensurePolished()
