"""How steady the map is: what has not changed does not move, and what has moves alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.types import FloatArray, IntArray
from explorer.measure.knn_graph import knn_graph
from explorer.measure.lifts import lift
from explorer.projection.change import Neighbourhood, change
from explorer.projection.live_layout import LiveLayout
from tests.projection.test_live_layout import clouds, run

E = lift("euclidean")


def width(xy: FloatArray) -> float:
    return float(np.ptp(xy, axis=0).max())


def rested(x: FloatArray, **parameters: int) -> LiveLayout:
    layout = LiveLayout(**parameters)
    ids = np.arange(len(x))
    layout.place(ids, x, E)
    layout.swap(ids, x, E)
    run(layout)
    return layout


@pytest.mark.parametrize("parameters", [{}, {"landmarks": 400, "landmarks_above": 500}])
def test_a_calm_map_soon_moves_less_than_half_a_percent_from_frame_to_frame(parameters: dict[str, int]) -> None:
    x, ids = clouds(1000), np.arange(1000)
    layout = LiveLayout(**parameters)
    layout.place(ids, x, E)
    layout.swap(ids, x, E)
    while not layout.calm:
        layout.epoch()
    last, steps = layout.frame().xy, []
    while not layout.done:
        layout.epoch()
        xy = layout.frame().xy
        steps.append(np.linalg.norm(xy - last, axis=1).mean() / width(xy))
        last = xy
    assert max(steps) < 0.015
    assert max(steps[len(steps) * 2 // 3 :]) < 0.005


@pytest.mark.parametrize("parameters", [{}, {"landmarks": 400, "landmarks_above": 500}])
@pytest.mark.parametrize("noise", [0.0, 0.02, 0.1])
def test_a_small_change_makes_nobody_jump_whose_neighbours_stayed(noise: float, parameters: dict[str, int]) -> None:
    x, ids = clouds(1000), np.arange(1000)
    layout = rested(x, **parameters)
    before = layout.frame().xy
    moved = x + np.random.default_rng(1).normal(scale=noise, size=x.shape).astype(np.float32)
    old, new = (knn_graph(each, 14, E)[0] for each in (x, moved))
    layout.swap(ids, moved, E)
    run(layout)
    after = layout.frame().xy
    jumped = np.linalg.norm(after - before, axis=1) > 0.1 * width(before)
    stayed = (old[:, :, None] == new[:, None, :]).any(axis=2).mean(axis=1) >= 0.5
    assert np.mean(jumped & stayed) < 0.01


@pytest.mark.parametrize("parameters", [{}, {"landmarks": 400, "landmarks_above": 500}])
def test_items_that_go_over_to_another_cloud_do_so_alone(parameters: dict[str, int]) -> None:
    x, ids = clouds(1000), np.arange(1000)
    layout = rested(x, **parameters)
    before = layout.frame().xy
    moved = x.copy()
    over = ids[::50]  # of the first cloud
    moved[over] = x[over + 1]  # to where one of the second is
    layout.swap(ids, moved, E)
    run(layout)
    after = layout.frame().xy
    second = after[ids % 5 == 1]
    nearest = np.linalg.norm(after[over][:, None] - second[None], axis=-1).min(axis=1)
    assert np.mean(nearest < 0.05 * width(after)) >= 0.9  # one may be stuck behind a third cloud
    others = np.setdiff1d(ids, over)
    assert np.mean(np.linalg.norm(after - before, axis=1)[others] > 0.1 * width(before)) < 0.01


def near_of(items: IntArray, seed: int) -> Neighbourhood:
    generator = np.random.default_rng(seed)
    return Neighbourhood(items, np.stack([generator.permutation(len(items))[:3] for _ in items]), None)


@settings(deadline=None)
@given(items=st.lists(st.integers(0, 50), min_size=4, max_size=20, unique=True), seed=st.integers(0, 9))
def test_change_is_a_share_and_knows_items_by_their_number(items: list[int], seed: int) -> None:
    old = near_of(np.array(items), seed)
    shuffled = np.random.default_rng(seed).permutation(len(items))
    same = change(Neighbourhood(old.items[shuffled], np.argsort(shuffled)[old.near[shuffled]], None), old)
    assert same is not None
    assert same.whole == 0
    new = near_of(old.items, seed + 1)
    found = change(new, old)
    shared = [len(set(a) & set(b)) / 3 for a, b in zip(new.near.tolist(), old.near.tolist(), strict=True)]
    assert found is not None
    np.testing.assert_allclose(found.each, 1 - np.array(shared), atol=1e-6)
    assert found.whole == pytest.approx(1 - np.mean(shared))
    before = Neighbourhood(old.items[:2], np.full((2, 3), -1), None)
    grown = change(old, before)
    assert grown is not None
    assert grown.each.tolist() == [1, 1] + [0] * (len(items) - 2)  # of those that came nothing is new
    assert change(Neighbourhood(old.items + 100, old.near, None), old) is None


def test_labels_that_change_are_a_change_while_they_pull() -> None:
    plain = near_of(np.arange(10), 0)
    labels = np.arange(10) % 2
    pulled = plain._replace(labels=labels)
    mended = plain._replace(labels=np.where(np.arange(10) < 3, 5, labels))
    for now, last, share in ((plain, plain, 0), (pulled, plain, 1), (plain, pulled, 1), (mended, pulled, 0.3)):
        found = change(now, last)
        assert found is not None
        assert found.whole == pytest.approx(share)
