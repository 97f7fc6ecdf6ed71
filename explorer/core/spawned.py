"""Starting a process of our own beside a script of somebody else."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

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
