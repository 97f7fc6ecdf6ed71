from __future__ import annotations

import math

from explorer.evaluation.figures import Figure, interval, listed, number


def test_intervals_stand_beside_their_figures() -> None:
    found = listed({"eer": 0.2, "eer_low": 0.1, "eer_high": 0.3, "auc": 0.9, "pairs": 1200})
    assert [figure.name for figure in found] == ["eer", "auc", "pairs"]
    assert (found[0].value, found[0].low, found[0].high) == (0.2, 0.1, 0.3)
    assert math.isnan(found[1].low)
    assert isinstance(found[2].value, int)


def test_an_accuracy_keeps_its_interval_inside_what_is_possible() -> None:
    (found,) = listed({"5-way 1-shot": {"accuracy": 0.99, "ci95": 0.02, "episodes": 600}})
    assert (found.value, found.high) == (0.99, 1.0)
    assert math.isclose(found.low, 0.97)


def test_a_name_that_only_ends_like_an_interval_is_a_figure() -> None:
    assert [figure.name for figure in listed({"gap_low": 0.5})] == ["gap_low"]


def test_numbers_and_intervals_as_text() -> None:
    assert [number(value) for value in (1234567, 0.12345, -0.5, math.nan)] == ["1,234,567", "0.1235", "-0.5000", "–"]
    assert interval(Figure("eer", 0.2, 0.1, 0.30004)) == "0.1000 – 0.3000"
    assert interval(Figure("eer", 0.2, 0.1, 0.30004), digits=2) == "0.10 – 0.30"
    assert interval(Figure("auc", 0.2)) == "–"
