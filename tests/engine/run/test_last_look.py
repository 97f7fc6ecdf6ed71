"""A run that is ended for something else keeps the map and the figures of its last step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.core.events import Command, Stop
from explorer.core.types import PIXELS_RUN, Evaluation, Snapshot, StepMetrics
from explorer.engine.events import DatasetOpened
from explorer.engine.run.last_look import look_once_more
from explorer.engine.session.session import Session
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SMALL, Desk

LONG = SMALL.model_copy(update={"epochs": 100_000})


def is_of_its_end(path: Path) -> None:
    """Look whether what is shown of a run when it is opened again is of its newest checkpoint."""
    folder = RunFolder.open(path)
    last = folder.checkpoint_steps()[-1]
    assert folder.snapshot_steps()[-1] == last
    assert folder.snapshot(last).exact
    assert {found.step for found in folder.history().evaluations[-2:]} == {last}
    assert folder.kept_steps()[-1].step == last
    assert folder.verify() == ()


def by_closing(session: Session) -> None:
    assert session.end_run(120.0) == ""
    assert session.close(60.0)


def by_opening(session: Session) -> None:
    session.open("sample:digits")


@pytest.mark.full
@pytest.mark.parametrize("leave", [by_closing, by_opening])
def test_what_is_kept_of_a_run_that_is_left_is_of_its_last_step(
    start: Callable[..., Desk], leave: Callable[[Session], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("session", "state"):  # beside other work a moment is not long
        monkeypatch.setattr(f"explorer.engine.session.{module}.LOOK_SECONDS", 60.0)
    session, heard = start(recipe=LONG)
    session.train()
    heard.until(Evaluation, lambda found: found.run == session.run != PIXELS_RUN)
    heard.until(StepMetrics, after=heard.now())
    path = session.run_folder
    assert path is not None
    place = heard.now()
    leave(session)
    if leave is by_opening:
        heard.until(DatasetOpened, after=place)
    is_of_its_end(path)


class Slow:
    """A run whose last evaluation takes longer than anybody waits, or that the disk refuses."""

    def __init__(self, problem: str = "", *, ending: bool = False) -> None:
        self.problem, self.ending = problem, ending
        self.snapshot: Snapshot | None = None
        self.told: list[Command] = []

    def command(self, command: Command) -> None:
        self.told.append(command)

    def over(self, timeout: float) -> bool:
        return timeout < 0

    @staticmethod
    def settle(timeout: float) -> bool:
        raise AssertionError(timeout)


def test_a_run_that_takes_long_or_cannot_be_kept_is_not_waited_for() -> None:
    slow, full, stopped = Slow(), Slow("The disk is full"), Slow(ending=True)
    assert not look_once_more(slow, slow.settle, None, 0.0)
    assert slow.told == [Stop()]
    assert not look_once_more(full, full.settle, None, 0.0)
    assert not full.told
    assert not look_once_more(stopped, stopped.settle, None, 0.0)
    assert not stopped.told, "a second Stop would break the last evaluation off"
