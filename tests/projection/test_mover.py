"""Epochs in halves: the same map with one thread and with two, and edges drawn as often as their chance says."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from explorer.core.types import FloatArray
from explorer.measure.lifts import lift
from explorer.projection.curve import fit_curve
from explorer.projection.fidelity import fidelity
from explorer.projection.graph import FuzzySet
from explorer.projection.live_layout import LiveLayout
from explorer.projection.motion import BOUND, Chances, Tethers, force_table, untethered
from explorer.projection.mover import Mover
from tests.projection.test_live_layout import clouds, run

E = lift("euclidean")


@pytest.fixture
def halved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.projection.mover._HALVED_FROM", 100)


def settled(threads: int) -> LiveLayout:
    x, ids = clouds(600), np.arange(600)
    layout = LiveLayout(threads=threads)
    layout.place(ids, x, E)
    layout.swap(ids, x, E)
    run(layout)
    return layout


@pytest.mark.usefixtures("halved")
def test_two_threads_lay_out_the_same_map_as_one() -> None:
    one, two = (settled(threads).frame().xy for threads in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_halves_are_as_true_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    trusts = []
    for least in (100, 1000):
        monkeypatch.setattr("explorer.projection.mover._HALVED_FROM", least)
        found = fidelity(clouds(600), settled(1).frame().xy, E, sample=600)
        assert found is not None
        trusts.append(found.trustworthiness)
    assert trusts[0] == pytest.approx(trusts[1], abs=0.02)


def pairs(points: int, chance: float) -> tuple[FuzzySet, Chances]:
    """Return a graph of pairs that lie side by side, of which only the first names the second."""
    starts = np.minimum(np.arange(points + 1) + 1, points) // 2
    tails = np.arange(1, points, 2, dtype=np.int32)
    graph = FuzzySet(starts.astype(np.int64), tails, np.ones(len(tails), np.float32))
    return graph, np.full(len(tails), chance * 2**32, np.uint32)


def moved(xy: FloatArray, graph: FuzzySet, chance: Chances, tethers: Tethers | None = None) -> list[FloatArray]:
    """Return where points are after each of a hundred epochs without repulsion."""
    mover, pace, found = Mover(force_table(*fit_curve()), 0, 0), np.full(len(xy), 0.001, np.float32), []
    for _ in range(100):
        mover.move(xy, graph, chance, pace, tethers or untethered(xy), threads=1)
        found.append(xy.copy())
    return found


def test_an_edge_is_drawn_as_often_as_its_chance_says_and_evenly() -> None:
    xy = np.stack([np.arange(100) * 3.0, np.zeros(100)], axis=1).astype(np.float32)
    graph, chance = pairs(100, 0.2)
    steps = np.diff([xy.copy(), *moved(xy, graph, chance)], axis=0)[:, ::2, 0] != 0
    np.testing.assert_allclose(steps.sum(axis=0), 20, atol=1)
    fifths = steps.reshape(10, 10, -1).sum(axis=1)
    assert fifths.min() >= 1
    assert fifths.max() <= 3
    assert 0.1 < steps[0].mean() < 0.3, "not all begin at once"


def test_a_point_is_not_pushed_from_where_it_was_a_moment_ago() -> None:
    graph, chance = pairs(2, 0.999)
    ends = []
    for negatives in (0, 20):
        xy = np.array([[0, 0], [3, 0]], np.float32)
        mover, pace = Mover(force_table(*fit_curve()), negatives, 0), np.array([0.01, 0], np.float32)
        for _ in range(3):
            mover.move(xy, graph, chance, pace, untethered(xy), threads=1)
        ends.append(float(xy[0, 0]))
    assert ends[1] < ends[0]


def test_a_map_of_few_items_comes_near_the_truth_while_it_is_hot() -> None:
    x = (load_digits().data / 16).astype(np.float32)
    trusts = []
    for seed in range(4):
        some, ids = x[np.random.default_rng(seed).permutation(len(x))[:150]], np.arange(150)
        layout = LiveLayout(seed=seed)
        layout.place(ids, some, E)
        layout.swap(ids, some, E)
        for _ in range(200):
            layout.epoch()
        trusts.append(trustworthiness(some, layout.frame().xy, n_neighbors=10))
    assert np.mean(trusts) > 0.92  # 0.90 where a point is pushed for all of its edges at once


def test_a_tether_holds_beyond_its_slack_only() -> None:
    xy = np.stack([np.arange(100) * 3.0, np.zeros(100)], axis=1).astype(np.float32)
    graph, chance = pairs(100, 0.0)
    away = xy + np.float32(1)
    grip = np.full(100, 200, np.float32)
    grip[:50] = 0
    moved(away, graph, chance, Tethers(xy, grip, np.float32(0.5)))
    gaps = np.linalg.norm(away - xy, axis=1)
    np.testing.assert_allclose(gaps[:50], np.sqrt(2), atol=1e-5)
    np.testing.assert_allclose(gaps[50:], 0.5, atol=1e-3)


@pytest.mark.usefixtures("halved")
def test_halves_stay_in_bounds_and_hold_what_is_held() -> None:
    x, ids = clouds(600), np.arange(600)
    layout = LiveLayout(threads=2)
    layout.remember(ids, np.full((600, 2), BOUND, np.float32))
    layout.place(ids, x, E)
    layout.hold(ids[::7])
    layout.swap(ids, x, E)
    before = layout.frame().xy
    run(layout)
    after = layout.frame().xy
    assert np.abs(after - before)[::7].max() < 1e-3
    assert np.isfinite(after).all()
