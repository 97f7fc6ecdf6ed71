"""Unused objects that refer to each other are found by the GUI thread alone; what was freed goes back to the system."""

from __future__ import annotations

import gc
import threading
import time
from contextlib import suppress

from PySide6.QtCore import QCoreApplication, QObject, QThread, QTimer

from explorer.core.freed_memory import EVERY_SECONDS, give_back, share_heaps
from explorer.ui.widgets.next_turn import next_turn

LOOK_MS = 100
"""Time between two looks at what was made lately."""

YOUNG, MIDDLE = 2000, 10
"""How many objects were made, and how many young looks there were, when the young and the middle ones are due."""

EARLY_LOOK_MS, EARLY_MIDDLE = 20, 2
"""The same while the libraries are imported, which make a million objects a second: a look is to be short even so."""

FULL_SECONDS = 60.0
"""Least time between two looks at everything."""


class GarbageCollector(QObject):
    """Takes the place of Python's automatic collection, for the whole process and whichever thread makes the garbage.

    That one runs in the thread that happens to make an object. There the destructor of a window that is still shown (a
    palette, a dialog) waits until the GUI thread has seen it close, and where the GUI thread waits for that thread,
    both stand still for good: ``findings/pyside6_widget_collected_in_a_thread_stands_still.sh``. Here only the GUI
    thread collects, between two turns of its event loop, in looks of a few milliseconds.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        share_heaps()
        self._settled = False
        self._asked = False
        self._full_at = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(EARLY_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self._giving = QTimer(self)
        self._giving.setInterval(round(EVERY_SECONDS * 1000))
        self._giving.timeout.connect(self._give_back)
        self._giving.start()

    def settle(self) -> None:
        """Pass over everything that is there now, for good; only the first call does.

        The libraries are imported by then and stay. Going through torch's hundreds of thousands of objects would hold
        the window up for a quarter of a second each time; done again later, it would keep what has ended since.
        """
        if not self._settled:
            self._settled = True
            self._timer.setInterval(LOOK_MS)
            gc.freeze()

    def collect_all(self) -> None:
        """Look at everything in the next turn of the event loop, as when a window has closed."""
        if not self._asked:
            self._asked = True
            next_turn(self, self._collect_all)

    def look(self) -> None:
        """Collect the oldest generation that is due."""
        assert QThread.currentThread() is self.thread(), "only the GUI thread takes objects of Qt apart"
        young, middle, old = gc.get_count()
        if old > MIDDLE and time.monotonic() - self._full_at > FULL_SECONDS:
            self._collect_all()
        elif middle > (MIDDLE if self._settled else EARLY_MIDDLE):
            gc.collect(1)
        elif young > YOUNG:
            gc.collect(0)

    def _collect_all(self) -> None:
        self._asked = False
        gc.collect()
        self._full_at = time.monotonic()

    def _give_back(self) -> None:
        with suppress(RuntimeError):  # the system has no room for a thread now: the next time, then
            threading.Thread(target=give_back, name="freed memory", daemon=True).start()


def collector() -> GarbageCollector:
    """Return the one of this process, made if there is none; it lives as long as the application."""
    application = QCoreApplication.instance()
    assert application is not None, "the application comes first"
    found = application.findChild(GarbageCollector)
    return found if isinstance(found, GarbageCollector) else GarbageCollector(application)
