from __future__ import annotations

import os
import sys
import threading

import pytest

from explorer.core.priority import BEHIND_WINDOW, step_back

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads have levels of their own on Linux alone")


def level() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def in_thread(work: object) -> None:
    thread = threading.Thread(target=work)  # type: ignore[arg-type]
    thread.start()
    thread.join()


def test_a_thread_and_those_that_it_begins_lie_behind_and_no_other() -> None:
    before, found = level(), list[int]()

    def work() -> None:
        step_back()
        found.append(level())
        in_thread(lambda: found.append(level()))
        step_back(2)
        found.append(level())

    in_thread(work)
    assert found == [before + BEHIND_WINDOW, before + BEHIND_WINDOW, before + BEHIND_WINDOW + 2]
    assert level() == before
