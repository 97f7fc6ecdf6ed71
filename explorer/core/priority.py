"""Which threads go first where more of them want to compute than there are cores."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

BEHIND_WINDOW = 5
"""How many levels all that computes while a window is open lies behind the thread that paints it.

A thread that only waits for clicks and frames gets its core at once then, instead of after whoever computes.
"""

SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread gives the interpreter away where there is a window (Python's own default is 0.005)."""


def give_way() -> None:
    """Let every thread of the process give the interpreter away sooner, for as long as the process lives.

    Each call of Qt gives it up, and a turn of the event loop is hundreds of them: beside a thread that imports or
    trains, the window would wait for most of them as long as Python's default says.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)


def step_back(levels: int = BEHIND_WINDOW) -> None:
    """Put the calling thread, and those that it begins later, so many levels behind.

    Only on Linux: elsewhere a system has no levels of single threads, or not by these numbers.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + levels)
