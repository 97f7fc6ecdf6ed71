"""Whether kernels are compiled, as they are once after an installation, or loaded from the disk as ever after."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from numba.core import event

COMPILE = "numba:compile"
"""What numba calls the event: it comes when a kernel is not found on the disk."""


class _First(event.Listener):
    """Hears of compiling and tells of the first kernel that one thread compiles."""

    def __init__(self, tell: Callable[[], object]) -> None:
        self._tell, self._thread, self._told = tell, threading.get_ident(), False

    def on_start(self, _event: object) -> None:
        """Tell, unless that was done: numba calls it in the thread that compiles."""
        if not self._told and threading.get_ident() == self._thread:
            self._told = True
            self._tell()

    def on_end(self, _event: object) -> None:
        """Do nothing: the next kernel may follow."""


@contextmanager
def told_of_compiling(tell: Callable[[], object]) -> Iterator[None]:
    """Call ``tell`` once if this thread compiles inside the block, as soon as it begins to; never if all is loaded."""
    with event.install_listener(COMPILE, _First(tell)):
        yield
