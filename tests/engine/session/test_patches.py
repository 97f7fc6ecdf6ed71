from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.engine.session.patches import Patches, patched

Wanted = dict[int, str | None]
WANTED = st.dictionaries(st.integers(0, 4), st.sampled_from(["a", "b", None]), min_size=1)


@given(st.lists(WANTED, max_size=8))
def test_changes_that_are_taken_back_in_turn_leave_everything_as_it_was(changes: list[Wanted]) -> None:
    patches: Patches[int, str] = Patches(20)
    states: list[dict[int, str]] = [{1: "z"}]
    numbers = []
    for wanted in changes:
        numbers.append(patches.number())
        patches.add(numbers[-1], states[-1], wanted)
        states.append(patched(states[-1], wanted))
    now = states[-1]
    for number, before in zip(reversed(numbers), reversed(states[:-1]), strict=True):
        assert patches.newest() == number
        found = patches.taken_back(number, now)
        assert found == before
        now = found
    assert not patches
    for number, after in zip(numbers, states[1:], strict=True):
        found = patches.taken_back(number, now, again=True)
        assert found == after
        now = found


def test_what_was_changed_since_is_not_taken_back_and_the_oldest_is_forgotten() -> None:
    patches: Patches[str, int] = Patches(2)
    one, two, three = (patches.number() for _ in range(3))
    patches.add(one, {}, {"x": 1})
    patches.add(two, {"x": 1}, {"x": 2})
    with pytest.raises(UserError, match="changed again since"):
        patches.taken_back(one, {"x": 2})
    assert patches.taken_back(two, {"x": 2}) == {"x": 1}
    assert patches.taken_back(two, {"x": 1}) is None
    patches.add(three, {"x": 1}, {"y": 1})
    assert patches.taken_back(one, {"x": 1}) is None
    patches.follow("another run")
    assert not patches
