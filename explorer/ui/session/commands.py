"""Every action of the window: one id, one shortcut, one line in the command palette."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence


@dataclass(frozen=True, slots=True)
class Command:
    """An action with the id by which settings, tests and panels name it, and the menu it belongs to."""

    id: str
    menu: str
    action: QAction

    @property
    def title(self) -> str:
        """The title without the mark of the menu key."""
        return self.action.text().replace("&", "").rstrip("…")

    @property
    def shortcut(self) -> str:
        """The shortcut as the person reads it, empty when there is none."""
        return self.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


@dataclass(frozen=True, slots=True)
class Place:
    """Something in the window that is no command and can be searched for: ``words`` are looked through as well.

    ``behind``: it is listed behind what fits as well and is not.
    """

    title: str
    words: str
    tip: str
    go: Callable[[], object]
    behind: bool = False


class Commands(QObject):
    """The commands by id, in the order in which they were added."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands: dict[str, Command] = {}

    def add(
        self,
        id: str,
        title: str,
        slot: Callable[[], object],
        *,
        shortcut: str = "",
        menu: str = "",
        tip: str = "",
        checkable: bool = False,
    ) -> QAction:
        """Add a command and return its action; the window makes the shortcut work wherever the focus is.

        Parameters
        ----------
        id: ``menu.verb``, for example ``map.settle``.
        slot: called without arguments when it is triggered; for a checkable one it asks the action for its state.
        menu: title of the menu that lists it; empty: only the palette does.

        Raises
        ------
        ValueError: if the id or the shortcut is taken.
        """
        if id in self._commands:
            raise ValueError(f"command {id!r} exists already")
        taken = {command.action.shortcut().toString(): command.id for command in self if command.shortcut}
        if shortcut and (other := taken.get(QKeySequence(shortcut).toString())):
            raise ValueError(f"{shortcut} of {id!r} already belongs to {other!r}")
        action = QAction(title, self)
        action.setObjectName(id)
        action.setCheckable(checkable)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
        action.setToolTip(f"{tip or title.replace('&', '').rstrip('…')}{f'  ({shortcut})' if shortcut else ''}")
        action.triggered.connect(lambda _checked=False: slot())
        self._commands[id] = Command(id, menu, action)
        return action

    def __getitem__(self, id: str) -> QAction:
        return self._commands[id].action

    def __contains__(self, id: str) -> bool:
        return id in self._commands

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def __len__(self) -> int:
        return len(self._commands)
