"""Keeping the selection under a name, and getting it back: a field for the name, and the sets that there are."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import UserError, printable
from explorer.engine.events import DatasetOpened, RunShown
from explorer.engine.item_sets import KeptSet
from explorer.engine.session.item_sets import SetMode, SetsChanged
from explorer.ui.selection.set_table import SetTable
from explorer.ui.session.acts import Act
from explorer.ui.session.panel import Desk
from explorer.ui.session.selections import is_within
from explorer.ui.widgets.context_menu import context_menu, entry
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import PlainLabel, counted, plain_tip

RECALLS = (
    (tr("Select it"), "replace"), (tr("Add it to the selection"), "add"),
    (tr("Take it out of the selection"), "remove"),
    (tr("Keep only what both have"), "intersect"),
)  # fmt: skip
KEEP_TIP = tr("Keep the selection under this name: it is there again at the next start")
ADD_TIP = tr("Let the selected items be in the set of this name as well")


class SetBox(QWidget):
    """The named sets of what is shown. Every change is an act that can be taken back.

    Signals
    -------
    listed(sets): these are the sets now, a tuple of ``KeptSet``.
    """

    listed = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._build()
        desk.bridge.of(SetsChanged).connect(self.show_sets)
        for cause in (DatasetOpened, RunShown):
            desk.bridge.of(cause).connect(lambda _event: self._begin())
        desk.state.selection_changed.connect(lambda _items: self._follow())
        desk.state.selecting_changed.connect(lambda _on: self._follow())
        self._begin()

    def _build(self) -> None:
        self.name = QLineEdit()
        self.name.setPlaceholderText(tr("Name of a set"))
        self.name.setAccessibleName(tr("Name under which the selection is kept"))
        self.name.setClearButtonEnabled(True)
        self.name.textChanged.connect(lambda _text: self._follow())
        self.name.returnPressed.connect(self.keep)
        self.button = QPushButton(tr("Keep"))
        self.button.clicked.connect(self.keep)
        self.problem = PlainLabel("", role="error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.table = SetTable()
        self.table.recalled.connect(self.recall)
        self.table.removed.connect(self.delete)
        self.table.menu_asked.connect(self._show_menu)
        self.table.kept.renamed.connect(self.rename)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.name, 1)
        row.addWidget(self.button)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 4, 12, 4)
        box.setSpacing(4)
        box.addWidget(self.table)
        box.addLayout(row)
        box.addWidget(self.problem)

    @property
    def sets(self) -> tuple[KeptSet, ...]:
        """The sets that there are."""
        return self.table.kept.sets

    # --- what the user does -------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Keep the selection under the name in the field; in a set of that name it joins what is there."""
        name = " ".join(self.name.text().split())
        if self.button.isEnabled():
            self._desk.state.once_selected(partial(self._keep, name))

    def _keep(self, name: str) -> None:
        if self._put(name, "replace" if self.table.named(name) is None else "add"):
            self.name.clear()

    def put(self, name: str, mode: SetMode) -> None:
        """Let the selected items be a set, join it or leave it."""
        self._desk.state.once_selected(partial(self._put, name, mode))

    def _put(self, name: str, mode: SetMode) -> bool:
        """Return whether there are any, and the set can be called so."""
        items, sets = self._desk.state.selection, self._desk.session.item_sets
        if not len(items):
            return False
        try:
            number = sets.put(name, items, mode)
        except UserError as error:
            self._say(said(str(error)))
            return False
        many, shown = counted(len(items), "item"), printable(name)
        words = {
            "replace": tr("{many} kept as {shown}", many=many, shown=shown),
            "add": tr("{many} added to {shown}", many=many, shown=shown),
        }
        self._act(words.get(mode, tr("{many} taken out of {shown}", many=many, shown=shown)), number)
        return True

    def recall(self, name: str, mode: str = "replace") -> None:
        """Select the items of a set, in a mode of ``selections``."""
        found = self.table.named(name)
        if found is not None:
            self._desk.state.select(found.items, mode)

    def rename(self, old: str, new: str) -> None:
        """Call a set otherwise; a name that another one has is refused at once, as nothing that can be taken back."""
        new = " ".join(new.split())
        if new == old:
            return
        if self.table.named(new) is not None:
            self._say(tr("There is a set {new} already. Choose another name.", new=printable(new)))
            return
        try:
            number = self._desk.session.item_sets.rename(old, new)
        except UserError as error:
            self._say(said(str(error)))
            return
        self._act(tr("{old} is called {new} now", old=printable(old), new=printable(new)), number)

    def delete(self, name: str) -> None:
        """Forget a set."""
        self._act(tr("The set {name} is deleted", name=printable(name)), self._desk.session.item_sets.delete(name))

    def _act(self, words: str, number: int) -> None:
        self._say("")
        take_back = self._desk.session.item_sets.take_back
        self._desk.state.acted.emit(Act(words, partial(take_back, number), partial(take_back, number, again=True)))

    def _show_menu(self, name: str, at: QPoint) -> None:
        menu = context_menu(self, printable(name))
        for words, mode in RECALLS:
            entry(menu, words, partial(self.recall, name, mode))
        menu.addSeparator()
        if self._desk.state.some_selected:
            entry(menu, tr("Let the selected items join it"), lambda: self.put(name, "add"))
            entry(menu, tr("Let the selected items leave it"), lambda: self.put(name, "remove"))
            entry(menu, tr("Let it be the selected items"), lambda: self.put(name, "replace"))
            menu.addSeparator()
        entry(menu, tr("Rename it"), lambda: self.table.edit_name(name))
        entry(menu, tr("Delete it"), lambda: self.delete(name))
        menu.popup(at)

    def fill(self, menu: QMenu) -> None:
        """Offer the sets as tags of the selected items: what all of them have is ticked, and is taken from them."""
        menu.clear()
        chosen = self._desk.state.selection
        for one in self.sets:
            has = is_within(chosen, one.items)
            action = entry(menu, printable(one.name), partial(self.put, one.name, "remove" if has else "add"))
            action.setCheckable(True)
            action.setChecked(has)
        if self.sets:
            menu.addSeparator()
        entry(menu, tr("A new one…"), lambda: self.name.setFocus(Qt.FocusReason.OtherFocusReason))

    # --- showing ------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Show no sets of what was shown before, and ask for those there are."""
        self._list(())
        if self._desk.data.dataset is not None:
            self._desk.session.item_sets.look()

    def show_sets(self, event: SetsChanged) -> None:
        """Show which sets there are."""
        self._list(event.sets)

    def _list(self, sets: tuple[KeptSet, ...]) -> None:
        self.table.show_sets(sets)
        known = QCompleter([one.name for one in sets], self.name)
        known.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.name.setCompleter(known)
        self._follow()
        self.listed.emit(sets)

    def _follow(self) -> None:
        name = " ".join(self.name.text().split())
        known = self.table.named(name) is not None
        self.button.setText(tr("Add") if known else tr("Keep"))
        self.button.setToolTip(plain_tip(ADD_TIP if known else KEEP_TIP))
        self.button.setEnabled(bool(name) and self._desk.state.some_selected)
        if not name:
            self._say("")

    def _say(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
