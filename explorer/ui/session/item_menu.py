"""What can be done with an item or a class, in a menu at the pointer: the same wherever it is shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from explorer.core.errors import printable
from explorer.core.types import UNLABELLED
from explorer.ui.widgets.context_menu import add_group, add_heading, context_menu, entry
from explorer.ui.widgets.item_picture import class_name
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.local_paths import url_of
from explorer.ui.widgets.text import counted

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset
    from explorer.ui.session.panel import Desk

OF_SELECTION = (
    "selection.show", "map.zoom_selection", "selection.relabel", "selection.exclude", "selection.bring_back",
    "edit.copy_selection", "edit.save_selection", "edit.select_none",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Together:
    """Items that share a value, such as their class: what they are called, and what can be done with all of them.

    ``noun``: what the value is, in a word. ``select(mode)``: in a mode of ``selections``. ``toggle``: hide or show
    them. ``isolate``: show only them, or everything again.
    """

    name: str
    noun: str
    hidden: bool
    alone: bool
    select: Callable[[str], None]
    toggle: Callable[[], None]
    isolate: Callable[[], None]


class ClassActions:
    """What can be done with the classes of the data that are open."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def select(self, label: int, mode: str = "replace") -> None:
        """Select the items of a class; −1: those without one."""
        dataset = self._desk.data.dataset
        if dataset is not None:
            labels = dataset.labels
            self._desk.state.select_found(lambda: np.flatnonzero(labels == label), len(labels), mode)

    def toggle(self, label: int) -> None:
        """Hide a class, or show it again."""
        state = self._desk.state
        state.set_hidden_classes(state.hidden_classes ^ {label})

    def isolate(self, label: int) -> None:
        """Show only a class, or, where it is alone, all of them."""
        self._desk.state.set_hidden_classes(() if self.alone(label) else self._others(label))

    def alone(self, label: int) -> bool:
        """Return whether no other class is shown."""
        return self._others(label) <= self._desk.state.hidden_classes

    def _others(self, label: int) -> frozenset[int]:
        dataset = self._desk.data.dataset
        return frozenset() if dataset is None else frozenset(range(-1, len(dataset.class_names))) - {label}

    def together(self, label: int) -> Together:
        """Return the items of a class."""
        dataset = self._desk.data.dataset
        found = dataset is not None and 0 <= label < len(dataset.class_names)
        name = printable(dataset.class_names[label]) if dataset is not None and found else tr("unlabelled")
        return Together(
            name, tr("class"), label in self._desk.state.hidden_classes, self.alone(label),
            lambda mode: self.select(label, mode), lambda: self.toggle(label), lambda: self.isolate(label),
        )  # fmt: skip


def together_menu(desk: Desk, items: Together, over: QWidget) -> QMenu:
    """Return the menu of a class or another value."""
    menu = _menu(desk, items.name, over)
    _add_together(menu, items)
    entry(menu, tr("Copy its name"), lambda: QGuiApplication.clipboard().setText(items.name))
    _add_selection(menu, desk)
    return menu


def item_menu(desk: Desk, item: int, over: QWidget) -> QMenu:
    """Return the menu of an item of the data that are open."""
    dataset = desk.data.dataset
    assert dataset is not None
    menu = _menu(desk, f"{class_name(dataset, item)}  #{item}", over)
    _add_queries(menu, desk, item)
    menu.addSeparator()
    label = int(dataset.labels[item])
    if label != UNLABELLED:
        _add_together(menu, ClassActions(desk).together(label))
        menu.addSeparator()
    _add_place(menu, dataset, item)
    _add_selection(menu, desk)
    return menu


def _menu(desk: Desk, heading: str, over: QWidget) -> QMenu:
    """Return an empty menu, which goes when other data are opened: what it is about is not there any more."""
    menu = context_menu(over, heading)
    desk.state.about_to_reset.connect(menu.close)
    return menu


def _add_queries(menu: QMenu, desk: Desk, item: int) -> None:
    state = desk.state

    def find() -> None:
        state.pins.choose(item)
        state.set_selection([item])

    entry(menu, tr("Find its neighbours"), find, tip=tr("As a click does"))
    if item == state.pins.looked_at:
        entry(menu, tr("Keep it pinned"), lambda: state.pins.keep(item))
    if item in state.pins.items:
        entry(menu, tr("Unpin it"), lambda: state.pins.unpin(item))
    else:
        entry(
            menu,
            tr("Pin it beside the others"),
            lambda: state.pins.choose(item, add=True),
            tip=tr("As Ctrl+click does"),
        )
    entry(menu, tr("Add it to the selection"), lambda: state.select([item], "add"))
    if "edit.clear_pins" in desk.commands and state.pins.items:
        menu.addAction(desk.commands["edit.clear_pins"])


def _add_together(menu: QMenu, items: Together) -> None:
    entry(menu, tr("Select all of this {noun}", noun=items.noun), lambda: items.select("replace"))
    entry(menu, tr("Add all of this {noun} to the selection", noun=items.noun), lambda: items.select("add"))
    entry(
        menu, tr("{verb} this {noun}", verb=tr("Show") if items.hidden else tr("Hide"), noun=items.noun), items.toggle
    )
    entry(
        menu,
        tr("Show the others again") if items.alone else tr("Show only this {noun}", noun=items.noun),
        items.isolate,
    )


def _add_place(menu: QMenu, dataset: Dataset, item: int) -> None:
    """Offer to copy what the item is called and where it lies, and to open the folder of that."""
    id, path = dataset.ids[item], dataset.path(item)
    entry(menu, tr("Copy its id"), lambda: QGuiApplication.clipboard().setText(id), tip=printable(id))
    if os.path.isabs(path):
        entry(menu, tr("Copy its path"), lambda: QGuiApplication.clipboard().setText(path), tip=printable(path))
        entry(menu, tr("Open its folder"), lambda: open_folder(path), tip=printable(path))


def open_folder(path: str) -> None:
    """Show the folder of a file in the file manager; of a member of an archive the one of the archive."""
    folder = next((above for above in Path(path).parents if above.is_dir()), None)
    if folder is not None:
        QDesktopServices.openUrl(url_of(str(folder)))


def _add_selection(menu: QMenu, desk: Desk) -> None:
    """Offer what can be done with the selection, said how many it has, where there is one."""
    offered = [desk.commands[name] for name in OF_SELECTION if name in desk.commands]
    if offered and (many := len(desk.state.selection)):
        menu.addSeparator()
        add_heading(menu, tr("{many} selected", many=counted(many, "item")))
        menu.addActions(offered)


def add_commands(menu: QMenu, desk: Desk, *groups: tuple[str, ...]) -> None:
    """Add the commands of these ids that the window has, each group apart."""
    for names in groups:
        add_group(menu, [desk.commands[name] for name in names if name in desk.commands])
