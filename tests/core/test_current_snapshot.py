from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.current_snapshot import CurrentSnapshot, covers, replaces
from explorer.core.types import Snapshot


def snapshot(run: str, items: int, *, exact: bool = False, step: int = 0) -> Snapshot:
    return Snapshot(run, step, np.arange(items), np.ones((items, 2), np.float32), exact, "euclidean")


snapshots = st.builds(snapshot, st.sampled_from("ab"), st.integers(0, 6), exact=st.booleans(), step=st.integers(0, 9))


@given(snapshots)
def test_the_first_one_and_one_of_another_run_are_always_shown(new: Snapshot) -> None:
    assert replaces(new, None)
    assert replaces(new, snapshot("another", 1000, exact=True))


@given(snapshots, snapshots)
def test_of_one_run_it_is_the_number_of_items_that_counts(one: Snapshot, other: Snapshot) -> None:
    if one.run == other.run:
        assert covers(one, other) == (len(one.indices) >= len(other.indices))
        assert replaces(one, other) == (covers(one, other) or one.step < other.step)
        assert replaces(one, other) or replaces(other, one)
    else:
        assert not covers(one, other)


@given(st.lists(snapshots))
def test_what_is_shown_is_of_the_last_run_and_loses_an_item_of_it_only_where_it_goes_back(made: list[Snapshot]) -> None:
    followed: CurrentSnapshot[Snapshot] = CurrentSnapshot()
    for new in made:
        before = followed.current
        shown = followed.take(new)
        assert (followed.current is new) == shown
        if not shown:
            assert followed.current is before
        assert followed.current is not None
        assert followed.current.run == new.run
        if before is not None and before.run == new.run and before.step <= new.step:
            assert set(before.indices) <= set(followed.current.indices)
    exact = [new for new in made if new.exact]
    assert followed.exact is (exact[-1] if exact else None)


def test_the_exact_one_of_some_items_is_measured_and_not_shown() -> None:
    followed: CurrentSnapshot[Snapshot] = CurrentSnapshot()
    whole, held_out = snapshot("a", 10), snapshot("a", 3, exact=True, step=1)
    assert followed.take(whole)
    assert not followed.take(held_out)
    assert followed.current is whole
    assert followed.exact is held_out


def test_a_run_that_goes_back_to_fewer_items_is_shown_from_there() -> None:
    """It began while its pictures were decoded: the map stood still until all of them were embedded again."""
    followed: CurrentSnapshot[Snapshot] = CurrentSnapshot()
    whole, early, next_one = snapshot("a", 10, step=50), snapshot("a", 6, step=20), snapshot("a", 7, step=21)
    followed.take(whole)
    assert followed.take(early)
    assert followed.take(next_one)
    assert followed.current is next_one
