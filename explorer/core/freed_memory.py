"""Memory that was freed goes back to the system; the C library would keep it, in pieces, and grow for hours."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from functools import cache

EVERY_SECONDS = 20.0
"""Time between two returns: each takes some milliseconds, and what is needed again has to be asked for again."""

HEAPS = 2
"""How many heaps the threads of a process share: the first, which the GUI thread uses, and one more."""

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of glibc's malloc.h."""


@cache
def _of_glibc(name: str) -> Callable[..., int] | None:
    """Return a function of glibc; None where the C library has none such, and gives memory back by itself."""
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[..., int] | None = getattr(ctypes.CDLL(None), name, None)
    return found


def share_heaps() -> None:
    """Let all threads of this process share few heaps; before it has many threads.

    glibc gives nearly each thread one of its own, eight for each processor. What lives long lies scattered in all of
    them then, and keeps the pages around it: the window opened and closed 15 times left 34 MiB, with two heaps 15.
    Threads of ours allocate large arrays and few, and hardly ever wait for each other there.
    """
    limit = _of_glibc("mallopt")
    if limit is not None:
        limit(_ARENA_MAX, HEAPS)


def give_back() -> None:
    """Give the system what the C library holds free; from any thread, and best from one that nobody waits for.

    Arrays of some megabytes, freed and made anew by many threads, leave the heap of each thread half empty: a quarter
    of the memory after twenty minutes of training with every panel open.
    """
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def keep_giving_back(ended: threading.Event) -> None:
    """Do so again and again until something has ended."""
    while not ended.wait(EVERY_SECONDS):
        give_back()
