from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.core.events import RunStarted
from explorer.core.recipe import Recipe
from explorer.core.types import PIXELS_RUN, Evaluation, StepMetrics, TripletCensus
from explorer.engine.events import DatasetOpened, RunGoesOn, RunOpened
from explorer.ui.session.bridge import Bridge
from explorer.ui.session.run_history import RunHistory


def metrics(step: int, violated: int = 0) -> StepMetrics:
    return StepMetrics("r", step, 0, step / 10, 0.5, 1.0, 0.1, 100.0, TripletCensus(0.2, 10 - violated, violated, 0))


def evaluation(step: int, run: str = "r", part: str = "held-out") -> Evaluation:
    return Evaluation(run, step, part, {"recall@1": step / 100}, 9, 3, unseen=False)  # type: ignore[arg-type]


@pytest.fixture
def bridge(qtbot: QtBot) -> Bridge:
    return Bridge()


@pytest.fixture
def history(bridge: Bridge) -> RunHistory:
    return RunHistory(bridge, bridge)


def test_figures_are_those_at_or_before_a_step(bridge: Bridge, history: RunHistory) -> None:
    assert (history.newest, history.loss(5), history.violated(5), history.evaluation(5)) == (0, None, None, None)
    bridge.metrics.emit([metrics(step, violated=step % 5) for step in (10, 11, 12, 20)])
    for found in (evaluation(10), evaluation(20), evaluation(15, part="train"), evaluation(15, run=PIXELS_RUN)):
        bridge.of(Evaluation).emit(found)
    bridge.of(Evaluation).emit(replace(evaluation(20), protocol="another", metrics={}))
    assert history.newest == 20
    assert history.loss(9) is None
    assert (history.loss(11), history.loss(15), history.loss(999)) == (1.1, 1.2, 2.0)
    assert history.violated(12) == pytest.approx(0.2)
    assert history.evaluation(9) is None
    assert (history.evaluation(19), history.evaluation(20)) == (evaluation(10), evaluation(20))


def test_violations_are_those_of_the_last_batches(bridge: Bridge, history: RunHistory) -> None:
    bridge.metrics.emit([metrics(step, violated=9 if step <= 5 else 1) for step in range(1, 26)])
    assert history.violated(4) == pytest.approx(0.9)
    assert history.violated(1000) == pytest.approx(0.1)


def test_going_back_forgets_what_came_after_and_a_new_run_all(bridge: Bridge, history: RunHistory) -> None:
    bridge.metrics.emit([metrics(step) for step in range(1, 31)])
    for step in (10, 20, 30):
        bridge.of(Evaluation).emit(evaluation(step))
    bridge.run_event.emit(RunStarted("r", 20, 40, 4, "cpu", 1, 1))
    bridge.metrics.emit([metrics(21)])
    assert (history.newest, history.evaluation(99)) == (21, evaluation(20))
    bridge.run_event.emit(RunStarted("s", 0, 40, 4, "cpu", 1, 1))
    assert (history.newest, history.evaluation(99)) == (0, None)


def test_a_run_that_goes_on_has_its_own_past_alone(bridge: Bridge, history: RunHistory) -> None:
    bridge.metrics.emit([metrics(step) for step in range(1, 31)])
    for step in (10, 20, 30):
        bridge.of(Evaluation).emit(evaluation(step))
    bridge.of(RunGoesOn).emit(RunGoesOn("s", 15, [metrics(step) for step in range(1, 16)], [evaluation(10, "s")]))
    bridge.run_event.emit(RunStarted("s", 15, 40, 4, "cpu", 1, 1))
    assert (history.newest, history.evaluation(99)) == (15, evaluation(10, "s"))


def test_an_opened_run_brings_its_history(bridge: Bridge, history: RunHistory, tmp_path: Path) -> None:
    bridge.metrics.emit([metrics(500)])
    bridge.of(RunOpened).emit(RunOpened("r", tmp_path, Recipe(), [metrics(1), metrics(2)], [evaluation(2)], saved=2))
    assert (history.newest, history.loss(2), history.evaluation(7)) == (2, 0.2, evaluation(2))
    bridge.of(RunOpened).emit(RunOpened("r", tmp_path, Recipe(), [metrics(1), metrics(2)], saved=1))
    assert (history.newest, history.loss(2)) == (1, 0.2)
    bridge.of(DatasetOpened).emit(None)
    assert history.newest == 0
