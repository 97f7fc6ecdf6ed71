from __future__ import annotations

import os
import sys
import threading
from typing import Any

import pytest

from explorer.core.errors import UserError
from explorer.core.events import Event, RunFailed
from explorer.core.priority import BEHIND_WINDOW
from explorer.engine.run.trainer_thread import TrainerThread, available_cores, torch_threads


def test_a_window_leaves_one_core_to_the_map() -> None:
    assert torch_threads(live=False) == available_cores()
    assert torch_threads(live=True) == max(1, available_cores() - 1)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have levels of their own on Linux alone")
@pytest.mark.parametrize("live", [True, False])
def test_a_run_lies_behind_the_window_that_shows_it_and_behind_nobody_without_one(live: bool) -> None:
    levels: list[int] = []

    def prepare(_threads: int) -> Any:
        levels.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        raise UserError("over")

    thread = TrainerThread(prepare, lambda _event: None, lambda: None, live=live)
    thread.start()
    assert thread.join(60)
    assert levels == [os.getpriority(os.PRIO_PROCESS, 0) + live * BEHIND_WINDOW]


@pytest.mark.parametrize(
    ("error", "message", "traceback"),
    [
        (UserError("The folder is full", remedy="Empty it"), "The folder is full. Empty it", False),
        (ZeroDivisionError("o\x1bps"), "training stopped at step 0: ZeroDivisionError: o\\x1bps", True),
    ],
)
def test_what_goes_wrong_is_an_event(error: Exception, message: str, traceback: bool) -> None:
    events: list[Event] = []
    ends: list[bool] = []

    def prepare(threads: int) -> Any:
        assert threads == torch_threads(live=True)
        thread.run = "named"
        raise error

    thread = TrainerThread(prepare, events.append, lambda: ends.append(True), live=True)
    thread.start()
    assert thread.join(60)
    assert not thread.alive()
    (failed,) = events
    assert isinstance(failed, RunFailed)
    assert failed.run == "named"
    assert failed.message == message
    assert bool(failed.traceback) == traceback
    assert ends == [True]
