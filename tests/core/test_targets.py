"""A number of every item: read from a column, compared around a period."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.targets import apart, numeric_columns, target_of

COLUMNS = {"age": ["3", "", "4.5", "NaN", " 70 "], "name": ["a", "b", "c", "d", "e"], "one": ["1"] * 5}
ODD = {"far": ["1", "2", "-1.7e308", "3", "4"], "long": ["1" * 400, "2", "3", "4", "5"]}


def test_empty_cells_have_no_number() -> None:
    target = target_of(COLUMNS, "age", 0.0)
    np.testing.assert_array_equal(target.values, [3.0, np.nan, 4.5, np.nan, 70.0])
    assert target.known.tolist() == [True, False, True, False, True]
    assert target.of(np.array([4, 0])).values.tolist() == [70.0, 3.0]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("name", "holds 'a', which is no number"),
        ("one", "fewer than 3 numbers, or all are one"),
        ("x", "no column 'x'"),
        ("far", "holds '-1.7e308', which is too large: the largest is 1e[+]100"),
        ("long", r"holds '1{79}…, which is no number"),
    ],
)
def test_other_columns_are_refused(name: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        target_of(COLUMNS | ODD, name, 0.0)


def test_classes_that_are_called_by_numbers_are_a_target() -> None:
    target = target_of({}, "class", 0.0, (np.array([1, 0, -1, 2]), ("10", "20", "35")))
    np.testing.assert_array_equal(target.values, [20.0, 10.0, np.nan, 35.0])


def test_the_way_around_is_the_shorter_one() -> None:
    a, b = np.array([350.0, 10.0, 0.0]), np.array([10.0, 350.0, 180.0])
    assert apart(a, b, 360.0).tolist() == [20.0, 20.0, 180.0]
    assert apart(a, b, 0.0).tolist() == [340.0, 340.0, 180.0]


def test_large_numbers_keep_their_differences() -> None:
    values, period = target_of({"t": ["1700000000", "1700000001", "1700000004"]}, "t", 8.0).scaled()
    assert values.tolist() == [0.0, 0.25, 1.0]
    assert period == 2.0


def test_columns_of_numbers_are_offered() -> None:
    assert numeric_columns(COLUMNS) == ("age",)


@pytest.mark.parametrize("period", [1e-320, 1e-30, 6e-5])
def test_a_period_that_is_lost_in_rounding_is_refused(period: float) -> None:
    with pytest.raises(UserError, match=r"The target age spans 67, and begins anew after .*: too little to learn"):
        target_of(COLUMNS, "age", period)
    assert target_of(COLUMNS, "age", 7e-5).period == 7e-5
