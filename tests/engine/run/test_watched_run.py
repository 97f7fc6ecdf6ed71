"""A run that a script of its own trains, as a session shows it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import explorer
from explorer.core.errors import UserError
from explorer.core.types import DatasetCensus, Neighbours, Projection, Snapshot, StepMetrics
from explorer.engine.events import Notice, RunOpened
from tests.engine.conftest import Desk
from tests.helpers.own_loop import Net, digit_sets, train_own


def test_a_watched_run_is_shown_with_map_census_and_neighbours(tmp_path: Path, start: Callable[..., Desk]) -> None:
    model, data = Net(), digit_sets()
    with explorer.watch(tmp_path / "run", model, data[0], test=data[1]) as watch:
        train_own(model, data[0], watch)
    shutil.move(tmp_path / "run", tmp_path / "moved")
    session, heard = start(spec="")
    session.open_run(tmp_path / "moved")
    opened = heard.until(RunOpened)
    assert (opened.script, opened.cut_off, len(opened.metrics)) == ("Net", None, 30)
    assert heard.until(Snapshot, lambda shot: shot.step == 30).exact
    heard.until(Projection, lambda frame: frame.step == 30)
    heard.until(DatasetCensus, lambda found: found.step == 30)
    session.analysis.pin((0,), 5)
    assert heard.until(Neighbours).indices.shape[0] == 1
    assert "trained this run" in session.read_only
    with pytest.raises(UserError, match="trained this run"):
        session.train(resume=True)
    session.train()
    heard.until(Snapshot, lambda shot: shot.run != opened.run)


def test_a_run_of_a_script_is_followed_while_it_trains(tmp_path: Path, start: Callable[..., Desk]) -> None:
    model, data = Net(), digit_sets()
    session, heard = start(spec="")
    with explorer.watch(tmp_path / "run", model, data[0], every=0.0) as watch:
        session.open_run(tmp_path / "run")
        opened = heard.until(RunOpened)
        train_own(model, data[0], watch)
        newer = heard.until(StepMetrics, lambda metrics: metrics.step > len(opened.metrics))
        assert newer.run == opened.run
        assert "open for writing" in session.read_only
    heard.until(Snapshot, lambda shot: shot.step == 30)
    heard.until(Notice, lambda notice: "not written elsewhere any more" in notice.text)
    assert "trained this run" in session.read_only
