"""Garbage is collected by the GUI thread, and by no other."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from explorer.ui.shell.garbage import YOUNG, GarbageCollector, collector


class _Ring:
    """Refers to itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def collecting(qtbot: QtBot) -> GarbageCollector:
    return collector()


def test_there_is_one_and_python_collects_no_more_by_itself(collecting: GarbageCollector) -> None:
    assert collector() is collecting
    assert not gc.isenabled()


def test_what_another_thread_leaves_is_collected_on_the_gui_thread(collecting: GarbageCollector, qtbot: QtBot) -> None:
    seen: list[tuple[threading.Thread, weakref.ref[_Ring]]] = []
    gone: list[threading.Thread] = []

    def litter() -> None:
        rings = [_Ring() for _ in range(3 * YOUNG)]
        weakref.finalize(rings[0], lambda: gone.append(threading.current_thread()))
        seen.append((threading.current_thread(), weakref.ref(rings[0])))

    thread = threading.Thread(target=litter)
    thread.start()
    thread.join()
    assert seen[0][1]() is not None

    def more_was_made() -> bool:  # whoever looked meanwhile has let it grow old: then it is found with more
        return bool(gone) or not [_Ring() for _ in range(YOUNG // 4)]

    qtbot.waitUntil(more_was_made)
    assert gone == [threading.main_thread()]


def test_what_has_become_old_is_found_when_all_is_looked_at(collecting: GarbageCollector, qtbot: QtBot) -> None:
    ring = weakref.ref(_old_ring())
    assert ring() is not None
    collecting.collect_all()
    collecting.collect_all()
    qtbot.waitUntil(lambda: ring() is None)


def _old_ring() -> _Ring:
    ring = _Ring()
    gc.collect()
    return ring


def test_only_the_first_call_passes_over_what_is_there(qtbot: QtBot) -> None:
    parent = QObject()
    made = GarbageCollector(parent)
    try:
        made.settle()
        before = gc.get_freeze_count()
        made.settle()
        assert 0 < gc.get_freeze_count() <= before
    finally:
        gc.unfreeze()
