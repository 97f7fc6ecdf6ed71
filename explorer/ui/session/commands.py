"""Every action of the window: one id, one shortcut, one line in the command palette."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import shiboken6
from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from explorer.ui.widgets.language import later, said, tr

MENUS = (later("File"), later("Edit"), later("View"), later("Run"), later("Map"), later("Window"), later("Help"))
"""The order of the menus; one without commands is not shown."""
MENU_KEYS = {f"Alt+{said(menu)[0]}": tr("opens a menu") for menu in MENUS}
"""Keys that no command can have, and what they do."""

OF_MAP = (
    "map.", "overlay.", "timeline.", "selection.", "queries.", "query.", "gallery.", "item.", "edit.undo", "edit.redo",
    "edit.select_", "edit.invert", "edit.copy_selection", "edit.save_selection", "edit.clear_pins", "recipe.reset",
    "view.show_all_classes", "export.copy",
)  # fmt: skip
"""How the ids of those commands begin that change or take what is seen on the map and the panels around it."""


@dataclass(frozen=True, slots=True)
class Command:
    """An action with the id by which settings, tests and panels name it, and the menu it belongs to.

    ``default``: its shortcut where a person has chosen no other; ``words``: other names by which it is searched for;
    ``by_name``: called with one of these in place of the action, where it was found by that.
    """

    id: str
    menu: str
    action: QAction
    default: str = ""
    words: str = ""
    by_name: Callable[[str], object] | None = None

    @property
    def title(self) -> str:
        """The title without the mark of the menu key, and without the dots of what asks for more."""
        return self.label.rstrip("…")

    @property
    def label(self) -> str:
        """The title as the menu shows it."""
        return self.action.text().replace("&", "")

    @property
    def shortcut(self) -> str:
        """The shortcut as the person reads it, empty when there is none."""
        return self.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    @property
    def all_keys(self) -> str:
        """The shortcut, and behind it the other one that does the same, where there is one."""
        keys = (one.toString(QKeySequence.SequenceFormat.NativeText) for one in self.action.shortcuts())
        return " · ".join(one for one in keys if one)

    @property
    def group(self) -> str:
        """Under which heading it is listed: its menu, or what it is about."""
        return said(self.menu or self.id.partition(".")[0].replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class Place:
    """Something in the window that is no command and can be searched for: ``words`` are looked through as well.

    ``behind``: it is listed behind what fits as well and is not; ``english``: its title in English, where that is not
    known by the title.
    """

    title: str
    words: str
    tip: str
    go: Callable[[], object]
    behind: bool = False
    english: str = ""


class Commands(QObject):
    """The commands by id, in the order in which they were added.

    Parameters
    ----------
    keys: the shortcuts that a person has chosen, by id, as ``plain`` writes them; empty: that command has none.

    Signals
    -------
    keys_changed(): some command has another shortcut.
    """

    keys_changed = Signal()

    def __init__(self, parent: QObject | None = None, keys: Mapping[str, str] | None = None) -> None:
        super().__init__(parent)
        self._commands: dict[str, Command] = {}
        self._chosen: dict[str, str] = {}
        self._choose(keys or {})
        self._also: dict[str, str] = {}
        self._tips: dict[str, str] = {}
        self._idle: set[str] = set()
        self._told: list[tuple[QWidget, str, str]] = []
        self._of_map = QActionGroup(self)  # it keeps what each was told while all of them are off
        self._of_map.setExclusionPolicy(QActionGroup.ExclusionPolicy.None_)

    def add(
        self,
        id: str,
        title: str,
        slot: Callable[[], object],
        *,
        shortcut: str = "",
        also: str = "",
        menu: str = "",
        tip: str = "",
        words: str = "",
        by_name: Callable[[str], object] | None = None,
        checkable: bool = False,
    ) -> QAction:
        """Add a command and return its action; the window makes the shortcut work wherever the focus is.

        Parameters
        ----------
        id: ``menu.verb``, for example ``map.settle``.
        slot: called without arguments when it is triggered; for a checkable one it asks the action for its state.
        shortcut: used unless a person has chosen another, or has given this one to another command.
        also: other keys that do the same, as long as no command has them.
        menu: title of the menu that lists it; empty: only the palette does.
        words: other names by which it is searched for, with spaces between: the formats that it writes.
        by_name: called with one of ``words`` in place of ``slot`` where it was found by that: it offers that format.

        Raises
        ------
        ValueError: if the id or the shortcut is taken.
        """
        if id in self._commands:
            raise ValueError(f"command {id!r} exists already")
        default = plain(shortcut)
        taken = {command.default: command.id for command in self if command.default}
        if default and (other := taken.get(default)):
            raise ValueError(f"{shortcut} of {id!r} already belongs to {other!r}")
        action = QAction(title, self)
        action.setObjectName(id)
        action.setCheckable(checkable)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda _checked=False: slot())
        if id.startswith(OF_MAP):
            self._of_map.addAction(action)
        self._commands[id] = Command(id, menu, action, default, words, by_name)
        self._tips[id] = tip or title.replace("&", "").rstrip("…")
        self._also[id] = plain(also)
        keys = self._wanted(self._commands[id])
        for command in self if keys else ():
            if keys in (self._wanted(command), self._also[command.id]):  # who had them as its own makes way
                self._give_key(command)
        self._give_key(self._commands[id])
        return action

    def follow_map(self, *, in_sight: bool) -> None:
        """Offer what is of the map only while it is in sight; its keys belong to the page that covers it otherwise."""
        self._of_map.setEnabled(in_sight)

    def use(self, keys: Mapping[str, str]) -> None:
        """Use other shortcuts that a person has chosen, by id; all others are as at first."""
        self._choose(keys)
        for command in self:
            self._give_key(command)
        self.keys_changed.emit()

    def owner(self, keys: str) -> Command | None:
        """Return the command that has a shortcut now."""
        return next((one for one in self if keys and one.action.shortcut().toString() == plain(keys)), None)

    def promised(self, id: str, default: str) -> str:
        """Return the shortcut that a command will have once it is added, as the person reads it."""
        keys = self._chosen.get(id, plain(default))
        first = next((one for one, chosen in self._chosen.items() if chosen == keys), id)
        return QKeySequence(keys if first == id else "").toString(QKeySequence.SequenceFormat.NativeText)

    def set_tip(self, id: str, words: str, *, key: bool = True) -> None:
        """Say something else about a command; its shortcut is put behind, unless not even ``key`` would do anything."""
        self._tips[id] = words
        (self._idle.discard if key else self._idle.add)(id)
        self._show_tip(self._commands[id])

    def tell_key(self, widget: QWidget, words: str, id: str) -> None:
        """Let the tooltip of a widget be some words and the shortcut of a command, also when that changes.

        ``words`` empty: those of the command, if it is there by now.
        """
        words = words or self._tips[id]
        self._told = [one for one in self._told if shiboken6.isValid(one[0])]
        self._told.append((widget, words, id))
        widget.setToolTip(self._with_key(words, id))

    def _choose(self, keys: Mapping[str, str]) -> None:
        """Take what was chosen, as far as it can be used."""
        self._chosen = {id: plain(one) for id, one in keys.items() if not usable(one)}

    def _wanted(self, command: Command) -> str:
        return self._chosen.get(command.id, command.default)

    def _first(self, keys: str) -> str:
        """Return which command that there is chose keys first, empty where none did; one that is gone holds none."""
        return next((id for id, one in self._chosen.items() if one == keys and id in self._commands), "")

    def _give_key(self, command: Command) -> None:
        """Give a command the chosen shortcut or its own; where two want the same, the first that chose it has it."""
        keys = self._wanted(command)
        mine = bool(keys) and self._first(keys) in ("", command.id)
        also = self._also[command.id]
        free = mine and also and all(self._wanted(other) != also for other in self)
        command.action.setShortcuts([QKeySequence(one) for one in ([keys] * mine + [also] * bool(free))])
        self._show_tip(command)

    def _show_tip(self, command: Command) -> None:
        words = self._tips[command.id]
        command.action.setToolTip(words if command.id in self._idle else self._with_key(words, command.id))
        for widget, words, id in self._told:
            if id == command.id and shiboken6.isValid(widget):
                widget.setToolTip(self._with_key(words, id))

    def _with_key(self, words: str, id: str) -> str:
        keys = self._commands[id].shortcut if id in self._commands else ""
        return f"{words}  ({keys})" if keys else words

    def __getitem__(self, id: str) -> QAction:
        return self._commands[id].action

    def __contains__(self, id: str) -> bool:
        return id in self._commands

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def __len__(self) -> int:
        return len(self._commands)


def plain(keys: str) -> str:
    """Return a shortcut as it is kept in the settings, the same on every system: ``Ctrl+Shift+K``."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText)


def usable(keys: str) -> str:
    """Return why keys cannot be the shortcut of a command, empty where they can; no keys can."""
    if not keys:
        return ""
    sequence = QKeySequence(keys)
    pressed = cast("Sequence[QKeyCombination]", sequence)[0] if sequence.count() == 1 else QKeyCombination()
    if pressed.key() in (Qt.Key.Key_unknown, Qt.Key(0)):
        return tr("These are no keys")
    if (does := MENU_KEYS.get(plain(keys))) is not None:
        return f"{plain(keys)} {does}"
    held = pressed.keyboardModifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    if held == Qt.KeyboardModifier.NoModifier and not Qt.Key.Key_F1 <= pressed.key() <= Qt.Key.Key_F35:
        return tr("A key alone is typed into fields and moves on the map: hold Ctrl or Alt, or take an F key")
    return ""
