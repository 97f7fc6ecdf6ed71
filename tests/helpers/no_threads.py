"""A system in which no thread can begin any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

ALL_THERE_IS = 1 << 47
"""Bytes: as many as a process can have addresses for, of which the stack of a thread would take all."""


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Let no thread of this process begin in the block: there is no room for its stack."""
    before = threading.stack_size(ALL_THERE_IS)
    try:
        yield
    finally:
        threading.stack_size(before)
