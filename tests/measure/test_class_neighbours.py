from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.types import FloatArray, IntArray
from explorer.measure.class_neighbours import class_neighbours
from explorer.measure.lifts import lift

Doubles = npt.NDArray[np.float64]


def looked_up(x: FloatArray, codes: IntArray, voters: int, near: int) -> tuple[Doubles, Doubles, Doubles]:
    """Look at every item on its own: squared distances, and shares for those equally far at the last place."""
    n, classes = len(x), int(codes.max()) + 1
    table = ((x[:, None].astype(np.float64) - x[None]) ** 2).sum(-1)
    votes, own, other = np.zeros((n, classes)), np.zeros(n), np.zeros(n)
    for i in range(n):
        others = np.delete(np.arange(n), i)
        size = int((codes == codes[i]).sum()) - 1
        count = min(voters, size)
        last = np.sort(table[i, others])[count - 1]
        nearer, equal = others[table[i, others] < last], others[table[i, others] == last]
        np.add.at(votes[i], codes[nearer], 1 / count)
        np.add.at(votes[i], codes[equal], (count - len(nearer)) / len(equal) / count)
        means = [np.sort(table[i, others[codes[others] == c]])[: min(near, size)].mean() for c in range(classes)]
        own[i] = means[codes[i]]
        other[i] = min(mean for c, mean in enumerate(means) if c != codes[i])
    return votes, own, other


@given(
    data=st.data(), n=st.integers(6, 30), classes=st.integers(2, 3), voters=st.integers(1, 8), near=st.integers(1, 5)
)
def test_equals_every_item_looked_at_on_its_own(
    data: st.DataObject, n: int, classes: int, voters: int, near: int
) -> None:
    x = data.draw(arrays(np.float32, (n, 2), elements=st.integers(-3, 3).map(np.float32)))
    codes = np.arange(n) % classes
    found = class_neighbours(x, codes, lift("squared_euclidean"), voters=voters, near=near)
    votes, own, other = looked_up(x, codes, voters, near)
    np.testing.assert_allclose(found.votes, votes, atol=1e-6)
    np.testing.assert_allclose(found.votes.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(found.own, own, rtol=1e-6)
    np.testing.assert_allclose(found.other, other, rtol=1e-6)
    assert (found.nearest != codes).all()


def test_a_small_class_asks_no_more_neighbours_than_it_could_fill() -> None:
    x = np.array([[0.0], [0.1], [5], [5.1], [5.2], [5.3]], np.float32)
    found = class_neighbours(x, np.array([0, 0, 1, 1, 1, 1]), lift("euclidean"), voters=50, near=10)
    assert found.votes[0].tolist() == [1, 0]  # its one other item is the nearest
    assert found.votes[2].tolist() == [0, 1]
    assert found.nearest.tolist() == [1, 1, 0, 0, 0, 0]
    np.testing.assert_allclose(found.other[:2], [5, 4.9], rtol=1e-6)  # as many of the other class as of its own
