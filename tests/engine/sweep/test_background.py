"""A sweep in a process of its own, stopped after its first run and gone on with."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.engine.events import Notice
from explorer.engine.jobs import Control
from explorer.engine.saved_runs import run_paths
from explorer.engine.session.session import Session
from explorer.engine.sweep.background import BackgroundSweeps, SweepEnded, SweepsLeft
from explorer.engine.sweep.kept_plan import SweepPlan
from tests.helpers.blobs import blobs

PATIENCE = 120.0
BELL = threading.Event()
"""Set when something waits on the lanes of the session."""


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(BELL.set, live=False, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")
    yield made
    made.close()


class Hearing:
    """What the lanes of a session told and nobody took: they ring again only once they were emptied."""

    def __init__(self, session: Session) -> None:
        self._lanes, self._told = session.lanes, list[Any]()

    def until(self, found: Callable[[list[Any]], Any]) -> Any:
        """Return what ``found`` makes of all that was told, once that is something."""
        end = time.monotonic() + PATIENCE
        while True:
            BELL.clear()
            batch = self._lanes.drain()
            self._told += [*batch.sent, *batch.latest.values()]
            answer = found(self._told)
            if answer:
                return answer
            assert BELL.wait(end - time.monotonic())

    def next(self, kind: type[Any]) -> Any:
        """Return the next value of a type, and forget what came before it."""
        value = self.until(lambda told: next((one for one in told if isinstance(one, kind)), None))
        del self._told[: self._told.index(value) + 1]
        return value


@pytest.mark.full
def test_a_sweep_is_stopped_gone_on_with_and_says_what_it_found(session: Session, tmp_path: Path) -> None:
    x, labels = blobs(200, 4)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", labels)
    recipe = Recipe(device="cpu", precision="float32", epochs=1)
    sources = ((str(tmp_path / "x.npy"), "main"),)
    plan = SweepPlan(recipe=recipe, sources=sources, name="blobs", over=("loss.margin=0.1,0.2,0.3",))
    sweeps, hearing = BackgroundSweeps(session), Hearing(session)
    sweeps.start(plan)
    with pytest.raises(UserError, match="already"):
        sweeps.start(plan)
    hearing.until(lambda told: run_paths(tmp_path / "runs"))
    sweeps.stop()
    stopped: SweepEnded = hearing.next(SweepEnded)
    assert stopped.stopped
    assert stopped.runs < 3
    hearing.until(lambda told: not sweeps.training)
    sweeps.look()
    (left,) = hearing.next(SweepsLeft).sweeps
    assert (left.name, left.runs, left.done) == ("blobs", 3, stopped.runs)
    sweeps.go_on(left.folder)
    ended: SweepEnded = hearing.next(SweepEnded)
    assert (ended.runs, ended.failed, ended.stopped) == (3, 0, False)
    assert {dict(one.settings)["loss.margin"] for one in ended.found} == {"0.1", "0.2", "0.3"}
    assert ended.verdict.startswith("Each was trained with 1 seed: too few to say which is best")
    assert len(run_paths(tmp_path / "runs")) == 3
    hearing.until(lambda told: not sweeps.training)
    sweeps.look()
    assert hearing.next(SweepsLeft).sweeps == ()


def test_a_sweep_that_cannot_be_written_is_told_and_leaves_the_way_free(session: Session, tmp_path: Path) -> None:
    """Where a file stands in place of the folder of runs, as on a disk that cannot be written: root may write those."""
    (tmp_path / "runs").write_text("")
    sweeps, hearing = BackgroundSweeps(session), Hearing(session)
    sweeps.start(SweepPlan(recipe=Recipe(), sources=(), over=("loss.margin=0.1",)))
    notice: Notice = hearing.next(Notice)
    assert "Traceback" not in notice.text
    assert "cannot be written" in notice.text or "is gone" in notice.text
    hearing.until(lambda told: not sweeps.training)


def test_a_sweep_that_ends_at_once_leaves_the_way_free(tmp_path: Path) -> None:
    """Its job may have ended before its number is known: here it always has."""

    class AtOnce(Session):
        def start(self, title: str, work: Callable[[Control], None], *, quiet: bool = False, writes: str = "") -> int:
            over = threading.Event()

            def to_its_end(control: Control) -> None:
                try:
                    work(control)
                finally:
                    over.set()

            number = super().start(title, to_its_end, quiet=quiet, writes=writes)
            assert over.wait(PATIENCE)
            return number

    session = AtOnce(live=False, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")
    sweeps, hearing = BackgroundSweeps(session), Hearing(session)
    sweeps.start(SweepPlan(recipe=Recipe(), sources=(), over=("loss.margin=0.1:0.5",)))
    assert not sweeps.training
    assert hearing.next(Notice).text.startswith("loss.margin is a range without a count")
    session.close()
