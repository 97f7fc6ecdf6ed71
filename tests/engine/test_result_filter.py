from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import explorer.engine.run.alarms
import explorer.engine.session.miner_bench  # noqa: F401  both declare kinds of results
from explorer.core import result_kinds
from explorer.core.result_kinds import kind_of
from explorer.core.types import PIXELS_RUN, Evaluation, JobStatus, Neighbours, Progress, Projection, StepMetrics
from explorer.engine.events import Notice
from explorer.engine.lanes import Batch, Lanes
from explorer.engine.result_filter import ResultFilter


def frame(run: str = "r", step: int = 1) -> Projection:
    return Projection(run, step, np.zeros(0, np.int64), np.zeros((0, 2), np.float32), 0, "pca", True)


def neighbours(run: str = "r", step: int = 1) -> Neighbours:
    none = np.zeros((0, 0))
    return Neighbours(run, step, none.astype(np.int64), none.astype(np.int64), none.astype(np.float32))


def progress(run: str = "r", step: int = 1) -> Progress:
    return Progress(run, step, 10, 0, 1, 0.0, None, 0.0)


def metrics(run: str = "r", step: int = 1) -> StepMetrics:
    return StepMetrics(run, step, 0, 0.1, 0.5, 1.0, 1e-3, 100.0)


def evaluation(run: str = "r", step: int = 1) -> Evaluation:
    return Evaluation(run, step, "held-out", {}, 1, 1, False)


MAKERS = {"live": frame, "step": neighbours, "run": progress, "batched": metrics, "raw": evaluation}


def everything(batch: Batch) -> list[Any]:
    return [*batch.sent, *batch.appended, *batch.latest.values()]


def filter_of(dataset: int = 1, *runs: str) -> tuple[ResultFilter, Lanes]:
    lanes = Lanes(lambda: None)
    results = ResultFilter(lanes)
    results.show(dataset, *(runs or ("r",)))
    return results, lanes


def test_every_kind_but_those_of_the_session_says_of_which_run_and_step_it_is() -> None:
    kinds = result_kinds._KINDS
    assert len(kinds) > 25
    for type_, kind in kinds.items():
        names = {field.name for field in fields(type_)}
        wanted = {"session": set(), "run": {"run"}}.get(kind.scope, {"run", "step"})  # a gallery is of no step
        assert wanted <= names, type_.__name__
        assert not kind.by or kind.by in names


def test_a_type_that_was_never_declared_is_refused() -> None:
    with pytest.raises(TypeError, match="int is not declared"):
        kind_of(int)
    with pytest.raises(TypeError, match="str is not declared"):
        Lanes(lambda: None).post("text")


@given(
    st.sampled_from(sorted(MAKERS)), st.integers(1, 3), st.sampled_from(["a", "b", PIXELS_RUN]), st.integers(0, 3),
    st.sampled_from([-1, 0, 2]), st.booleans(),
)  # fmt: skip
def test_only_what_is_of_the_shown_data_runs_and_step_passes(
    kind: str, dataset: int, run: str, step: int, kept: int, both: bool
) -> None:
    results, lanes = filter_of(2, *(("a", "b") if both else ("a",)))
    results.show_step("a", kept)
    shown_run = run == "a" or (run == "b" and both)
    of_it = dataset == 2 and (shown_run or (kind == "raw" and run == PIXELS_RUN))
    held = run == "a" and kept >= 0 and (kind == "live" or (kind == "step" and step != kept))
    value = MAKERS[kind](run, step)
    assert results.shows(value, dataset) == of_it
    assert results.post(value, dataset) == (of_it and not held)
    assert everything(lanes.drain()) == ([value] if of_it and not held else [])


def test_two_runs_do_not_replace_each_other() -> None:
    results, lanes = filter_of(1, "a", "b")
    first, second, newer = frame("a"), frame("b"), frame("a", 2)
    for value in (first, second, newer):
        assert results.post(value, 1)
    assert everything(lanes.drain()) == [newer, second]


def test_what_was_not_delivered_is_forgotten_with_its_run_and_the_rest_is_not() -> None:
    results, lanes = filter_of(1, "a")
    job, notice = JobStatus(7, "Open", 0, 0, "running"), Notice("said")
    for value in (frame("a"), job, notice):
        results.post(value, 1)
    results.show(1, "b")
    assert everything(lanes.drain()) == [notice, job]
    results.post(frame("b"), 1)
    results.show(2, "b")
    assert not lanes.drain()


def test_a_kept_step_is_shown_beside_the_live_map_that_is_held_back() -> None:
    results, lanes = filter_of()
    results.post(frame(step=9), 1)
    results.post(neighbours(step=9), 1)
    results.show_step("r", 4)
    assert not lanes.drain(), "answers for the newest step that nobody has seen yet are old"
    assert not results.post(frame(step=4), 1)
    kept = frame(step=4)
    assert results.post(kept, 1, replayed=True)
    results.show_step("r", -1)
    assert not lanes.drain()
    assert results.post(frame(step=10), 1)


def test_jobs_are_told_apart() -> None:
    lanes = Lanes(lambda: None)
    for id in (1, 2, 1):
        lanes.post(JobStatus(id, "Open", id, 10, "running"))
    assert [status.id for status in lanes.drain().latest.values()] == [1, 2]
