from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.ui.widgets.series import Series, smoothed

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=2000)


@given(values)
def test_nothing_is_lost(numbers: list[float]) -> None:
    series = Series()
    for step, number in enumerate(numbers):
        series.append(step, number)
    assert len(series) == len(numbers)
    assert series.column().tolist() == numbers
    assert series.last == (len(numbers) - 1, numbers[-1])


@given(values, st.integers(1, 300))
def test_what_is_drawn_is_thin_and_ends_at_the_newest_point(numbers: list[float], points: int) -> None:
    series = Series()
    for step, number in enumerate(numbers):
        series.append(step, number)
    drawn = series.thinned(points)
    assert len(drawn) <= points + 1 or len(drawn) == len(numbers) <= points
    assert drawn[-1].tolist() == [len(numbers) - 1, numbers[-1]]
    assert np.all(np.diff(drawn[:, 0]) >= 0)
    assert drawn[:, 1].min() >= min(numbers) - 1e-6
    assert drawn[:, 1].max() <= max(numbers) + 1e-6


@given(values, st.integers(1, 300))
def test_the_spread_holds_every_value_that_is_not_drawn(numbers: list[float], points: int) -> None:
    series = Series()
    for step, number in enumerate(numbers):
        series.append(step, number)
    drawn, ends = series.thinned(points), series.spread(points)
    assert len(ends) == len(drawn)
    assert ends.min() == min(numbers)
    assert ends.max() == max(numbers)
    room = 1e-9 * np.abs(ends).max() + 1e-9
    assert np.all((ends[:, 0] <= drawn[:, 1] + room) & (drawn[:, 1] <= ends[:, 1] + room))


def test_a_moving_mean_is_centred_and_leaves_a_line_as_it_is() -> None:
    line = np.linspace(3, 7, 20)
    assert np.allclose(smoothed(line, 4), line)
    assert smoothed(np.array([0.0, 3.0, 0.0, 0.0]), 1).tolist() == [0, 1, 1, 0]


def test_the_nearest_point_is_found() -> None:
    series = Series(columns=2)
    assert series.at(3) is None
    for step in (0, 10, 20):
        series.append(step, step / 2, step * 2)
    assert series.at(14) == (10, 5, 20)
    assert series.at(99) == (20, 10, 40)
