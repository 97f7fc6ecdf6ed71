"""What can be done with all selected items at once: tag, relabel, exclude, bring back, export."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QMargins, QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.label_decisions import Action, Decisions
from explorer.core.tally import tally
from explorer.core.types import ByteArray, IntArray, frozen
from explorer.engine.events import DatasetOpened, RunShown
from explorer.engine.session.cleaning import DecisionsChanged
from explorer.ui.selection.class_chooser import ClassChooser
from explorer.ui.selection.set_box import SetBox
from explorer.ui.session.acts import Act
from explorer.ui.session.panel import Desk
from explorer.ui.session.selections import are_in
from explorer.ui.widgets.button_rows import ButtonRows
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count, counted

KEPT, RELABELLED, EXCLUDED = range(1, 4)
CODES: dict[Action, int] = {"keep": KEPT, "relabel": RELABELLED, "exclude": EXCLUDED}
MARKS = ("", "", "→", "×")

NO_RUN = tr("Train, or open a saved run: what is decided about labels is kept with it")
RELABEL_TIP = tr("Let the selected items be of another class, from the next epoch on; your files stay as they are")
EXCLUDE_TIP = tr("Leave the selected items out of training and evaluation")
BACK_TIP = tr("Let the selected items be as they came: of their own class, and part of training and evaluation")


class DecisionBar(QWidget):
    """Buttons for the selection, and what was decided about items. Every change is an act that can be taken back."""

    def __init__(
        self, desk: Desk, sets: SetBox, export: Callable[[QMenu], None], parent: QWidget | None = None
    ) -> None:
        """Make the bar; ``export`` fills the menu of the last button."""
        super().__init__(parent)
        self._desk = desk
        self._decisions: Decisions = {}
        self._classes: int | None = None  # of the run, which are the first; None: all
        self._codes: ByteArray = np.zeros(0, np.uint8)
        self._judged: IntArray = frozen([], np.int64)
        self.chooser = ClassChooser(desk.themes, self)
        self.chooser.chosen.connect(self.relabel)
        self.tag_button = self._menu_button(
            tr("Tag"), tr("Put the selected items into sets, or take them out"), sets.fill
        )
        self.label_button = self._menu_button(
            tr("Exclude, relabel"), tr("Relabel, exclude or bring back the selected items"), self.fill
        )
        self.export_button = self._menu_button(
            tr("Export"), tr("Save the selected items: a list, or their files"), export
        )
        row = QVBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        buttons = (self.tag_button, self.label_button, self.export_button)
        row.addWidget(ButtonRows(buttons, QMargins(12, 2, 12, 8)))
        self._actions = (
            self._command("relabel", tr("Relabel the selected items…"), self.choose_class),
            self._command("exclude", tr("Exclude the selected items"), self.exclude),
            self._command("bring_back", tr("Bring the selected items back"), self.bring_back),
        )
        desk.bridge.of(DecisionsChanged).connect(self.show_decisions)
        for cause in (DatasetOpened, RunShown):
            desk.bridge.of(cause).connect(lambda _event: self._begin())
        desk.state.selection_changed.connect(lambda _items: self.follow())
        desk.state.selecting_changed.connect(lambda _on: self.follow())
        self._begin()

    def _command(self, name: str, words: str, slot: Callable[[], None]) -> QAction:
        return self._desk.commands.add(f"selection.{name}", words, slot)

    def fill(self, menu: QMenu) -> None:
        """Offer what can be decided about the selected items."""
        menu.addActions(list(self._actions))

    def _menu_button(self, text: str, tip: str, fill: Callable[[QMenu], None]) -> QPushButton:
        button = QPushButton(f"{text} ▾")
        button.setToolTip(tip)
        button.setAccessibleName(tip)

        def open_menu() -> None:
            self._desk.state.once_selected(show)

        def show() -> None:
            menu = QMenu(button)
            menu.setToolTipsVisible(True)
            fill(menu)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

        button.clicked.connect(open_menu)
        return button

    # --- what the user does -------------------------------------------------------------------------------------------

    def choose_class(self) -> None:
        """Ask of which class the selected items are."""
        dataset = self._desk.data.dataset
        if dataset is not None:
            at = self.label_button.mapToGlobal(QPoint(0, 0))
            names, sizes = dataset.class_names[: self._classes], dataset.class_sizes[1:][: self._classes]
            self.chooser.offer(names, sizes, at)

    def relabel(self, label: int) -> None:
        """Let the selected items be of a class."""
        self._desk.state.once_selected(partial(self._relabel, label))

    def _relabel(self, label: int) -> None:
        dataset, items = self._desk.data.dataset, self._desk.state.selection
        if dataset is not None and len(items):
            number = self._desk.session.cleaning.decide(items, "relabel", label)
            now = tr(
                "{items} of class {class_names} from the next epoch on; colours and counts stay those of the files",
                items=counted(len(items), "item is", "items are"),
                class_names=printable(dataset.class_names[label]),
            )
            self._act(now, number)

    def exclude(self) -> None:
        """Leave the selected items out of training and evaluation."""
        self._desk.state.once_selected(self._exclude)

    def _exclude(self) -> None:
        items = self._desk.state.selection
        if len(items):
            number = self._desk.session.cleaning.decide(items, "exclude")
            self._act(tr("{items} excluded", items=counted(len(items), "item is", "items are")), number)

    def bring_back(self) -> None:
        """Forget what was decided about the selected items."""
        self._desk.state.once_selected(self._bring_back)

    def _bring_back(self) -> None:
        items = self._decided(self._desk.state.selection)
        if len(items):
            self._act(
                tr("{items} came", items=counted(len(items), "item is as it", "items are as they")),
                self._desk.session.cleaning.forget(items),
            )

    def _act(self, words: str, number: int) -> None:
        take_back = self._desk.session.cleaning.take_back
        self._desk.state.acted.emit(Act(words, partial(take_back, number), partial(take_back, number, again=True)))

    # --- showing ------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        dataset = self._desk.data.dataset
        self._decisions, self._codes = {}, np.zeros(0 if dataset is None else len(dataset), np.uint8)
        self._judged = frozen([], np.int64)
        if self._desk.session.run_folder is not None:
            self._desk.session.cleaning.look()
        self.follow()

    def show_decisions(self, event: DecisionsChanged) -> None:
        """Take over what was decided."""
        dataset = self._desk.data.dataset
        self._decisions, self._classes = event.decisions, event.classes
        codes = np.zeros(0 if dataset is None else len(dataset), np.uint8)
        items = np.fromiter(event.decisions, np.int64, len(event.decisions))
        found = (CODES[decision.action] for decision in event.decisions.values())
        inside = items < len(codes)
        codes[items[inside]] = np.fromiter(found, np.uint8, len(items))[inside]
        self._codes, self._judged = codes, np.sort(items[inside])
        self.follow()

    def _decided(self, selection: IntArray) -> IntArray:
        """Return the selected items of which something was decided: these are looked up, for few are."""
        return self._judged[are_in(self._judged, selection)]

    def mark(self, item: int) -> str:
        """Return a sign for what was decided about an item, empty for nothing."""
        return MARKS[self._codes[item]] if item < len(self._codes) else ""

    def words(self, item: int) -> str:
        """Return what was decided about an item, empty for nothing."""
        decision, dataset = self._decisions.get(item), self._desk.data.dataset
        if decision is None or dataset is None:
            return ""
        if decision.action == "relabel":
            return tr("now {class_names}", class_names=printable(dataset.class_names[decision.label]))
        return tr("kept") if decision.action == "keep" else tr("excluded")

    def summary(self, selection: IntArray) -> str:
        """Return how many selected items are excluded and relabelled, empty where none is."""
        numbers = tally(self._codes[self._decided(selection)], len(MARKS))[1:]
        told = ((EXCLUDED, "excluded"), (RELABELLED, "relabelled"))
        return " · ".join(f"{count(int(numbers[code]))} {what}" for code, what in told if numbers[code])

    def follow(self) -> None:
        """Switch on what can be done, and say why the rest cannot."""
        chosen = self._desk.state.selection
        some, kept = self._desk.state.some_selected, self._desk.session.run_folder is not None
        for button in (self.tag_button, self.label_button, self.export_button):
            button.setEnabled(some)
        decided = kept and (self._desk.state.selecting or len(self._decided(chosen)) > 0)
        for action, tip, can in zip(
            self._actions, (RELABEL_TIP, EXCLUDE_TIP, BACK_TIP), (kept, kept, decided), strict=True
        ):
            action.setEnabled(some and can)
            action.setToolTip(tip if kept else NO_RUN)
