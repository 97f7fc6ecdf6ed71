"""The disk refuses a run while it trains: nothing that was learned is lost, and it never ends as if all was well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.core.events import RunFailed, RunFinished, RunPaused, RunResumed, RunStarted
from explorer.core.types import StepMetrics
from explorer.engine.events import Notice, StateChanged
from explorer.engine.run.alarms import Alarm, Remedy
from explorer.engine.session.session import Session
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SMALL, Desk
from tests.helpers.listening import Listener

LONG = SMALL.model_copy(update={"epochs": 100_000})


def unsaved(alarm: Alarm) -> bool:
    return alarm.kind == "unsaved" and bool(alarm.message)


def over(alarm: Alarm) -> bool:
    return alarm.kind == "unsaved" and not alarm.message


@pytest.fixture
def trained(start: Callable[..., Desk]) -> tuple[Session, Listener, Path]:
    """A run that trains in a live session, with its folder."""
    session, heard = start(recipe=LONG)
    session.train()
    heard.until(RunStarted)
    heard.until(StepMetrics)
    assert session.run_folder is not None
    return session, heard, session.run_folder


def test_a_run_waits_for_its_disk_and_goes_on(trained: tuple[Session, Listener, Path], tmp_path: Path) -> None:
    session, heard, folder = trained
    aside = tmp_path / "aside"
    folder.rename(aside)
    alarm = heard.until(Alarm, unsaved)
    heard.until(RunPaused)
    assert "is gone" in alarm.message
    assert "is gone" in session.unsaved
    assert [remedy.action for remedy in alarm.remedies] == ["save", "save elsewhere"]
    aside.rename(folder)
    at = heard.now()
    session.mend(alarm.remedies[0])
    heard.until(Alarm, over, after=at)
    heard.until(RunResumed, after=at)
    heard.until(StepMetrics, after=heard.now())
    session.stop()
    end = heard.until(RunFinished)
    assert session.unsaved == ""
    with RunFolder.open(folder) as saved:
        assert saved.checkpoint_steps()[-1] == end.step
        assert [m.step for m in saved.history().metrics] == list(range(1, end.step + 1))


def test_a_run_that_could_not_be_saved_has_not_ended_well_until_it_is(
    trained: tuple[Session, Listener, Path], tmp_path: Path
) -> None:
    session, heard, folder = trained
    folder.rename(tmp_path / "aside")
    heard.until(Alarm, unsaved)
    session.stop()
    failed = heard.until(RunFailed)
    assert "is gone" in failed.message
    assert failed.traceback == ""
    heard.until(StateChanged, lambda changed: changed.state == "failed")
    assert not heard.all(RunFinished)
    at = heard.now()
    session.save_again(tmp_path / "elsewhere")
    end = heard.until(RunFinished, after=at)
    heard.at_rest(after=at)
    assert session.unsaved == ""
    assert session.run_folder == tmp_path / "elsewhere" / folder.name
    heard.until(Notice, lambda told: told.text == f"The run is saved in {session.run_folder}", after=at)
    with RunFolder.open(session.run_folder) as saved:
        assert saved.run == session.run
        assert saved.checkpoint_steps() == (end.step,)


def test_a_place_that_cannot_take_the_run_is_told_in_the_words_of_a_window(
    trained: tuple[Session, Listener, Path], tmp_path: Path
) -> None:
    session, heard, folder = trained
    folder.rename(tmp_path / "aside")
    heard.until(Alarm, unsaved)
    file = tmp_path / "file"
    file.touch()
    at = heard.now()
    session.save_again(file)
    alarm = heard.until(Alarm, lambda alarm: unsaved(alarm) and str(file) in alarm.message, after=at)
    assert alarm.message.endswith(f"cannot be made: {file} is a file. Choose another folder")
    at = heard.now()
    session.save_again(tmp_path / "free")
    heard.until(Alarm, over, after=at)


def test_without_a_window_the_run_ends_and_says_why(start: Callable[..., Desk], tmp_path: Path) -> None:
    session, heard = start(live=False, recipe=LONG)
    session.train()
    heard.until(RunStarted)
    assert session.run_folder is not None
    session.run_folder.rename(tmp_path / "aside")
    failed = heard.until(RunFailed, timeout=120)
    assert "is gone" in failed.message
    assert not heard.all(RunFinished)


def test_closing_a_session_whose_run_cannot_be_saved_takes_no_longer(
    trained: tuple[Session, Listener, Path], tmp_path: Path
) -> None:
    session, heard, folder = trained
    folder.rename(tmp_path / "aside")
    heard.until(Alarm, unsaved)
    assert session.close(60.0)


def test_to_try_again_without_a_run_does_nothing(start: Callable[..., Desk]) -> None:
    session, _ = start()
    session.mend(Remedy("Try again", "save"))
    assert session.unsaved == ""
