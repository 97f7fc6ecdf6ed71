import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

from explorer.core.errors import Cancelled, UserError
from explorer.core.types import FloatArray, Projection, Snapshot
from explorer.engine.registered_maps import laid_over, registered
from explorer.measure.lifts import lift
from explorer.projection.fidelity import fidelity
from explorer.projection.live_layout import LiveLayout


def a_map(xy: np.ndarray, indices: np.ndarray) -> Projection:
    return Projection("r", 1, indices, xy.astype(np.float32), 0, "umap", True)


def test_a_map_is_laid_over_another_as_scipy_lays_it() -> None:
    draw = np.random.default_rng(0)
    ids = [f"i{k}" for k in range(60)]
    first = a_map(draw.normal(size=(50, 2)) * 9 + 4, np.arange(50))
    angle = np.array([[0.6, -0.8], [0.8, 0.6]]) @ np.diag([1, -1])
    others = draw.permutation(np.arange(10, 60))
    at = np.zeros((60, 2))
    at[:50] = first.xy
    second = a_map(at[others] @ angle * 3 - 7 + draw.normal(size=(50, 2)), others)
    found = registered(first, second, (ids, list(ids)))
    assert len(found.rows) == 40
    one, other = first.xy[found.rows[:, 0]].astype(float), second.xy[found.rows[:, 1]].astype(float)
    assert (first.indices[found.rows[:, 0]] == second.indices[found.rows[:, 1]]).all()
    turn, size = orthogonal_procrustes(other - other.mean(0), one - one.mean(0))
    scale = size / np.square(other - other.mean(0)).sum()
    np.testing.assert_allclose(found.motion.turn, turn, atol=1e-6)
    assert found.motion.scale == pytest.approx(scale)
    moved = scale * (second.xy - other.mean(0)) @ turn + one.mean(0)
    np.testing.assert_allclose(found.map.xy, moved, atol=1e-3)
    assert found.apart < 0.05
    assert (found.map.indices == second.indices).all()


def test_items_are_the_same_by_their_names() -> None:
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    first, second = a_map(square, np.arange(4)), a_map(square[::-1] * 2, np.arange(4))
    found = registered(first, second, (["a", "b", "c", "d"], ["d", "c", "b", "e"]))
    assert found.rows.tolist() == [[1, 2], [2, 1], [3, 0]]
    assert found.apart == pytest.approx(0, abs=1e-6)
    with pytest.raises(UserError, match="no items in common"):
        registered(first, second, (["a", "b", "c", "d"], ["e", "f", "g", "d"]))


def test_a_map_on_one_spot_is_laid_where_the_other_has_its_middle() -> None:
    spot, spread = a_map(np.ones((5, 2)), np.arange(5)), a_map(np.arange(10).reshape(5, 2), np.arange(5))
    ids = list("abcde")
    np.testing.assert_allclose(registered(spread, spot, (ids, ids)).map.xy, np.tile([4, 5], (5, 1)), atol=1e-5)
    assert registered(spot, spread, (ids, ids)).apart == 0


def of_a_seed(seed: int) -> FloatArray:
    """Return embeddings of 30 classes whose places are another seed's own."""
    draw, items = np.random.default_rng(seed), np.random.default_rng(0)
    labels = np.arange(600) % 30
    x = draw.normal(size=(30, 16))[labels] * 3 + items.normal(size=(600, 16)) @ draw.normal(size=(16, 16)) * 0.2
    return x.astype(np.float32)


def a_snapshot(x: FloatArray) -> Snapshot:
    return Snapshot("second", 7, np.arange(len(x)), x, True, "euclidean")


def settled_map(x: FloatArray) -> Projection:
    layout, ids = LiveLayout(), np.arange(len(x))
    layout.place(ids, x, lift("euclidean"))
    layout.swap(ids, x, lift("euclidean"))
    while not layout.done:
        layout.epoch()
    return a_map(layout.frame().xy, ids)


def test_a_second_seed_that_is_laid_out_from_the_first_map_lies_near_it_and_is_as_true() -> None:
    first, x = settled_map(of_a_seed(1)), of_a_seed(2)
    ids = [f"i{k}" for k in range(600)]
    alone = registered(first, settled_map(x), (ids, ids))
    told: list[int] = []
    near = laid_over(first, a_snapshot(x), (ids, ids), lambda stage, done, total: told.append(done))
    assert near.apart < 0.1 < alone.apart
    assert (near.map.run, near.map.step, near.map.method) == ("second", 7, "umap")
    assert told == list(range(near.map.epoch))
    of = [fidelity(x, found.map.xy, lift("euclidean"), sample=600) for found in (near, alone)]
    assert of[0] is not None
    assert of[1] is not None
    assert of[0].trustworthiness > of[1].trustworthiness - 0.02

    def cancelled(stage: str, done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        laid_over(first, a_snapshot(x), (ids, ids), cancelled)
