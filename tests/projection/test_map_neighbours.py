import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.types import FloatArray, IntArray
from explorer.projection.map_neighbours import map_neighbours

COORDINATES = st.one_of(st.integers(-3, 3).map(float), st.floats(-100, 100, width=32), st.just(float("nan")))
MAPS = st.integers(0, 90).flatmap(lambda n: arrays(np.float32, (n, 2), elements=COORDINATES))


def squares(xy: FloatArray, names: IntArray) -> FloatArray:
    gaps = xy[names] - xy[:, None]
    return np.where(names >= 0, gaps[..., 0] * gaps[..., 0] + gaps[..., 1] * gaps[..., 1], np.float32(np.inf))


def check(xy: FloatArray, k: int) -> None:
    names = map_neighbours(xy, k)
    assert names.shape == (len(xy), k)
    some = np.arange(len(xy))[::-3].copy()
    np.testing.assert_array_equal(map_neighbours(xy, k, some), names[some])
    here = np.asarray(np.isfinite(xy).all(axis=1))
    gaps = xy[None] - xy[:, None]
    table = np.where(here[:, None] & here, gaps[..., 0] * gaps[..., 0] + gaps[..., 1] * gaps[..., 1], np.inf)
    np.fill_diagonal(table, np.inf)
    best = np.sort(np.pad(table, ((0, 0), (0, k)), constant_values=np.inf), axis=1)[:, :k]
    np.testing.assert_array_equal(squares(xy, names), best.astype(np.float32))
    for own, row in enumerate(names):
        named = row[row >= 0]
        assert len(set(named)) == len(named)
        assert own not in named


@settings(deadline=None, max_examples=150)
@given(xy=MAPS, k=st.integers(1, 20))
def test_equals_a_comparison_of_all(xy: FloatArray, k: int) -> None:
    check(xy, k)


@pytest.mark.parametrize("kind", ["even", "one place", "a line", "far out", "pairs"])
def test_equals_a_comparison_of_all_on_maps_of_every_shape(kind: str) -> None:
    xy = np.random.default_rng(0).normal(size=(700, 2)).astype(np.float32)
    if kind == "one place":
        xy[:] = 3
    elif kind == "a line":
        xy[:, 1] = 0
    elif kind == "far out":
        xy[0] = 1e6
    elif kind == "pairs":
        xy[::2] = xy[1::2]
    check(xy, 15)


def test_numbers_whose_squares_overflow() -> None:
    xy = np.array([[-3e38, 0], [-2e38, 0], [3e38, 0], [2e38, 0]], np.float32)
    np.testing.assert_array_equal(map_neighbours(xy, 1)[:, 0], [1, 0, 3, 2])


def test_no_neighbours_are_asked_for() -> None:
    assert map_neighbours(np.zeros((4, 2), np.float32), 0).shape == (4, 0)
