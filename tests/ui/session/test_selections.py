from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.ui.session.selections import FEW, Kept, are_in, combined, inverted, is_within, tidy

ITEMS = st.lists(st.integers(0, 3_000), max_size=40)


@given(ITEMS, st.booleans())
def test_tidy_items_are_what_a_set_has(items: list[int], long: bool) -> None:
    many = items * 60 if long else items  # beyond FEW they are marked instead of sorted
    chosen = tidy(np.array(many, np.int64))
    assert chosen.tolist() == sorted(set(many))
    assert chosen.dtype == np.int64
    assert not chosen.flags.writeable


def test_items_that_somebody_may_still_change_are_copied() -> None:
    mine = np.arange(5)
    chosen = tidy(mine)
    mine[0] = 99
    assert chosen.tolist() == [0, 1, 2, 3, 4]
    assert tidy(chosen) is chosen
    part = np.arange(10)[:3]
    assert tidy(part).base is None


@given(ITEMS, ITEMS, st.booleans())
def test_modes_are_the_operations_of_sets(one: list[int], other: list[int], many: bool) -> None:
    one = [*one, *range(4_000, 4_001 + FEW)] if many else one  # marked, and not sorted as few are
    selection, items = tidy(one), tidy(other)
    expected = {
        "replace": set(other), "add": set(one) | set(other), "remove": set(one) - set(other),
        "intersect": set(one) & set(other),
    }  # fmt: skip
    for mode, wanted in expected.items():
        assert combined(selection, items, mode).tolist() == sorted(wanted)
    assert inverted(selection, 3_001).tolist() == sorted(set(range(3_001)) - set(one))
    visible = np.arange(3_001) % 3 > 0
    assert inverted(selection, 3_001, visible).tolist() == sorted(set(np.flatnonzero(visible).tolist()) - set(one))


@given(ITEMS, ITEMS, st.booleans())
def test_which_items_are_selected_and_whether_all_are(one: list[int], other: list[int], many: bool) -> None:
    selection, items = tidy(one), tidy([*other, *one, *range(4_000 if many else 0)])
    assert are_in(np.array(other, np.int64), selection).tolist() == [item in set(one) for item in other]
    assert is_within(selection, items) == bool(one)
    assert is_within(items, selection) == (len(items) > 0 and set(items.tolist()) <= set(one))


@given(st.sets(st.integers(0, 700)))
def test_what_is_kept_comes_back(items: set[int]) -> None:
    selection = tidy(sorted(items))
    kept = Kept.of(selection)
    assert kept.selection().tolist() == selection.tolist()
    assert kept.size <= max(selection.nbytes, 1)
    assert kept.most >= len(selection)
    assert np.flatnonzero(np.unpackbits(kept.packed())).tolist() == selection.tolist()


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="exclusive"):
        combined(tidy([1]), tidy([2]), "exclusive")
