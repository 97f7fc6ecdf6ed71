from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.ui.map.canvas.map_cursor import NEAR, nearest_towards

PLACES = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=30)
WAYS = st.sampled_from([(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])


@given(PLACES, WAYS)
def test_the_next_item_lies_ahead_and_none_is_nearer_straight_on(
    places: list[tuple[int, int]], way: tuple[float, float]
) -> None:
    found = nearest_towards(np.array(places, np.float64), np.zeros(2), *way)
    ahead = [x * way[0] + y * way[1] for x, y in places]
    aside = [abs(x * way[1] - y * way[0]) for x, y in places]
    if found < 0:
        assert max(ahead) <= NEAR
        return
    assert ahead[found] > NEAR
    straight = [a for a, b in zip(ahead, aside, strict=True) if a > NEAR and b == 0]
    assert not straight or ahead[found] <= min(straight)
    if any(a > NEAR and b <= a for a, b in zip(ahead, aside, strict=True)):
        assert aside[found] <= ahead[found]


@given(PLACES, WAYS)
def test_the_way_back_leads_somewhere(places: list[tuple[int, int]], way: tuple[float, float]) -> None:
    every = np.array([(0, 0), *places], np.float64)
    found = nearest_towards(every, every[0], *way)
    if found >= 0:
        assert nearest_towards(every, every[found], -way[0], -way[1]) >= 0


def test_items_without_a_place_are_passed_over() -> None:
    places = np.array([[np.nan, np.nan], [5, 5], [np.nan, 0]], np.float64)
    assert nearest_towards(places, np.zeros(2), 1.0, 0.0) == 1
    assert nearest_towards(places[:1], np.zeros(2), 1.0, 0.0) == -1
