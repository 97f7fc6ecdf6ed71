"""Starting a process of our own beside a script of somebody else, and its end, which nobody waits for without limit."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import ModuleType

KILLED_SECONDS = 5.0
"""How long a process that was killed is waited for: one that the system holds, on a disk that is gone, stays longer."""

_swapping = threading.Lock()


@contextmanager
def apart_from_main() -> Iterator[None]:
    """Let a process that is started in the block not import the script that runs here a second time.

    ``multiprocessing`` would, and whoever trains from a script without ``if __name__ == "__main__":`` would train
    again in every process, and so on. Ours need nothing of it: what they are told to call is in this package.
    """
    with _swapping:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def end(process: BaseProcess, seconds: float = 0.0) -> bool:
    """Wait so many seconds for a process that was asked to end, and kill it then; return whether it has ended."""
    sentinel = process.sentinel  # tells the truth whoever waits: another number may be that of another process by then
    if not wait([sentinel], seconds):
        process.kill()
    process.join(KILLED_SECONDS)
    return bool(wait([sentinel], 0.0))
