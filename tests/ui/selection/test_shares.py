from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.types import Split, frozen
from explorer.ui.selection import shares
from explorer.ui.selection.shares import Counted, Shares, counted_in_pieces, items_of_part


@pytest.fixture(autouse=True)
def _small_pieces() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shares, "AT_ONCE", 7)
        yield


def as_counts(found: Shares) -> dict[int, int]:
    return dict(zip(found.keys.tolist(), found.counts.tolist(), strict=True))


@given(labels=st.lists(st.integers(-1, 5), min_size=1, max_size=300), data=st.data())
def test_every_item_is_counted_once_piece_by_piece(labels: list[int], data: st.DataObject) -> None:
    count, some = len(labels), st.sets(st.integers(0, len(labels) - 1))
    items = np.array(sorted(data.draw(some)), np.int64)
    parts = np.array(data.draw(st.lists(st.sampled_from([0, 1, 2]), min_size=count, max_size=count)))
    split = Split("items", frozen(np.flatnonzero(parts == 0)), frozen(np.flatnonzero(parts == 1)), unseen=False)
    *waiting, found = counted_in_pieces(np.array(labels, np.int64), split, items)
    assert waiting == [None] * (max(0, len(items) - 1) // 7)
    assert isinstance(found, Counted)
    assert as_counts(found.classes) == Counter(labels[item] for item in items)
    assert list(found.classes.counts) == sorted(found.classes.counts, reverse=True)
    assert as_counts(found.parts) == Counter(parts[items].tolist())
    assert found.parts.keys.tolist() == sorted(found.parts.keys.tolist())
    for part in range(3):
        np.testing.assert_array_equal(items_of_part(split, part, items), items[parts[items] == part])


def test_without_a_split_nothing_is_used() -> None:
    items = np.array([0, 2])
    (found,) = counted_in_pieces(np.array([1, 1, 1]), None, items)
    assert found is not None
    assert as_counts(found.parts) == {2: 2}
    assert items_of_part(None, 2, items).tolist() == [0, 2]
    assert items_of_part(None, 0, items).tolist() == []
