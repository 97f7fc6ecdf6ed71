"""Drawing a plot anew: soon where it is seen, and seldom where it is not."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

UNSEEN_MS = 5_000
"""How often it is drawn in a hidden dock, for whoever saves it as a file from there."""


class SeenRepaint(QObject):
    """Calls ``draw`` at most once in so many milliseconds, however often it is asked for.

    Where the ``owner`` is hidden in a window that is shown, it waits longer, and no longer than until it is seen.
    """

    def __init__(self, owner: QWidget, draw: Callable[[], None], interval: int) -> None:
        super().__init__(owner)
        self._owner, self._interval = owner, interval
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(draw)
        owner.installEventFilter(self)

    def ask(self) -> None:
        """Draw soon."""
        if not self._timer.isActive():
            unseen = self._owner.window().isVisible() and not self._owner.isVisible()
            self._timer.start(UNSEEN_MS if unseen else self._interval)

    @property
    def waits(self) -> bool:
        """Whether it will draw what was asked for."""
        return self._timer.isActive()

    def forget(self) -> None:
        """Draw nothing that was asked for."""
        self._timer.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Draw at once what waits when it comes into sight."""
        if event.type() == QEvent.Type.Show and self._timer.isActive():
            self._timer.start(0)
        return super().eventFilter(watched, event)
