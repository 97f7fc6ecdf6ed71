import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.errors import UserError
from explorer.core.types import FloatArray
from explorer.measure.lifts import laid_out, lift, lift_names
from explorer.measure.pairs import distance_blocks
from tests.measure.formulas import suited, table

NUMBERS = st.floats(-8, 8, width=32)
NAMES = [*lift_names(), "hyperbolic:1.0"]


def vectors(rows: int, columns: int) -> st.SearchStrategy[FloatArray]:
    return arrays(np.float32, (rows, columns), elements=NUMBERS)


def compared(name: str, distances: FloatArray, wanted: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    """What comes through a root has lost half the digits near zero, by float32 inner products of size one."""
    rooted = name.startswith("hyperbolic")
    if name == "snr":  # of sums as large as the largest distance
        np.testing.assert_allclose(distances, wanted, rtol=2e-5, atol=4e-6 * max(1.0, float(wanted.max())))
    elif rooted:
        near = wanted < 0.05
        np.testing.assert_allclose(distances[~near], wanted[~near], rtol=2e-3)
        np.testing.assert_allclose(distances[near], wanted[near], atol=0.02)
    else:
        np.testing.assert_allclose(distances, wanted, rtol=1e-5, atol=4e-6 * max(1.0, float(np.abs(wanted).max()) / 10))


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)
@given(x=st.integers(2, 6).flatmap(lambda n: vectors(n, 5)))
def test_every_lift_equals_its_formula(name: str, x: FloatArray) -> None:
    known, x = lift(name), suited(name, x)
    assume(name != "snr" or x.std(axis=1).min() > 0.05)
    queries, items = known.lift_query(x), known.lift_item(x)
    assert queries.dtype == items.dtype == np.float32
    scores = ((queries[:, None] - items[None]) ** 2).sum(-1) if known.metric == "l2" else queries @ items.T
    distances = known.to_distance(scores)
    compared(name, distances, table(name, x))
    if name != "dot":
        np.testing.assert_array_less(-1e-30, distances)


@pytest.mark.parametrize("name", ["euclidean", "squared_euclidean", "cosine"])
@given(x=st.integers(2, 6).flatmap(lambda n: vectors(n, 5)), shift=st.sampled_from([0.0, 30.0]))
def test_block_distances_equal_the_formula_even_far_from_the_origin(name: str, x: FloatArray, shift: float) -> None:
    moved = x + np.float32(shift)
    wanted = table(name, moved)
    for start, block in distance_blocks(moved, np.arange(len(x)), lift(name)):
        np.testing.assert_allclose(block, wanted[start : start + len(block)], rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "dot"])
def test_equal_vectors_are_exactly_zero_apart(name: str) -> None:
    generator = np.random.default_rng(0)
    x = suited(name, np.repeat(generator.normal(3, 1, (20, 33)).astype(np.float32), 2, axis=0))
    _, block = next(distance_blocks(x, np.arange(len(x)), lift(name)))
    assert np.all(block[np.arange(40), np.arange(40)] == 0)
    assert np.all(block[np.arange(0, 40, 2), np.arange(1, 40, 2)] == 0)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_lift_says_of_itself(name: str) -> None:
    known = lift(name)
    x = suited(name, np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32))
    found = table(name, x)
    assert known.name == name
    assert known.asymmetric == (not np.allclose(found, found.T))
    if known.flat:
        np.testing.assert_array_equal(known.lift_query(x), known.lift_item(x))
        order = ((known.lift_item(x)[0] - known.lift_item(x)) ** 2).sum(axis=1).argsort()
        np.testing.assert_array_equal(found[0].argsort(), order)
    assert len(laid_out(known, x)) == len(x)


@pytest.mark.parametrize("name", NAMES)
def test_scores_of_what_is_missing_are_infinitely_far(name: str) -> None:
    known = lift(name)
    missing = np.full(3, np.inf if known.metric == "l2" else -np.inf, np.float32)
    assert np.isfinite(known.to_distance(missing)).sum() in (0, 3)  # cosines and overlaps have a largest distance


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [0.0, 1e-9, 1e6])
def test_degenerate_rows_have_finite_distances(name: str, size: float) -> None:
    x = np.array([[1, 2, 3], [1, 1, 1], [0, 0, 0], [-1, 0, 2]], np.float32) * np.float32(size)
    _, block = next(distance_blocks(x, np.arange(4), lift(name)))
    assert np.isfinite(block).all()


def test_cosine_of_tiny_and_huge_vectors() -> None:
    x = np.array([[1e-30, 0], [1e30, 0], [0, 1e30], [0, 0]], np.float32)
    unit = lift("cosine").lift_item(x)
    np.testing.assert_allclose(unit, [[1, 0], [1, 0], [0, 1], [0, 0]])
    assert lift("cosine").to_distance(unit @ unit.T)[3].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("name", ["manhattan", "hyperbolic", "hyperbolic:", "hyperbolic:-1", "hyperbolic:nan", "dot:1"])
def test_an_unknown_distance_names_the_known_ones(name: str) -> None:
    with pytest.raises(UserError, match="squared_euclidean"):
        lift(name)
