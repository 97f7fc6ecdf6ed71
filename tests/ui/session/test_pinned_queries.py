from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.types import IntArray
from explorer.ui.session.pinned_queries import DEPTH, MOST_PINNED, PinnedQueries

Asked = list[tuple[tuple[int, ...], int]]


def pins_that_ask() -> tuple[PinnedQueries, Asked, list[tuple[int, ...]]]:
    pins = PinnedQueries()
    asked: Asked = []
    heard: list[tuple[int, ...]] = []

    def rank(items: Sequence[int], depth: int, _among: IntArray | None) -> None:
        asked.append((tuple(items), depth))

    pins.attach(rank)
    pins.changed.connect(heard.append)
    return pins, asked, heard


def test_every_change_is_asked_about_once_and_told_once() -> None:
    pins, asked, heard = pins_that_ask()
    pins.choose(4)
    pins.choose(4)
    pins.choose(7, add=True)
    pins.set_depth(24)
    pins.toggle(4)
    pins.clear()
    assert asked == [((), DEPTH), ((4,), DEPTH), ((4, 7), DEPTH), ((4, 7), 24), ((7,), 24), ((), 24)]
    assert heard == [(4,), (4, 7), (7,), ()]


def test_the_same_is_asked_again_where_other_data_have_joined() -> None:
    pins, asked, heard = pins_that_ask()
    pins.choose(4)
    pins.ask_again()
    assert asked == [((), DEPTH), ((4,), DEPTH), ((4,), DEPTH)]
    assert heard == [(4,)]


def test_what_was_pinned_before_anybody_could_answer_is_asked_about_then() -> None:
    pins = PinnedQueries()
    asked: Asked = []
    pins.set([3, 1])
    pins.attach(lambda items, depth, _among: asked.append((tuple(items), depth)))
    assert asked == [((3, 1), DEPTH)]


@given(st.lists(st.tuples(st.sampled_from(["choose", "add", "toggle", "unpin"]), st.integers(0, 15)), max_size=60))
def test_items_are_unique_few_and_the_newest_is_last(actions: list[tuple[str, int]]) -> None:
    pins, _, _ = pins_that_ask()
    for action, item in actions:
        before, looked_at = pins.items, pins.looked_at
        if action == "add":
            pins.choose(item, add=True)
        else:
            getattr(pins, action)(item)
        assert len(set(pins.items)) == len(pins.items) <= MOST_PINNED
        assert pins.looked_at == -1 or pins.looked_at in pins.items
        if action == "choose" and item not in before:
            stay = tuple(other for other in before if other != looked_at)
            assert pins.items == (*stay, item)[-MOST_PINNED:]
            assert pins.looked_at == item
        elif action == "choose":
            assert (pins.items, pins.looked_at) == (before, looked_at)
        elif action == "unpin" or (action == "toggle" and item in before):
            assert pins.items == tuple(other for other in before if other != item)
        else:
            assert item in pins.items
            assert item in before or pins.items[-1] == item


def test_each_keeps_its_number_while_it_is_pinned_and_a_new_one_has_the_least_that_is_free() -> None:
    pins = PinnedQueries()
    pins.set([30, 10, 20])
    assert pins.numbers == {30: 1, 10: 2, 20: 3}
    pins.unpin(10)
    assert pins.numbers == {30: 1, 20: 3}
    pins.choose(40, add=True)
    assert pins.numbers == {30: 1, 20: 3, 40: 2}
    pins.set(range(100, 100 + MOST_PINNED))
    pins.choose(7, add=True)
    assert sorted(pins.numbers.values()) == list(range(1, MOST_PINNED + 1))
    assert pins.numbers[7] == 1, "that of the oldest, which was let go"


def test_neighbours_are_sought_among_some_items_until_they_are_not() -> None:
    pins = PinnedQueries()
    asked: list[IntArray | None] = []
    pins.attach(lambda _items, _depth, among: asked.append(among))
    some = np.arange(4)
    pins.set_among(some)
    pins.set_among(some)
    assert pins.among is some
    pins.set_among(None)
    assert asked == [None, some, None]


def test_a_click_replaces_what_was_looked_at_and_nothing_that_was_pinned() -> None:
    pins = PinnedQueries()
    told: list[int] = []
    pins.kept.connect(told.append)
    pins.choose(1)
    pins.choose(2)
    assert list(pins.items) == [2]
    pins.choose(3, add=True)  # as Ctrl+click does: both are pinned then
    pins.choose(4)
    pins.choose(5)
    assert (list(pins.items), pins.looked_at, told) == ([2, 3, 5], 5, [2])
    pins.keep(5)
    pins.choose(6)
    pins.unpin(6)
    pins.choose(7)
    assert (list(pins.items), told) == ([2, 3, 5, 7], [2, 5])
    pins.set((2,))  # as going back to it does
    pins.choose(8)
    assert list(pins.items) == [8]
