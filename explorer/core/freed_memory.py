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

LARGE = 1 << 20
"""From so many bytes on what is allocated has pages of its own, in a process that asks for that."""

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
"""``M_ARENA_MAX`` and ``M_MMAP_THRESHOLD`` of glibc's malloc.h."""


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


def keep_large_apart() -> None:
    """Let every large array of this process have pages of its own, which go back when it is freed.

    glibc begins so, but after the first large array that is freed it takes the next ones, to 32 MiB, from its heaps:
    there each leaves a hole, and what lives long between them keeps the pages around it. Half of what the analysis
    process held in a training was such holes. The kernel clears the pages of each array anew, which takes less than
    what is computed with them there.
    """
    limit = _of_glibc("mallopt")
    if limit is not None:
        limit(_MMAP_THRESHOLD, LARGE)


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
