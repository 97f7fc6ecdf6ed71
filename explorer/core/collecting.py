"""The collector of reference cycles, which looks at every object the more often the more of them are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collecting() -> Iterator[None]:
    """Let the collector rest in the block: objects that are made by the ten thousand, and hold no cycles, cost less.

    Of several blocks at once the first that ends may let it go on for all.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
