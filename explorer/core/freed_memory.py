"""Memory that was freed goes back to the system; the C library would keep it, in pieces, and grow for hours."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from functools import cache

EVERY_SECONDS = 20.0
"""Time between two returns: each takes some milliseconds, and what is needed again has to be asked for again."""


@cache
def _trim() -> Callable[[int], int] | None:
    """Return ``malloc_trim`` of glibc; None where the C library has none, and gives memory back by itself."""
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return found


def give_back() -> None:
    """Give the system what the C library holds free; from any thread, and best from one that nobody waits for.

    Arrays of some megabytes, freed and made anew by many threads, leave the heap of each thread half empty: a quarter
    of the memory after twenty minutes of training with every panel open.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


def keep_giving_back(ended: threading.Event) -> None:
    """Do so again and again until something has ended."""
    while not ended.wait(EVERY_SECONDS):
        give_back()
