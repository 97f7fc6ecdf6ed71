import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.cells import exact_neighbours
from explorer.measure.lifts import lift
from explorer.projection.fidelity import fidelity
from explorer.projection.live_layout import LiveLayout
from explorer.projection.motion import BOUND

E = lift("euclidean")


def digits() -> tuple[FloatArray, IntArray]:
    x, y = load_digits(return_X_y=True)
    return (x / 16).astype(np.float32), y.astype(np.int64)


def clouds(rows: int, seed: int = 0) -> FloatArray:
    generator = np.random.default_rng(seed)
    return (np.eye(5, 8)[np.arange(rows) % 5] * 4 + generator.normal(size=(rows, 8)) * 0.5).astype(np.float32)


def run(layout: LiveLayout) -> int:
    epochs = 0
    while not layout.done:
        layout.epoch()
        epochs += 1
    return epochs


@pytest.fixture(scope="module")
def settled() -> tuple[LiveLayout, FloatArray]:
    x, _ = digits()
    layout = LiveLayout()
    layout.place(np.arange(len(x)), x, E)
    layout.swap(np.arange(len(x)), x, E)
    assert run(layout) == pytest.approx(287, abs=1)
    return layout, x


def test_a_settled_map_is_as_true_as_umap_learns(settled: tuple[LiveLayout, FloatArray]) -> None:
    layout, x = settled
    ours = fidelity(x, layout.frame().xy, E, sample=len(x))
    assert ours is not None
    assert ours.trustworthiness > 0.982  # umap-learn 0.5.12 with its defaults: 0.986 to 0.988
    assert ours.preserved > 0.5


def test_an_unchanged_snapshot_leaves_the_map_at_rest(settled: tuple[LiveLayout, FloatArray]) -> None:
    layout, x = settled
    before = layout.frame()
    layout.swap(np.arange(len(x)), x, E)
    assert layout.heat < 0.005
    run(layout)
    after = layout.frame()
    width = np.ptp(before.xy, axis=0).max()
    assert np.linalg.norm(after.xy - before.xy, axis=1).mean() < 0.005 * width


def test_heat_is_proportionate_to_the_change() -> None:
    x, ids = clouds(400), np.arange(400)
    generator = np.random.default_rng(1)
    heats = []
    for noise in (0.0, 0.05, 0.5):
        layout = LiveLayout()
        layout.swap(ids, x, E)
        assert layout.heat == 0.5
        run(layout)
        layout.swap(ids, x + generator.normal(scale=noise, size=x.shape).astype(np.float32), E)
        heats.append(layout.heat)
    assert heats[0] <= 0.01 < heats[1] < heats[2] <= 0.25


def test_the_first_picture_is_pca_and_motion_is_continuous() -> None:
    x, ids = clouds(300), np.arange(300)
    layout = LiveLayout()
    first = layout.place(ids, x, E)
    assert (first.method, first.epoch, layout.done) == ("pca", 0, True)
    layout.swap(ids, x, E)
    assert np.allclose(layout.frame().xy, first.xy, atol=1e-4)
    last = first
    for _ in range(5):
        layout.epoch()
        frame = layout.frame()
        assert frame.method == "umap"
        assert np.linalg.norm(frame.xy - last.xy, axis=1).mean() < 4
        last = frame
    assert last.epoch == 5
    assert not last.xy.flags.writeable


def test_frames_do_not_turn_when_the_embedding_does() -> None:
    x, ids = clouds(300), np.arange(300)
    layout = LiveLayout()
    first = layout.place(ids, x, E)
    again = layout.place(ids, -x[:, ::-1], E)
    np.testing.assert_allclose(again.xy, first.xy, atol=1e-4)


def test_new_items_start_at_the_mean_of_their_neighbours_and_known_ones_stay() -> None:
    x, old = clouds(300), np.arange(0, 300, 2)
    layout = LiveLayout()
    layout.place(old, x[old], E)
    layout.swap(old, x[old], E)
    run(layout)
    before = layout.frame().xy
    every = np.arange(300)
    placed = layout.place(every, x, E).xy
    np.testing.assert_allclose(placed[old], before, atol=1e-3)
    layout.swap(every, x, E)
    swapped = layout.frame().xy
    np.testing.assert_allclose(swapped[old], before, atol=0.05 * float(np.ptp(before)))
    for item in range(1, 300, 2):
        same = before[(old % 5) == item % 5]
        assert np.linalg.norm(same - swapped[item], axis=1).min() < 0.1 * np.ptp(before)
    run(layout)
    fewer = np.arange(100, 200)
    np.testing.assert_allclose(layout.place(fewer, x[fewer], E).xy, layout.frame().xy, atol=1e-3)
    layout.epoch()
    assert np.isfinite(layout.frame().xy).all()


def test_the_same_calls_give_the_same_map() -> None:
    x, ids = clouds(200), np.arange(200)
    maps = []
    for _ in range(2):
        layout = LiveLayout(seed=3)
        layout.place(ids, x, E)
        layout.swap(ids, x, E)
        for _ in range(20):
            layout.epoch()
        maps.append(layout.frame().xy)
    np.testing.assert_array_equal(maps[0], maps[1])


@settings(deadline=None, max_examples=40)
@given(
    rows=st.integers(0, 40),
    kind=st.sampled_from(["normal", "collapsed", "pairs", "nan", "huge", "zero", "far"]),
    name=st.sampled_from(["euclidean", "squared_euclidean", "cosine"]),
)
def test_coordinates_are_always_finite_and_bounded(rows: int, kind: str, name: str) -> None:
    x = np.random.default_rng(rows).normal(size=(rows, 3)).astype(np.float32)
    if kind == "collapsed":
        x[:] = 1
    elif kind == "pairs":
        x = np.repeat(x[: (rows + 1) // 2], 2, axis=0)[:rows]
    elif kind == "nan":
        x[::3] = np.nan
    elif kind == "huge":
        x *= np.float32(1e37)
    elif kind == "zero":
        x[:] = 0
    elif kind == "far":
        x[: rows // 2] += 1e6
    ids = np.arange(rows) * 7
    layout = LiveLayout(neighbours=6)
    assert np.isfinite(layout.place(ids, x, lift(name)).xy).all()
    for _ in range(2):
        layout.swap(ids, x, lift(name))
        for _ in range(30):
            layout.epoch()
        frame = layout.frame()
        assert frame.xy.shape == (rows, 2)
        assert np.isfinite(frame.xy).all()
        assert np.abs(frame.xy).max(initial=0) <= 3 * BOUND


def test_freeze_keeps_the_points_and_settle_lets_them_go() -> None:
    x, ids = clouds(100), np.arange(100)
    layout = LiveLayout()
    layout.swap(ids, x, E)
    layout.freeze()
    assert layout.done
    before = layout.frame().xy
    layout.epoch()
    np.testing.assert_allclose(layout.frame().xy, before, atol=1e-5)
    layout.settle()
    assert (layout.done, layout.heat) == (False, 0.5)
    layout.epoch()
    assert not np.allclose(layout.frame().xy, before, atol=1e-3)


def test_held_points_stay_where_they_are_shown_while_the_others_move() -> None:
    x, ids = clouds(300), np.arange(300)
    layout = LiveLayout()
    layout.place(ids, x, E)
    layout.swap(ids, x, E)
    for _ in range(20):
        layout.epoch()
        before = layout.frame().xy
    some = ids[::30]
    layout.hold(np.append(some, 1_000_000))  # one of them is not on the map
    layout.swap(ids, clouds(300, seed=1), E)
    for _ in range(20):
        layout.epoch()
        after = layout.frame().xy
        np.testing.assert_array_equal(after[some], before[some])
    assert np.linalg.norm(after - before, axis=1).mean() > 0.01 * np.ptp(before)
    fewer = np.arange(30, 200)
    shown = layout.place(fewer, x[fewer], E)
    np.testing.assert_array_equal(shown.xy[::30], before[30:200:30])
    layout.hold(ids[:0])
    layout.epoch()
    assert np.all(np.linalg.norm(layout.frame().xy[::30] - before[30:200:30], axis=1) > 0)


def test_labels_pull_and_a_change_of_them_reheats() -> None:
    x = np.random.default_rng(0).normal(size=(400, 4)).astype(np.float32)  # one cloud, whose classes mean nothing
    ids, labels = np.arange(400), np.arange(400) % 2
    parted = []
    for weight in (0.0, 0.9):
        layout = LiveLayout(label_weight=weight)
        layout.place(ids, x, E)
        layout.swap(ids, x, E, labels=labels)
        run(layout)
        xy = layout.frame().xy
        named = labels[exact_neighbours(xy, ids, 5, True)]
        parted.append(float(np.mean(named == labels[:, None])))
        layout.swap(ids, x, E, labels=labels)
        assert layout.heat == 0
        layout.swap(ids, x, E, labels=np.where(ids < 40, 1 - labels, labels))
        assert layout.heat == (pytest.approx(0.025) if weight else 0)
    assert parted[0] < 0.6
    assert parted[1] > 0.95


def test_a_cancelled_swap_changes_nothing() -> None:
    x, ids = clouds(100), np.arange(100)
    layout = LiveLayout()
    with pytest.raises(Cancelled):
        layout.swap(ids, x, E, cancelled=lambda: True)
    assert layout.done
    assert len(layout.frame().indices) == 0


def test_the_map_moves_while_a_graph_is_made() -> None:
    x, ids = clouds(3000), np.arange(3000)
    layout = LiveLayout()
    layout.place(ids, x, E)
    layout.swap(ids, x, E)
    swapping = threading.Thread(target=layout.swap, args=(ids, clouds(3000, seed=1), E))
    swapping.start()
    epochs = 0
    while swapping.is_alive():
        layout.epoch()
        assert np.isfinite(layout.frame().xy).all()
        epochs += 1
    swapping.join()
    assert epochs > 1
    assert layout.frame().epoch < epochs
