"""What a test must not leave behind: threads, child processes, and exceptions that nobody saw."""

from __future__ import annotations

import multiprocessing
import multiprocessing.resource_tracker
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType

PATIENCE = 30.0
"""Seconds for what is ending: on a busy machine one training step alone may take many."""


class Exceptions:
    """Collects what reaches ``sys.excepthook`` (slots and events of PySide6 end there) and ``threading.excepthook``."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __enter__(self) -> Exceptions:
        self._hooks = sys.excepthook, threading.excepthook
        sys.excepthook = self._unhandled
        threading.excepthook = self._in_thread
        return self

    def __exit__(self, *_: object) -> None:
        sys.excepthook, threading.excepthook = self._hooks

    def _unhandled(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        self.seen.append("".join(traceback.format_exception(kind, error, where)))

    def _in_thread(self, arguments: threading.ExceptHookArgs) -> None:
        error = arguments.exc_value
        if error is not None and not isinstance(error, SystemExit):
            self.seen.append("".join(traceback.format_exception(error)))


def threads() -> set[threading.Thread]:
    """Return the Python threads of this process; those that Qt or a library made are not ours to end."""
    dummies = getattr(threading, "_DummyThread", ())
    return {thread for thread in threading.enumerate() if not isinstance(thread, dummies)}


def children() -> set[int]:
    """Return the ids of the child processes, without the helper that Python keeps for shared memory."""
    tracker = getattr(multiprocessing.resource_tracker, "_resource_tracker", None)
    helper = getattr(tracker, "_pid", None)
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():
        return {child.pid for child in multiprocessing.active_children() if child.pid}
    found: set[int] = set()
    for task in os.listdir(tasks):
        try:
            found.update(map(int, (tasks / task / "children").read_text().split()))
        except OSError:  # the thread ended while we looked
            continue
    return found - {helper}


def leftovers(threads_before: set[threading.Thread], children_before: set[int]) -> list[str]:
    """Return what is still there after a fair wait, in words."""
    deadline = time.monotonic() + PATIENCE
    for thread in threads() - threads_before:
        thread.join(max(0.0, deadline - time.monotonic()))
    while children() - children_before and time.monotonic() < deadline:
        multiprocessing.active_children()  # reaps those that have ended
        threading.Event().wait(0.01)
    stayed = [f"thread {thread.name}" for thread in threads() - threads_before]
    return stayed + [f"process {pid}" for pid in children() - children_before]
