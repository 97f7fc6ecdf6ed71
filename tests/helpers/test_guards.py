from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QObject, Signal

from tests.helpers.guards import Exceptions, children, leftovers, threads


class Bell(QObject):
    rung = Signal()


def test_an_exception_in_a_slot_is_seen() -> None:
    bell = Bell()

    def slot() -> None:
        raise RuntimeError("in the slot")

    bell.rung.connect(slot)
    with Exceptions() as exceptions:
        bell.rung.emit()
    assert len(exceptions.seen) == 1
    assert "in the slot" in exceptions.seen[0]


def test_an_exception_in_a_thread_is_seen() -> None:
    def work() -> None:
        raise RuntimeError("in the thread")

    with Exceptions() as exceptions:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert "in the thread" in exceptions.seen[0]


def test_surviving_threads_and_processes_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.helpers.guards.PATIENCE", 0.05)
    threads_before, children_before = threads(), children()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="late")
    thread.start()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert leftovers(threads_before, children_before) == ["thread late", f"process {child.pid}"]
    stop.set()
    thread.join()
    child.communicate()
    assert leftovers(threads_before, children_before) == []
