"""What is asked of a window that shows its start page while the rest is loaded: it is kept, and done once it can."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QMetaObject, QMimeData, QObject, SignalInstance
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication

from explorer.ui.shell.header import COMING, PALETTE_ALSO
from explorer.ui.shell.opening.drag_and_drop import accept_copy, dragged_words, is_one_picture, is_recipe
from explorer.ui.shell.start.drop_zone import opening
from explorer.ui.shell.start.start_page import KEYS
from explorer.ui.widgets.local_paths import dropped_paths

if TYPE_CHECKING:
    from explorer.core.examples import StartExample
    from explorer.ui.shell.main_window import MainWindow


class EarlyWishes(QObject):
    """Keeps clicks on the start page, drops and keys in their order, and says at once what will be opened."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._wishes: list[Callable[[], object]] = []
        self._sought: str | None = None  # what is typed into the palette, which is not there yet
        page = self._page = window.start_page
        zone = page.zone
        self._heard = [self._keep(signal) for signal in (
            window.faults.told, window.header.search.clicked, page.open_spec, page.open_example, page.tour,
            page.all_runs, page.reopen_chosen, zone.open_folder, zone.open_file,
        )]  # fmt: skip
        self._heard += [
            page.open_spec.connect(self._opening),
            page.open_example.connect(self._opening_example),
            window.header.search.clicked.connect(lambda: self._seek("")),
        ]

    def _seek(self, typed: str) -> None:
        """Say at once that the palette is asked for, and what was typed into it."""
        self._sought = typed
        self._window.header.show_waiting(f"{typed} …" if typed else COMING)

    def _keep(self, signal: SignalInstance) -> QMetaObject.Connection:
        """Keep a signal that nobody hears yet; it is sent again when somebody does."""
        return signal.connect(lambda *values: self._wishes.append(partial(signal.emit, *values)))

    def _opening(self, spec: str) -> None:
        self._page.zone.show_loading(opening(spec))

    def _opening_example(self, example: StartExample) -> None:
        self._opening(example.data)

    def drag_entered(self, event: QDragEnterEvent) -> None:
        """Say what a drop would do."""
        if paths := dropped_paths(event.mimeData()):
            accept_copy(event)
            self._page.zone.show_dragging(dragged_words(paths[0]))

    def drag_left(self) -> None:
        """Look as before."""
        self._page.zone.show_dragging("")

    def dropped(self, event: QDropEvent) -> None:
        """Keep what was dropped; the data of the event end with it."""
        self.drag_left()
        paths = dropped_paths(event.mimeData())
        if not paths:
            return
        accept_copy(event)
        kept = QMimeData()
        kept.setUrls(event.mimeData().urls())
        self._wishes.append(lambda: self._window.opener.take(kept))
        if not is_recipe(paths[0]) and not is_one_picture(paths[0]):
            self._opening(paths[0])

    def key_pressed(self, event: QKeyEvent) -> None:
        """Keep a key that nobody has taken."""
        if not event.isAutoRepeat():
            kept = QKeyEvent(event.type(), event.key(), event.modifiers(), event.text())
            if QKeySequence(event.keyCombination()) in self._palette_keys():
                self._seek("")
            elif self._sought is not None and event.text().isprintable():
                self._seek(self._sought + event.text())
            self._wishes.append(partial(self._press, kept))

    def _palette_keys(self) -> list[QKeySequence]:
        """Return the keys that open the palette."""
        keys = self._window.commands.promised("help.palette", KEYS["help.palette"])
        return [QKeySequence(keys), QKeySequence(PALETTE_ALSO)]

    def fulfil(self) -> None:
        """Do all of it, now that the window is whole, and hear no more."""
        for connection in self._heard:
            QObject.disconnect(connection)
        self._window.header.show_waiting("")
        wishes, self._wishes = self._wishes, []
        for wish in wishes:
            wish()

    def _press(self, event: QKeyEvent) -> None:
        """Do what the keys are the shortcut of; where they are none they are typed."""
        window, keys = self._window, QKeySequence(event.keyCombination())
        for action in window.actions():
            if keys in action.shortcuts():
                action.trigger()
                return
        for shortcut in window.header.findChildren(QShortcut):
            if shortcut.key() == keys:
                shortcut.activated.emit()
                return
        if (focused := QApplication.focusWidget()) is not None:
            QApplication.sendEvent(focused, event)
