"""The commands of the selection: all, none, the others, back and forth, and out of the window."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from explorer.engine.export.selected_items import selected_table
from explorer.ui.session.acts import Act
from explorer.ui.session.view_history import ViewHistory
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.save_dialog import plain_name
from explorer.ui.widgets.text import ELLIPSIS, counted

if TYPE_CHECKING:
    from explorer.ui.shell.main_window import MainWindow

OF_DATA = ("edit.select_all", "edit.invert")
OF_SELECTION = ("edit.select_none", "edit.copy_selection", "edit.save_selection")
LONGEST_TOLD = 60
"""Letters of what would be undone, as its command says it."""
MOST_COPIED = 100_000
"""Rows that a clipboard and a spreadsheet take; more are saved to a file."""


def _in_menu(words: str) -> str:
    """Return words as part of the title of a command: short, and no letter of them a key."""
    return (words if len(words) <= LONGEST_TOLD else f"{words[:LONGEST_TOLD]}{ELLIPSIS}").replace("&", "&&")


class SelectionActions:
    """Makes the commands and does them."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        add = window.commands.add
        self.history = ViewHistory(window.state)
        self._history()
        tip = tr("Every item that is shown; hidden ones are left out")
        every = add("edit.select_all", tr("Select all"), self._all, shortcut="Ctrl+A", menu="Edit", tip=tip)
        every.setProperty("begins_group", True)
        add("edit.select_none", tr("Select none"), self._none, shortcut="Ctrl+Shift+A", menu="Edit")
        add("edit.invert", tr("Invert the selection"), self._invert, shortcut="Ctrl+I", menu="Edit", tip=tip)
        words = tr("Copy the selected items")
        tip = tr("Id, path, class and further columns, a row each, as a spreadsheet takes them")
        copy = add("edit.copy_selection", words, self.copy, shortcut="Ctrl+C", menu="Edit", tip=tip, words="TSV")
        copy.setProperty("begins_group", True)
        words = tr("Save the selected items…")
        keys = "Ctrl+Alt+C"
        add("edit.save_selection", words, self._ask_where, shortcut=keys, menu="Edit", tip=tip, words="CSV")
        window.state.selection_changed.connect(lambda _items: self.follow())
        window.state.selecting_changed.connect(lambda _on: self.follow())
        window.state.acted.connect(self._tell)

    def _history(self) -> None:
        add, history = self._window.commands.add, self.history
        both = tr("what is selected, pinned, decided about the selection or set in the recipe")
        tip = tr("Take back the last change of {both}, of Escape as well", both=both)
        undo = add("edit.undo", tr("Undo"), history.undo, shortcut="Ctrl+Z", menu="Edit", tip=tip)
        tip = tr("Do the change of {both} again", both=both)
        redo = add("edit.redo", tr("Redo"), history.redo, shortcut="Ctrl+Shift+Z", menu="Edit", tip=tip)
        tip = tr("Pin the queries again that were pinned before these")
        back = add(
            "queries.back", tr("Back to the last queries"), history.back, shortcut="Alt+Left", menu="Edit", tip=tip
        )
        tip = tr("Pin the queries again from which you went back")
        forward = add("queries.forward", tr("Forward"), history.forward, shortcut="Alt+Right", menu="Edit", tip=tip)

        def follow() -> None:
            undo.setEnabled(history.can_undo)
            undo.setText(tr("Undo: {what}", what=_in_menu(history.to_undo)) if history.can_undo else tr("Undo"))
            redo.setEnabled(history.can_redo)
            redo.setText(tr("Redo: {what}", what=_in_menu(history.to_redo)) if history.can_redo else tr("Redo"))
            back.setEnabled(history.can_go_back)
            forward.setEnabled(history.can_go_forward)

        history.changed.connect(follow)
        history.taken_back.connect(self._tell_taken_back)
        history.clear()

    def _tell_taken_back(self, words: str) -> None:
        self._window.toasts.withdraw(words)
        self._window.toasts.show(tr("Taken back, and no longer so: {what}", what=words), stays=False)

    def _tell(self, act: Act) -> None:
        """Say what was done, and offer to take it back."""
        if act.words:
            self._window.toasts.show(act.words, offer=(tr("Undo"), partial(self.history.take_back, act)), stays=False)

    def follow(self) -> None:
        """Switch on what can be done."""
        has_data = self._window.dataset is not None
        for name in OF_DATA:
            self._window.commands[name].setEnabled(has_data)
        for name in OF_SELECTION:
            self._window.commands[name].setEnabled(has_data and self._window.state.some_selected)

    def _count(self) -> int:
        dataset = self._window.dataset
        return 0 if dataset is None else len(dataset)

    def _all(self) -> None:
        self._window.state.select_all(self._count())

    def _none(self) -> None:
        self._window.state.set_selection([])

    def _invert(self) -> None:
        self._window.state.invert_selection(self._count())

    def copy(self) -> None:
        """Put the selected items on the clipboard."""
        self._window.state.once_selected(self._copy)

    def _copy(self) -> None:
        data, items = self._window.data, self._window.state.selection
        if data is None or data.dataset is None or not len(items):
            return
        if len(items) > MOST_COPIED:
            self._window.toasts.show(
                tr("{items:,} items are too many to be copied: save them instead.", items=len(items)), "warning"
            )
            return
        QGuiApplication.clipboard().setText(selected_table(data.dataset, data.split, items, "\t"))
        self._window.toasts.show(tr("{items} copied.", items=counted(len(items), "item")))

    def _ask_where(self) -> None:
        dataset = self._window.dataset
        name = plain_name(f"{dataset.name}-selected" if dataset is not None else "selected")
        self._window.opener.ask_table(tr("Save the selected items"), name, self.save)

    def save(self, path: str) -> None:
        """Write the selected items to a file, in the background."""
        self._window.state.once_selected(lambda: self._save(path))

    def _save(self, path: str) -> None:
        session, state = self._window.session, self._window.state
        if session is not None and len(state.selection):
            session.selection_files.save_list(Path(path), state.selection, state.pins.items)
