from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explorer.core.errors import Cancelled, UserError
from explorer.core.events import RunFinished
from explorer.core.recipe import Recipe
from explorer.core.types import PIXELS_RUN, JobStatus, Snapshot, Split
from explorer.engine.datasets.loading import Opened
from explorer.engine.events import Notice
from explorer.engine.session.miner_bench import MinerBench, MinerFigures, compare_miners
from tests.engine.conftest import SHORT, SMALL, Desk
from tests.helpers.blobs import blobs, dataset_of

RECIPE = Recipe().with_settings(["sampler.classes=4", "sampler.images=4", "miner=semi_hard"])


class Progress:
    """What a job is to its work: it may be cancelled."""

    def __init__(self, cancelled: bool = False) -> None:
        self.stages: list[str] = []
        self._cancelled = cancelled

    def progress(self, stage: str, done: int, total: int) -> None:
        self.stages.append(stage)

    def cancelled(self) -> bool:
        return self._cancelled


def opened(items: int = 200) -> Opened:
    dataset = dataset_of(blobs(items, 5)[1])
    return Opened(dataset, Split("items", np.arange(0, items, 2), np.arange(1, items, 2), False), "", ())


def snapshot_of(there: Opened, **values: Any) -> Snapshot:
    xy = blobs(len(there.dataset), 5)[0]
    unit = (xy / np.linalg.norm(xy, axis=1, keepdims=True)).astype(np.float32)
    return replace(Snapshot("r1", 30, np.arange(len(xy)), unit, False, "euclidean"), **values)


def by_name(bench: MinerBench) -> dict[str, MinerFigures]:
    return {found.name: found for found in bench.miners}


def test_figures_of_raw_pixels() -> None:
    there, told = opened(), Progress()
    bench = compare_miners(there, RECIPE, None, told)
    assert (bench.run, bench.step, bench.exact, bench.miner) == (PIXELS_RUN, 0, True, "semi_hard")
    assert (bench.items, bench.classes, bench.margin) == (16, 4, 0.2)
    assert bench.triplets == 16 * 3 * 12
    found = by_name(bench)
    assert found["all"].share == 1.0
    assert found["all"].triplets == bench.triplets
    assert found["hard"].triplets == 16
    assert found["hard_memory"].remembered == found["hard_memory"].triplets > 0
    assert found["easy"].violating in (0.0, None)
    for figures in bench.miners:
        if figures.triplets:
            assert figures.hardness == pytest.approx(figures.near - figures.far + 0.2)  # type: ignore[operator]
            hardness = [example.near - example.far for example in figures.examples]
            assert hardness == sorted(hardness, reverse=True)
    assert {"Hard", "Semi-hard"} <= set(told.stages)


def test_examples_are_training_items_of_the_dataset() -> None:
    there = opened()
    labels = there.dataset.labels
    for figures in compare_miners(there, RECIPE, snapshot_of(there), Progress()).miners:
        for example in figures.examples:
            assert {example.anchor % 2, example.positive % 2, example.negative % 2} == {0}
            assert labels[example.anchor] == labels[example.positive] != labels[example.negative]


def test_overlap_is_that_of_the_sets() -> None:
    there = opened()
    bench = compare_miners(there, RECIPE.with_settings(["miner=hard", "miner.positives=all"]), None, Progress())
    names = [figures.name for figures in bench.miners]
    at = {name: place for place, name in enumerate(names)}
    assert np.array_equal(bench.overlap, bench.overlap.T)
    assert bench.overlap.shape == (len(names), len(names))
    some = [figures.triplets > 0 for figures in bench.miners]
    assert np.diag(bench.overlap).tolist() == [float(kept) for kept in some]
    for name, figures in by_name(bench).items():  # whatever is in the batch is in all of it
        inside = figures.triplets - figures.remembered
        assert bench.overlap[at["all"], at[name]] == pytest.approx(inside / (bench.triplets + figures.remembered))


def test_the_snapshot_is_what_is_compared() -> None:
    there = opened()
    some = snapshot_of(there, indices=np.arange(199, 39, -1), embeddings=snapshot_of(there).embeddings[199:39:-1])
    bench = compare_miners(there, RECIPE, some, Progress())
    assert (bench.run, bench.step, bench.exact) == ("r1", 30, False)
    embeddings = snapshot_of(there).embeddings
    for example in by_name(bench)["random"].examples:
        assert min(example.anchor, example.positive, example.negative) >= 40
        assert example.near == pytest.approx(
            float(np.linalg.norm(embeddings[example.anchor] - embeddings[example.positive])), abs=1e-4
        )


def test_it_comes_again_exactly() -> None:
    there = opened()
    first, second = (compare_miners(there, RECIPE, snapshot_of(there), Progress()) for _ in range(2))
    assert first.miners == second.miners
    np.testing.assert_array_equal(first.overlap, second.overlap)


def test_it_says_why_there_is_nothing_to_compare() -> None:
    there = opened()
    with pytest.raises(UserError, match="no classes to hold out"):
        compare_miners(replace(there, split=None, problem="no classes to hold out"), RECIPE, None, Progress())
    nothing = snapshot_of(there, indices=np.arange(1, 200, 2), embeddings=snapshot_of(there).embeddings[1::2])
    with pytest.raises(UserError, match="No training item has an embedding yet"):
        compare_miners(there, RECIPE, nothing, Progress())
    with pytest.raises(Cancelled):
        compare_miners(there, RECIPE, None, Progress(cancelled=True))


def test_a_session_compares_pixels_and_then_the_run(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SHORT)
    job = session.bench_miners()
    assert heard.until(MinerBench).run == PIXELS_RUN
    heard.until(JobStatus, lambda status: status.id == job and status.state == "finished")
    session.train()
    heard.until(RunFinished)
    place = heard.now()
    session.bench_miners()
    bench = heard.until(MinerBench, after=place)
    assert bench.run == session.run != PIXELS_RUN
    assert bench.step > 0


def test_a_session_without_data_says_so(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SMALL, spec="")
    session.bench_miners()
    assert "There are no data" in heard.until(Notice).text
