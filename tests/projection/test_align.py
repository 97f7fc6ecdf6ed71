import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.types import FloatArray
from explorer.projection.align import registration, similarity
from explorer.projection.pca import EXTENT, principal_components

POINTS = st.integers(0, 12).flatmap(lambda n: arrays(np.float32, (n, 2), elements=st.floats(-50, 50, width=16)))


def gaps(xy: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(xy[:, None].astype(np.float64) - xy[None], axis=-1), np.float32)


@given(moving=POINTS, seed=st.integers(0, 5))
def test_registration_leaves_distances_as_they_were(moving: FloatArray, seed: int) -> None:
    fixed = np.random.default_rng(seed).normal(size=moving.shape).astype(np.float32) * 20
    np.testing.assert_allclose(gaps(registration(moving, fixed)(moving)), gaps(moving), atol=1e-3)


@given(angle=st.floats(0, 6.3), flip=st.booleans(), shift=st.floats(-30, 30))
def test_a_turned_flipped_and_shifted_map_is_brought_back(angle: float, flip: bool, shift: float) -> None:
    fixed = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moving = (fixed @ turn @ np.diag([1, -1 if flip else 1]) + shift).astype(np.float32)
    np.testing.assert_allclose(registration(moving, fixed)(moving), fixed, atol=1e-4)


@given(moving=POINTS, seed=st.integers(0, 5), angle=st.floats(-3, 3), flip=st.booleans())
def test_no_other_turn_or_flip_is_nearer(moving: FloatArray, seed: int, angle: float, flip: bool) -> None:
    fixed = np.random.default_rng(seed).normal(size=moving.shape).astype(np.float32) * 20
    found = registration(moving, fixed)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    other = (found(moving).astype(np.float64) - fixed.mean(axis=0) if len(moving) else np.empty((0, 2))) @ turn
    other = other @ np.diag([1, -1 if flip else 1]) + (fixed.mean(axis=0) if len(moving) else 0)
    here, there = (float(((xy - fixed.astype(np.float64)) ** 2).sum()) for xy in (found(moving), other))
    assert here <= there + 1e-3 * (1 + there)


@given(points=POINTS)
def test_a_map_that_did_not_move_stays(points: FloatArray) -> None:
    np.testing.assert_allclose(registration(points, points)(points), points, atol=1e-3)


@given(
    places=st.lists(st.integers(-20, 20), min_size=1, max_size=8), angle=st.floats(0, 6.3), length=st.floats(0.1, 10)
)
def test_points_on_any_line_are_never_flipped(places: list[int], angle: float, length: float) -> None:
    along = np.array([np.cos(angle), np.sin(angle)]) * length
    line = np.array(places, np.float64)[:, None] * along
    turned = line @ np.array([[0, 1], [-1, 0]]) + 3
    for fixed in (line, turned, -line):
        found = registration(line.astype(np.float32), fixed.astype(np.float32))
        assert np.linalg.det(found.turn) == pytest.approx(1, abs=1e-6)
        np.testing.assert_allclose(found(line.astype(np.float32)), fixed, atol=1e-2)


def test_points_on_a_line_are_not_flipped() -> None:
    line = np.stack([np.arange(5), np.zeros(5)], axis=1).astype(np.float32)
    assert np.linalg.det(registration(line, line + 3).turn) == pytest.approx(1)
    assert np.array_equal(registration(line[:1], line[1:2]).turn, np.eye(2))


def test_principal_components_are_those_of_a_decomposition() -> None:
    x = (np.random.default_rng(0).normal(size=(500, 8)) * np.arange(1, 9)).astype(np.float32)
    xy = principal_components(x)
    centred = x - x.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    scores = left[:, :2] * sizes[:2]
    scores *= EXTENT / np.abs(scores).max()
    for axis in range(2):
        assert abs(np.corrcoef(xy[:, axis], scores[:, axis])[0, 1]) == pytest.approx(1, abs=1e-4)
    assert np.abs(xy).max() == pytest.approx(EXTENT, abs=0.01)


@pytest.mark.parametrize("shape", [(0, 4), (1, 4), (2, 1), (3, 0), (5, 2)])
def test_principal_components_of_next_to_nothing(shape: tuple[int, int]) -> None:
    xy = principal_components(np.ones(shape, np.float32))
    assert xy.shape == (shape[0], 2)
    assert np.isfinite(xy).all()


def test_numbers_that_are_none_do_no_harm() -> None:
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    x[0], x[1], x[2] = np.nan, np.inf, 3e38
    xy = principal_components(x)
    assert np.isfinite(xy).all()
    assert np.abs(xy).max() <= EXTENT + 0.01


@given(moving=POINTS, seed=st.integers(0, 5))
def test_no_scale_is_nearer_than_that_of_the_similarity(moving: FloatArray, seed: int) -> None:
    fixed = np.random.default_rng(seed).normal(size=moving.shape).astype(np.float32) * 20
    found = similarity(moving, fixed)
    assert found.scale >= 0
    here = float(np.square(found(moving).astype(np.float64) - fixed).sum())
    for scale in (0.0, found.scale * 0.9, found.scale * 1.1, 1.0):
        middle = moving.mean(axis=0) if len(moving) else np.zeros(2)
        to = fixed.mean(axis=0) if len(moving) else np.zeros(2)
        there = float(np.square(scale * (moving - middle).astype(np.float64) @ found.turn + to - fixed).sum())
        assert here <= there + 1e-3 * (1 + there)


def test_a_smaller_turned_map_becomes_the_same() -> None:
    fixed = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    moving = (0.2 * fixed @ np.array([[0, 1], [1, 0]]) - 5).astype(np.float32)
    found = similarity(moving, fixed)
    np.testing.assert_allclose(found(moving), fixed, atol=1e-4)
    assert found.scale == pytest.approx(5, rel=1e-4)
