"""Counting values in pieces."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.tally import AT_ONCE, tally


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.int8])
@pytest.mark.parametrize("count", [0, 5, AT_ONCE, 2 * AT_ONCE + 7])
def test_values_are_counted_as_by_bincount(kind: type[np.signedinteger], count: int) -> None:
    codes = np.random.default_rng(0).integers(-1, 6, count).astype(kind)
    np.testing.assert_array_equal(tally(codes, 9), np.bincount(codes.astype(np.int64) + 1, minlength=10))


def test_some_rows_are_counted_alone() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(-1, 6, 2 * AT_ONCE)
    among = rng.permutation(len(codes))[: AT_ONCE + 9]
    np.testing.assert_array_equal(tally(codes, 6, among), tally(codes[among], 6))


def test_bytes_of_shapes_are_counted_too() -> None:
    assert tally(np.array([0, 2, 2, 255], np.uint8), 256).tolist()[:4] == [0, 1, 0, 2]


def test_a_code_beyond_the_values_is_an_error() -> None:
    with pytest.raises(ValueError):
        tally(np.array([3]), 3)
    with pytest.raises(ValueError):
        tally(np.array([-2]), 3)
