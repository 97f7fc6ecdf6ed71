"""What is left to the next turn of the event loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

SOON_MS = 1
"""Not 0: such a call keeps what it was to do for good, and with it the window, where its owner goes first;
``findings/pyside6_single_shot_of_zero_keeps_what_it_calls.sh``."""


def next_turn(owner: QObject, work: Callable[[], object]) -> None:
    """Do ``work`` once what waits now was done, unless ``owner`` is gone by then."""
    QTimer.singleShot(SOON_MS, owner, work)
