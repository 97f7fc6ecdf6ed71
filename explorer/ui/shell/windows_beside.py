"""More windows on the data of one: each shows a run of its own, and what is selected in one is selected in all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from explorer.engine.events import UNDER_WAY
from explorer.ui.session.linked_views import LinkedViews
from explorer.ui.session.start_values import StartValues
from explorer.ui.shell.close_session import POLL_MS
from explorer.ui.shell.garbage import collector
from explorer.ui.shell.layout.first_size import frame_of, places_beside

if TYPE_CHECKING:
    from explorer.engine.session.session import Session
    from explorer.ui.shell.main_window import MainWindow


class WindowsBeside(QObject):
    """Opens windows beside the first one and closes them before it."""

    def __init__(self, first: MainWindow) -> None:
        super().__init__(first)
        self._first = first
        self._opened = 1
        self.windows: list[MainWindow] = []
        self.linked = LinkedViews(self)
        self._closing = QTimer(self)
        self._closing.setInterval(POLL_MS)
        self._closing.timeout.connect(self._look)

    def shown_runs(self) -> list[Path | None]:
        """Return the folder of the run that each window shows, None where it shows none."""
        return [None if session is None else session.run_folder for session in self._sessions()]

    def _sessions(self) -> list[Session | None]:
        """Return the session of each window, and of each run that a window shows beside its own."""
        windows = (self._first, *self.windows)
        guests = [window.duels.duel.guest.session for window in windows if window.duels.duel is not None]
        return [*(window.session for window in windows), *guests]

    def training_runs(self) -> list[Path]:
        """Return the folders of the runs that train in a window, or are paused."""
        trains = [session for session in self._sessions() if session is not None and session.state in UNDER_WAY]
        return [session.run_folder for session in trains if session.run_folder is not None]

    def presenting(self) -> bool:
        """Return whether any window is shown to others: text has one size in all of them."""
        return any(window.state.presenting for window in (self._first, *self.windows))

    def open(self, asked: MainWindow) -> None:
        """Open a window on the data of the one that asked: they are not read again, and no run is shown yet."""
        if asked.session is None or asked.session.dataset is None:
            return
        from explorer.ui.session.bridge import Bridge

        self._opened += 1
        made = type(asked)(asked.themes, StartValues.of(asked.settings))
        made.complete(asked.settings, first=self._first, number=self._opened)
        self.windows.append(made)
        made.closed.connect(lambda: self._on_closed(made))
        self._place(made, asked)
        bridge = Bridge(made)
        session = asked.session.beside(bridge.doorbell)
        made.begin(session, bridge)
        session.load_catalogue()
        made.show()

    def quit(self) -> None:
        """End the program from any of its windows."""
        self._first.close()

    def close_all(self) -> None:
        """Close them all, then the first, over which a veil says so; it stays open where one of them does."""
        for window in list(self.windows):
            window.close()
        self._first.saving.hold()
        self._closing.start()

    def _look(self) -> None:
        if any(window.closing for window in self.windows):
            return
        self._closing.stop()
        self._first.saving.release()
        if not self.windows:
            self._first.close()

    def _on_closed(self, window: MainWindow) -> None:
        self.linked.leave(window.state)
        self.windows.remove(window)
        self._first.in_use.follow("text")
        window.deleteLater()
        collector().collect_all()

    def _place(self, made: MainWindow, asked: MainWindow) -> None:
        """Put both side by side where the screen is wide enough, else the new one a little lower."""
        room = asked.screen().availableGeometry()
        now = asked.geometry() if not (asked.isFullScreen() or asked.isMaximized()) else asked.normalGeometry()
        first, second = places_beside(now, frame_of(asked), room, made.minimumSize())
        if first != now and not asked.isFullScreen():
            asked.showNormal()
            asked.setGeometry(first)
        made.setGeometry(second)
