from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.sorted_pairs import SortedPairs
from explorer.core.types import FloatArray

SOME = arrays(np.float32, st.integers(1, 40), elements=st.integers(0, 6).map(lambda n: np.float32(n / 3)))


def sorted_pairs(near: FloatArray, far: FloatArray) -> SortedPairs:
    """Return pairs whose items tell their place among the unsorted distances."""
    by_near, by_far = np.argsort(near, kind="stable"), np.argsort(far, kind="stable")
    same, different = (np.stack([rows, rows], axis=1).astype(np.int32) for rows in (by_near, by_far))
    return SortedPairs(near[by_near], far[by_far], same, different)


@given(
    near=SOME,
    far=SOME,
    threshold=st.one_of(st.floats(-1, 3, width=32, allow_subnormal=False), st.integers(0, 6).map(lambda n: n / 3)),
)
def test_mistakes_are_counted_and_named_as_by_comparing_every_pair(
    near: FloatArray, far: FloatArray, threshold: float
) -> None:
    pairs = sorted_pairs(near, far)
    limit = np.float64(threshold)
    assert pairs.mistakes(threshold) == (int((far <= limit).sum()), int((near > limit).sum()))
    accepts, rejects = pairs.false_accepts(threshold, 5), pairs.false_rejects(threshold, 5)
    assert [pair.distance for pair in accepts] == sorted(far[far <= limit].tolist(), reverse=True)[:5]
    assert [pair.distance for pair in rejects] == sorted(near[near > limit].tolist())[:5]
    assert all(far[pair.first] == pair.distance for pair in accepts)
    assert all(near[pair.second] == pair.distance for pair in rejects)


def test_of_a_collapsed_embedding_all_pairs_are_accepted_together() -> None:
    pairs = sorted_pairs(np.full(4, 0.5, np.float32), np.full(9, 0.5, np.float32))
    assert pairs.mistakes(0.5) == (9, 0)
    assert pairs.mistakes(np.nextafter(np.float64(0.5), 0)) == (0, 4)
