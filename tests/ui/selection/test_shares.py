from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.types import Split, frozen
from explorer.ui.selection.shares import class_shares, part_shares, parts_of


@given(st.lists(st.integers(-1, 5), min_size=1, max_size=60), st.data())
def test_shares_count_every_item_once_and_begin_with_the_largest(labels: list[int], data: st.DataObject) -> None:
    of = np.array(labels, np.int64)
    items = np.array(sorted(data.draw(st.sets(st.integers(0, len(labels) - 1)))), np.int64)
    found = class_shares(of, items)
    assert dict(zip(found.keys.tolist(), found.counts.tolist(), strict=True)) == {
        label: sum(labels[item] == label for item in items) for label in {labels[item] for item in items}
    }
    assert list(found.counts) == sorted(found.counts, reverse=True)


def test_parts_are_those_of_the_split() -> None:
    split = Split("items", frozen([0, 1, 2], np.int64), frozen([4], np.int64), unseen=False)
    parts = parts_of(6, split)
    assert parts.tolist() == [0, 0, 0, 2, 1, 2]
    found = part_shares(parts, np.array([0, 4, 5]))
    assert (found.keys.tolist(), found.counts.tolist()) == ([0, 1, 2], [1, 1, 1])
    assert parts_of(2, None).tolist() == [2, 2]
