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


def heard(session: Session, kind: type[Any], until: float = PATIENCE) -> Any:
    """Return the next value of a type."""
    end = time.monotonic() + until
    while time.monotonic() < end:
        BELL.clear()
        batch = session.lanes.drain()
        for value in (*batch.sent, *batch.latest.values()):
            if isinstance(value, kind):
                return value
        BELL.wait(end - time.monotonic())
    raise AssertionError(f"no {kind.__name__} came")


def test_a_sweep_is_stopped_gone_on_with_and_says_what_it_found(session: Session, tmp_path: Path) -> None:
    x, labels = blobs(200, 4)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", labels)
    recipe = Recipe(device="cpu", precision="float32", epochs=1)
    sources = ((str(tmp_path / "x.npy"), "main"),)
    plan = SweepPlan(recipe=recipe, sources=sources, name="blobs", over=("loss.margin=0.1,0.2,0.3",))
    sweeps = BackgroundSweeps(session)
    sweeps.start(plan)
    with pytest.raises(UserError, match="already"):
        sweeps.start(plan)
    end = time.monotonic() + PATIENCE
    while not run_paths(tmp_path / "runs") and time.monotonic() < end:
        time.sleep(0.005)
    sweeps.stop()
    stopped: SweepEnded = heard(session, SweepEnded)
    assert stopped.stopped
    assert stopped.runs < 3
    while sweeps.training:
        time.sleep(0.005)
    sweeps.look()
    (left,) = heard(session, SweepsLeft).sweeps
    assert (left.name, left.runs, left.done) == ("blobs", 3, stopped.runs)
    sweeps.go_on(left.folder)
    ended: SweepEnded = heard(session, SweepEnded)
    assert (ended.runs, ended.failed, ended.stopped) == (3, 0, False)
    assert {dict(one.settings)["loss.margin"] for one in ended.found} == {"0.1", "0.2", "0.3"}
    assert ended.verdict.startswith("Each was trained with 1 seed: too few to say which is best")
    assert len(run_paths(tmp_path / "runs")) == 3
    while sweeps.training:
        time.sleep(0.005)
    sweeps.look()
    assert heard(session, SweepsLeft).sweeps == ()


def test_a_sweep_that_cannot_be_written_is_told_and_leaves_the_way_free(session: Session, tmp_path: Path) -> None:
    """Where a file stands in place of the folder of runs, as on a disk that cannot be written: root may write those."""
    (tmp_path / "runs").write_text("")
    sweeps = BackgroundSweeps(session)
    sweeps.start(SweepPlan(recipe=Recipe(), sources=(), over=("loss.margin=0.1",)))
    notice: Notice = heard(session, Notice)
    assert "Traceback" not in notice.text
    assert "cannot be written" in notice.text or "is gone" in notice.text
    while sweeps.training:
        time.sleep(0.005)


def test_a_sweep_that_ends_at_once_leaves_the_way_free(tmp_path: Path) -> None:
    """Its job may have ended before its number is known: here it always has."""

    class AtOnce(Session):
        def start(self, title: str, work: Callable[[Control], None], *, quiet: bool = False) -> int:
            number = super().start(title, work, quiet=quiet)
            while self._jobs.running():
                time.sleep(0.001)
            return number

    session = AtOnce(live=False, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")
    sweeps = BackgroundSweeps(session)
    sweeps.start(SweepPlan(recipe=Recipe(), sources=(), over=("loss.margin=0.1:0.5",)))
    assert not sweeps.training
    assert heard(session, Notice).text.startswith("loss.margin is a range without a count")
    session.close()
