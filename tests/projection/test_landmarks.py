import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray
from explorer.measure.lifts import lift
from explorer.projection.fidelity import fidelity
from explorer.projection.landmarks import landmark_rows
from explorer.projection.live_layout import LiveLayout
from tests.projection.test_live_layout import clouds, digits, run

E = lift("euclidean")


def sparse(landmarks: int = 500, above: int = 600, weight: float = 0.0) -> LiveLayout:
    return LiveLayout(landmarks_above=above, landmarks=landmarks, label_weight=weight)


@given(items=st.sets(st.integers(0, 10_000), min_size=40, max_size=120), seed=st.integers(0, 3), new=st.integers(0, 10))
def test_landmarks_stay_when_items_come_and_go(items: set[int], seed: int, new: int) -> None:
    before = np.array(sorted(items))
    chosen = before[landmark_rows(before, 20, seed)]
    assert len(set(chosen.tolist())) == 20
    shuffled = np.random.default_rng(seed).permutation(before)
    assert set(shuffled[landmark_rows(shuffled, 20, seed)].tolist()) == set(chosen.tolist())
    after = np.concatenate([before, 20_000 + np.arange(new)])
    stayed = np.isin(chosen, after[landmark_rows(after, 20, seed)])
    assert stayed.sum() >= 20 - new


def test_all_items_are_placed_as_truly_as_without_landmarks_but_a_little() -> None:
    x, _ = digits()
    ids = np.arange(len(x)) * 3
    trust = []
    for layout in (LiveLayout(), sparse(1200, 1300)):
        assert layout.place(ids, x, E).xy.shape == (len(x), 2)
        layout.swap(ids, x, E)
        run(layout)
        frame = layout.frame()
        np.testing.assert_array_equal(frame.indices, ids)
        found = fidelity(x, frame.xy, E, sample=1000)
        assert found is not None
        trust.append(found.trustworthiness)
    assert trust[1] > trust[0] - 0.02


def test_the_first_picture_is_the_same_and_every_frame_goes_on_from_the_last() -> None:
    x, ids = clouds(2000), np.arange(2000)
    layout = sparse()
    last = layout.place(ids, x, E).xy
    np.testing.assert_allclose(last, LiveLayout().place(ids, x, E).xy, atol=1e-4)
    layout.swap(ids, x, E)
    np.testing.assert_allclose(layout.frame().xy, last, atol=1e-3)
    steps = []
    for _ in range(40):
        layout.epoch()
        xy = layout.frame().xy
        steps.append(np.linalg.norm(xy - last, axis=1) / np.ptp(xy, axis=0).max())
        last = xy
    assert np.mean(steps) < 0.05
    assert np.mean(np.array(steps) > 0.3) < 0.001
    run(layout)
    rested = layout.frame().xy
    layout.swap(ids, x, E)
    run(layout)
    again = layout.frame().xy
    assert np.linalg.norm(again - rested, axis=1).mean() < 0.005 * np.ptp(rested, axis=0).max()


def nearest_cloud(xy: FloatArray, known: FloatArray) -> float:
    """Return the share of the points (M, 2) that lie nearest to the middle of their own cloud."""
    own = np.arange(len(xy)) % 5
    middles = np.stack([np.median(known[np.arange(len(known)) % 5 == c], axis=0) for c in range(5)])
    return float(np.mean(np.linalg.norm(xy[:, None] - middles[None], axis=-1).argmin(axis=1) == own))


def test_items_that_come_follow_their_landmarks_and_those_that_go_take_nothing_along() -> None:
    x, every = clouds(2000), np.arange(2000)
    old = every[:1500]
    layout = sparse()
    layout.place(old, x[old], E)
    layout.swap(old, x[old], E)
    run(layout)
    before = layout.frame().xy
    placed = layout.place(every, x, E).xy
    np.testing.assert_allclose(placed[:1500], before, atol=1e-3)
    layout.epoch()
    layout.swap(every, x, E)
    swapped = layout.frame().xy
    assert nearest_cloud(swapped, before) > 0.97
    fewer = every[200:1200]
    np.testing.assert_allclose(layout.place(fewer, x[fewer], E).xy, swapped[fewer], atol=1e-3)
    layout.epoch()  # by the old graph, as far as it is left
    layout.swap(fewer, x[fewer], E)
    run(layout)
    assert nearest_cloud(layout.frame().xy, layout.frame().xy) > 0.97
    few = every[:300]  # so few that all are laid out
    layout.place(few, x[few], E)
    layout.swap(few, x[few], E)
    run(layout)
    assert nearest_cloud(layout.frame().xy, layout.frame().xy) > 0.97


def test_held_items_stay_whether_they_are_landmarks_or_follow() -> None:
    x, ids = clouds(2000), np.arange(2000)
    layout = sparse()
    layout.place(ids, x, E)
    layout.swap(ids, x, E)
    for _ in range(10):
        layout.epoch()
        before = layout.frame().xy
    some = ids[::40]
    layout.hold(some)
    layout.swap(ids, clouds(2000, seed=1), E)
    for _ in range(10):
        layout.epoch()
        after = layout.frame().xy
        np.testing.assert_array_equal(after[some], before[some])
    assert np.linalg.norm(after - before, axis=1).mean() > 0.01 * np.ptp(before)


def test_labels_pull_those_that_follow_too() -> None:
    x = np.random.default_rng(0).normal(size=(1500, 4)).astype(np.float32)
    ids, labels = np.arange(1500), np.arange(1500) % 2
    layout = sparse(weight=0.9)
    layout.place(ids, x, E)
    layout.swap(ids, x, E, labels=labels)
    run(layout)
    xy = layout.frame().xy
    gaps = np.linalg.norm(xy[:, None] - xy[None], axis=-1) + np.eye(1500) * 1e9
    assert np.mean(labels[gaps.argmin(axis=1)] == labels) > 0.9


@settings(deadline=None, max_examples=15)
@given(kind=st.sampled_from(["normal", "collapsed", "nan", "huge"]), name=st.sampled_from(["euclidean", "cosine"]))
def test_coordinates_are_finite_whatever_comes(kind: str, name: str) -> None:
    x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    if kind == "collapsed":
        x[:] = 1
    elif kind == "nan":
        x[::3] = np.nan
    elif kind == "huge":
        x *= np.float32(1e37)
    layout = sparse(20, 30)
    ids = np.arange(60)
    layout.place(ids, x, lift(name))
    for _ in range(2):
        layout.swap(ids, x, lift(name))
        for _ in range(20):
            layout.epoch()
        assert np.isfinite(layout.frame().xy).all()


def test_a_cancelled_swap_changes_nothing() -> None:
    x, ids = clouds(1000), np.arange(1000)
    layout = sparse()
    calls = iter(range(10_000))
    with pytest.raises(Cancelled):
        layout.swap(ids, x, E, cancelled=lambda: next(calls) > 20)
    assert layout.done
    assert len(layout.frame().indices) == 0
