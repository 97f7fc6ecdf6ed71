"""What is said of runs beside the first one."""

from __future__ import annotations

import pytest

from explorer.engine.compared_several import BY_QUERIES, Beside, verdict_on
from explorer.evaluation.paired import Paired


def beside(difference: float, p: float) -> Beside:
    return Beside("other", 100, 5, {BY_QUERIES: Paired(0.5, 0.5 + difference, difference, -1.0, 1.0, p)})


@pytest.mark.parametrize(
    ("difference", "p", "words"),
    [
        (0.1, 0.01, "it is better than the first."),
        (-0.1, 0.01, "it is worse than the first."),
        (0.1, 0.2, "it cannot be told apart from the first."),
    ],
)
def test_one_run_is_not_counted(difference: float, p: float, words: str) -> None:
    assert verdict_on([beside(difference, p)]) == f"By recall@1 {words}"


def test_more_are() -> None:
    assert verdict_on([beside(0.1, 0.01), beside(-0.1, 0.01), beside(0.0, 1.0)]) == (
        "By recall@1 1 of 3 runs are better and 1 worse than the first; 1 cannot be told apart from it."
    )
    assert verdict_on([Beside("other", 100, 5, {})]) == ""
