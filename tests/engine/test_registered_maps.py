import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

from explorer.core.errors import UserError
from explorer.core.types import Projection
from explorer.engine.registered_maps import registered


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
