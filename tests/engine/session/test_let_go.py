"""What a session held is let go of once it ended, in a process that goes on with other data."""

from __future__ import annotations

import gc
import os
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from explorer.core.events import RunFailed, RunFinished, RunPaused, RunStarted
from explorer.engine.events import CatalogueReady, DatasetOpened, Notice, RunOpened
from explorer.engine.run import active_run
from explorer.engine.session.session import Session
from explorer.engine.session.state import LATER_KINDS
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SHORT, Desk
from tests.helpers.listening import Listener


def _ended(folder: Path) -> weakref.ref[Any]:
    """Open the digits in a session as a window does, close it, and return its pixels if they are still there."""
    heard = Listener()
    session = Session(heard.ring, live=False, cache_folder=folder / "cache", runs_folder=folder / "runs")
    heard.listen(session.lanes)
    session.load_catalogue()
    session.open("sample:digits")
    opened = heard.until(DatasetOpened)
    heard.until(CatalogueReady, lambda ready: ready.kinds == LATER_KINDS)
    assert session.close(60.0)
    return weakref.ref(opened.dataset.inputs)


def test_the_data_of_a_session_that_ended_do_not_stay(tmp_path: Path) -> None:
    _ended(tmp_path)  # what is there when the parts are first loaded stays for good
    held = [_ended(tmp_path) for _ in range(2)]
    gc.collect()
    assert [one() for one in held] == [None, None]


def test_a_run_that_begins_while_other_data_are_being_shown_is_ended(start: Callable[..., Desk]) -> None:
    session, heard = start()
    state = session._state
    state.retire()
    session.train()
    late = state.running
    assert late is not None
    heard.until(RunStarted)
    session.pause()
    heard.until(RunPaused)
    opened = state.opened
    assert opened is not None
    state.adopt(opened, "main")
    state.retire_late()
    assert late.left
    assert late.join(0.0), "nothing of it goes on"
    RunFolder.open(late.path, writable=True).close()  # its folder was let go


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """What is written to a run waits, once this is cleared, until it is set."""
    free, fsync = threading.Event(), os.fsync

    def slow(descriptor: int) -> None:
        if threading.current_thread().name == "recorder":
            assert free.wait(60.0)
        fsync(descriptor)

    free.set()
    monkeypatch.setattr(os, "fsync", slow)
    return free


def test_a_run_that_its_disk_held_up_is_waited_for_where_it_goes_on(
    start: Callable[..., Desk], disk: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, heard = start(recipe=SHORT)
    session.train()
    heard.at_rest()
    folder, place = session.run_folder, heard.now()
    assert folder is not None
    monkeypatch.setattr(active_run, "ENDING_SECONDS", 0.5)
    session.train(resume=True)
    heard.until(RunStarted, after=place)
    disk.clear()
    session.open_run(folder)
    told = heard.until(Notice, after=place).text
    assert told == f"{folder.name} takes long to be saved: that goes on in the background"
    heard.until(RunOpened, after=place)
    place = heard.now()
    session.train(resume=True)
    disk.set()
    heard.until(RunFinished, after=place)
    heard.at_rest(after=place)
    assert not heard.all(RunFailed)


def test_a_run_is_not_said_to_be_saved_before_its_disk_has_all_of_it(
    start: Callable[..., Desk], disk: threading.Event
) -> None:
    session, heard = start(recipe=SHORT)
    session.train()
    heard.until(RunStarted)
    disk.clear()
    assert session.end_run(1.0) == active_run.STILL_SAVING
    disk.set()
    assert session.end_run(60.0) == ""
    folder = session.run_folder
    assert folder is not None
    assert RunFolder.open(folder).checkpoint_steps()[-1] == heard.until(RunFinished).step
