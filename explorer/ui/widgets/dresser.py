"""One window in another theme, a part after the other, so that no turn of the event loop takes long."""

from __future__ import annotations

import time

import shiboken6
from PySide6.QtCore import QChildEvent, QCoreApplication, QEvent, QObject, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from explorer.ui.widgets.next_turn import next_turn

THEME = "theme"
"""Property of a window: the theme that it was changed to, empty where that is the one of the application."""
TURN_SECONDS = 0.015
"""After so much work the next part waits for the next turn."""
HOLD_SECONDS = 0.5
"""So long nothing is painted at most, where one change comes after the other before all is dressed."""


def put_away(window: QWidget) -> bool:
    """Return whether a window was closed or hides before it ends: Qt crashed where such a one was dressed."""
    return window.isHidden() and window.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide)


class Dresser(QObject):
    """Gives every part of a window (its bars, its docks, what is in the middle) the sheet of a theme.

    A sheet of the window itself would be one call that takes a tenth of a second, as Qt dresses all of a thousand
    widgets in it. What is in sight comes first, and is painted when all of it is dressed; what is added later gets
    the sheet as it comes. Of changes that come faster than that, as where a key is held, only the last is dressed.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._sheet = ""
        self._waiting: list[QWidget] = []
        self._goes_on = False
        self._held = float("-inf")
        window.installEventFilter(self)

    @property
    def dressed(self) -> bool:
        """Whether its parts have a sheet."""
        return bool(self._sheet)

    def dress(self, name: str, sheet: str) -> None:
        """Show the window in the theme ``name`` by its sheet; both are empty for that of the application."""
        if sheet == self._sheet:
            return
        window, self._sheet = self._window, sheet
        window.setProperty(THEME, name)
        window.style().unpolish(window)
        window.style().polish(window)
        busy = bool(self._waiting)
        docks = window.findChildren(QDockWidget)  # some of them in windows of their own
        parts = dict.fromkeys([*(child for child in window.children() if isinstance(child, QWidget)), *docks])
        self._waiting = sorted(parts, key=lambda part: (not part.isVisible(), part.y(), part.x()))
        if window.isVisible() and window.updatesEnabled():
            self._held = time.monotonic()
            window.setUpdatesEnabled(False)
        if not busy:
            self._work()
        if not self._goes_on:  # it is painted in the next turn at the earliest: by then it is known what is in sight
            self._goes_on = True
            next_turn(self, self._go_on)

    def _go_on(self) -> None:
        self._goes_on = False
        self._work()
        if self._next() is None or time.monotonic() - self._held > HOLD_SECONDS:
            self._paint()
        if self._waiting:
            self._goes_on = True
            next_turn(self, self._go_on)

    def _next(self) -> QWidget | None:
        """Return the next part that is in sight, which it may have come into since it waits; None: there is none."""
        self._waiting = [part for part in self._waiting if shiboken6.isValid(part)]
        return next((part for part in self._waiting if part.isVisible()), None)

    def _work(self) -> None:
        """Dress parts for a moment, those in sight first."""
        if put_away(self._window):
            self._waiting.clear()
        began = time.thread_time()
        while (part := self._next() or next(iter(self._waiting), None)) is not None:
            self._waiting.remove(part)
            part.setStyleSheet(self._sheet)
            if time.thread_time() - began > TURN_SECONDS:
                break

    def _paint(self) -> None:
        """Let the window be painted again.

        What was to be painted when it stopped stays noted in Qt as if it were asked for, so that nothing is any more
        until it gets another size (findings): it is asked here.
        """
        floating = [dock for dock in self._window.findChildren(QDockWidget) if dock.isWindow()]
        for window in (self._window, *floating):  # one that floats since was held as a part of this one
            if not window.updatesEnabled():
                window.setUpdatesEnabled(True)
                QCoreApplication.postEvent(window, QEvent(QEvent.Type.UpdateRequest))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Dress what is added to the window."""
        if event.type() == QEvent.Type.ChildPolished and self._sheet and isinstance(event, QChildEvent):
            child = event.child()
            if isinstance(child, QWidget) and child.styleSheet() != self._sheet and child not in self._waiting:
                child.setStyleSheet(self._sheet)
        return super().eventFilter(watched, event)
