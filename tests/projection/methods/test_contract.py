"""What every registered projection must do."""

import numpy as np
import pytest

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import catalogue, create
from explorer.core.types import FloatArray
from explorer.measure.lifts import lift
from explorer.projection.methods.base import Frame, Layout, OfTriplets

E = lift("euclidean")
COMPILES = "umap_learn"
"""Has compiled for half a minute when it is first swapped: its laws are tested in a file of its own."""
AT_REST = ("dimensions", "directions", "pca", "t_ste")
AVAILABLE = sorted(name for name, entry in catalogue("projection").items() if entry.available)
NAMES = [name for name in AVAILABLE if name != COMPILES]
OF_EMBEDDINGS = [name for name in NAMES if name != "t_ste"]
"""Those that move where the embeddings do; the other one looks at given triplets, see its own tests."""
TOLD = np.array([(7, 14, 21), (14, 7, 28), (21, 28, 0), (28, 21, 7), (0, 7, 28), (0, 14, 35), (35, 28, 0)])
EPOCHS = 40


def clouds(rows: int, seed: int = 0) -> FloatArray:
    generator = np.random.default_rng(seed)
    return (np.eye(5, 8)[np.arange(rows) % 5] * 4 + generator.normal(size=(rows, 8)) * 0.5).astype(np.float32)


def made(name: str) -> Layout:
    layout: Layout = create("projection", name, {}, seed=0)
    if isinstance(layout, OfTriplets):
        layout.take(TOLD)
    return layout


def run(layout: Layout, most: int = EPOCHS) -> Frame:
    for _ in range(most):
        if layout.done:
            break
        layout.epoch()
    return layout.frame()


def checked(frame: Frame, rows: int) -> Frame:
    assert frame.indices.shape == (rows,)
    assert frame.xy.shape == (rows, 2)
    assert frame.xy.dtype == np.float32
    assert np.isfinite(frame.xy).all()
    assert not frame.xy.flags.writeable
    assert not frame.indices.flags.writeable
    assert 0 <= frame.graph_recall <= 1
    return frame


@pytest.mark.parametrize("name", AVAILABLE)
def test_is_placed_at_once(name: str) -> None:
    x, ids = clouds(200), np.arange(200) * 3
    layout = made(name)
    assert layout.done
    first = checked(layout.place(ids, x, E), 200)
    np.testing.assert_array_equal(first.indices, ids)
    assert first.method in ("pca", name)
    assert first.epoch == 0
    assert layout.done
    assert np.ptp(first.xy, axis=0).min() > 1
    np.testing.assert_allclose(layout.place(ids[::-1], x[::-1], E).xy, first.xy[::-1], atol=1e-3)  # known ones stay


@pytest.mark.parametrize("name", NAMES)
def test_moves_continuously_and_says_who_moved_it(name: str) -> None:
    x, ids = clouds(200), np.arange(200)
    layout = made(name)
    last = layout.place(ids, x, E)
    layout.swap(ids, x, E)
    assert np.abs(layout.frame().xy - last.xy).max() < 1e-3  # a swap itself moves nothing
    layout.swap(ids, clouds(200, seed=1), E)
    epochs = 0
    while not layout.done and epochs < EPOCHS:
        layout.epoch()
        frame = checked(layout.frame(), 200)
        epochs += 1
        assert frame.epoch == epochs
        assert np.linalg.norm(frame.xy - last.xy, axis=1).mean() < 4
        last = frame
    assert epochs > 1
    assert last.method == name
    if name in AT_REST:
        assert layout.done
        assert epochs < EPOCHS


@pytest.mark.parametrize("name", NAMES)
def test_the_same_calls_give_the_same_map(name: str) -> None:
    maps = []
    for _ in range(2):
        layout = made(name)
        layout.place(np.arange(60), clouds(60), E)
        layout.swap(np.arange(60), clouds(60), E)
        maps.append(run(layout, 10).xy)
    np.testing.assert_array_equal(maps[0], maps[1])


@pytest.mark.parametrize("kind", ["normal", "equal", "nan", "huge"])
@pytest.mark.parametrize("rows", [0, 1, 2, 3, 5, 30])
@pytest.mark.parametrize("name", NAMES)
def test_survives_next_to_nothing_and_what_is_no_number(name: str, rows: int, kind: str) -> None:
    x = clouds(rows)
    if kind == "equal":
        x[:] = 1
    elif kind == "nan":
        x[::3] = np.nan
    elif kind == "huge":
        x *= np.float32(1e37)
    ids, layout = np.arange(rows) * 7, made(name)
    checked(layout.place(ids, x, E), rows)
    for _ in range(2):
        layout.swap(ids, x, E)
        checked(run(layout, 10), rows)
    layout.settle()
    checked(run(layout, 3), rows)


@pytest.mark.parametrize("name", NAMES)
def test_items_come_and_go(name: str) -> None:
    x, old = clouds(120), np.arange(0, 120, 2)
    layout = made(name)
    layout.swap(old, x[old], E)  # without having been placed
    before = checked(run(layout), 60)
    every = np.arange(120)[::-1]
    placed = checked(layout.place(every, x[every], E), 120)
    np.testing.assert_allclose(placed.xy[::-1][old], before.xy, atol=1e-3)
    layout.swap(every, x[every], E)
    frame = checked(run(layout), 120)
    np.testing.assert_array_equal(frame.indices, every)
    fewer = np.arange(20, 90)
    layout.swap(fewer, x[fewer], E)
    checked(layout.frame(), 70)
    np.testing.assert_allclose(layout.frame().xy, frame.xy[::-1][fewer], atol=1e-2)
    none = fewer[:0]
    checked(layout.place(none, x[none], E), 0)
    layout.swap(none, x[none], E)
    checked(run(layout), 0)


@pytest.mark.parametrize("name", NAMES)
def test_is_frozen_and_let_go(name: str) -> None:
    x, ids = clouds(100), np.arange(100)
    layout = made(name)
    before = layout.place(ids, x, E).xy
    layout.freeze()
    layout.swap(ids, clouds(100, seed=1)[:, ::-1].copy(), E)
    assert layout.done
    layout.epoch()
    np.testing.assert_allclose(layout.frame().xy, before, atol=1e-3)
    layout.freeze(False)
    assert not layout.done
    layout.freeze()
    layout.settle()
    assert not layout.done
    assert not np.allclose(run(layout).xy, before, atol=1e-2)


@pytest.mark.parametrize("name", OF_EMBEDDINGS)
def test_held_items_stay_while_the_others_move(name: str) -> None:
    x, ids = clouds(100), np.arange(100)
    layout = made(name)
    layout.place(ids, x, E)
    layout.swap(ids, x, E)
    before = run(layout, 20).xy
    some = ids[::10]
    layout.hold(np.append(some, 1_000_000))  # one of them is not on the map
    layout.swap(ids, clouds(100, seed=1)[:, ::-1].copy(), E)
    for _ in range(5):
        layout.epoch()
        after = checked(layout.frame(), 100).xy
        np.testing.assert_array_equal(after[some], before[some])
    assert np.linalg.norm(after - before, axis=1).mean() > 1e-3 * np.ptp(before)
    layout.hold(some[:0])
    layout.settle()
    assert not np.allclose(run(layout, 12).xy[some], before[some], atol=1e-3)


@pytest.mark.parametrize("name", AVAILABLE)
def test_begins_where_an_earlier_map_ended(name: str) -> None:
    x, ids = clouds(50), np.arange(50)
    earlier = np.random.default_rng(5).normal(size=(40, 2)).astype(np.float32) * 7
    layout = made(name)
    layout.remember(ids[:40], earlier)
    np.testing.assert_allclose(layout.place(ids, x, E).xy[:40], earlier, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_labels_do_no_harm(name: str) -> None:
    x, ids = clouds(50), np.arange(50)
    layout = made(name)
    layout.place(ids, x, E)
    layout.swap(ids, x, E, labels=ids % 4 - 1)
    checked(run(layout, 10), 50)


@pytest.mark.parametrize("name", sorted(set(AVAILABLE) - set(AT_REST)))
def test_a_cancelled_swap_changes_nothing(name: str) -> None:
    x, ids = clouds(100), np.arange(100)
    layout = made(name)
    with pytest.raises(Cancelled):
        layout.swap(ids, x, E, cancelled=lambda: True)
    assert layout.done
    assert len(layout.frame().indices) == 0


def test_a_curve_that_cannot_be_is_refused_in_words() -> None:
    with pytest.raises(UserError, match="three times the spread"):
        create("projection", "umap", {"min_dist": 0.7, "spread": 0.2})
