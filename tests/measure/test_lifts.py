import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.errors import UserError
from explorer.core.types import FloatArray
from explorer.measure.lifts import lift, lift_names
from explorer.measure.pairs import distance_blocks

NUMBERS = st.floats(-8, 8, width=32)


def direct(name: str, a: FloatArray, b: FloatArray) -> float:
    """The textbook formula in double precision."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    if name == "cosine":
        lengths = np.linalg.norm(x) * np.linalg.norm(y)
        return float(1 - x @ y / lengths) if lengths else 1.0
    square = float(((x - y) ** 2).sum())
    return square if name == "squared_euclidean" else square**0.5


def vectors(rows: int, columns: int) -> st.SearchStrategy[FloatArray]:
    return arrays(np.float32, (rows, columns), elements=NUMBERS)


@pytest.mark.parametrize("name", lift_names())
@given(x=st.integers(2, 6).flatmap(lambda n: vectors(n, 5)))
def test_every_lift_equals_its_formula(name: str, x: FloatArray) -> None:
    known = lift(name)
    queries, items = known.lift_query(x), known.lift_item(x)
    scores = ((queries[:, None] - items[None]) ** 2).sum(-1) if known.metric == "l2" else queries @ items.T
    distances = known.to_distance(scores)
    wanted = np.array([[direct(name, a, b) for b in x] for a in x])
    np.testing.assert_allclose(distances, wanted, rtol=1e-5, atol=2e-6)
    np.testing.assert_array_less(-1e-30, distances)


@pytest.mark.parametrize("name", lift_names())
@given(x=st.integers(2, 6).flatmap(lambda n: vectors(n, 5)), shift=st.sampled_from([0.0, 30.0]))
def test_block_distances_equal_the_formula_even_far_from_the_origin(name: str, x: FloatArray, shift: float) -> None:
    moved = x + np.float32(shift)
    wanted = np.array([[direct(name, a, b) for b in moved] for a in moved])
    for start, block in distance_blocks(moved, np.arange(len(x)), lift(name)):
        np.testing.assert_allclose(block, wanted[start : start + len(block)], rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", lift_names())
def test_equal_vectors_are_exactly_zero_apart(name: str) -> None:
    generator = np.random.default_rng(0)
    x = np.repeat(generator.normal(3, 1, (20, 33)).astype(np.float32), 2, axis=0)
    _, block = next(distance_blocks(x, np.arange(len(x)), lift(name)))
    assert np.all(block[np.arange(40), np.arange(40)] == 0)
    assert np.all(block[np.arange(0, 40, 2), np.arange(1, 40, 2)] == 0)


def test_cosine_of_tiny_and_huge_vectors() -> None:
    x = np.array([[1e-30, 0], [1e30, 0], [0, 1e30], [0, 0]], np.float32)
    unit = lift("cosine").lift_item(x)
    np.testing.assert_allclose(unit, [[1, 0], [1, 0], [0, 1], [0, 0]])
    assert lift("cosine").to_distance(unit @ unit.T)[3].tolist() == [1, 1, 1, 1]


def test_an_unknown_distance_names_the_known_ones() -> None:
    with pytest.raises(UserError, match="squared_euclidean"):
        lift("manhattan")
