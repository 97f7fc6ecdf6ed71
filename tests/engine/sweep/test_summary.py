from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from explorer.core.recipe import Recipe
from explorer.engine.sweep.plan import PlannedRun
from explorer.engine.sweep.queue import Entry
from explorer.engine.sweep.summary import Combination, _interval, combinations_found, verdict
from explorer.evaluation.intervals import wilson


def found_of(scores: dict[str, list[float | None]], rungs: dict[str, int] | None = None) -> tuple[Combination, ...]:
    runs, entries = [], []
    for loss, some in scores.items():
        for seed, score in enumerate(some):
            runs.append(PlannedRun(f"{loss}-{seed}", (("loss", loss),), Recipe(seed=seed)))
            state = "failed" if score is None else "done"
            entries.append(Entry(f"{loss}-{seed}", state, (rungs or {}).get(loss, 0), score))  # type: ignore[arg-type]
    return combinations_found(runs, entries, ())


def test_a_combination_has_the_mean_of_its_seeds_and_students_interval() -> None:
    poor, good = [0.5, 0.52, 0.51], [0.7, 0.75, 0.71]
    best, other, broken = found_of({"poor": [*poor], "none": [None, None], "good": [*good]})
    assert [str(one) for one in (best, other, broken)] == ["loss=good", "loss=poor", "loss=none"]
    theirs = ttest_1samp(good, 0).confidence_interval()
    assert (best.mean, best.low, best.high) == pytest.approx((np.mean(good), theirs.low, theirs.high))
    assert (broken.failed, isnan(broken.mean), broken.scores) == (2, True, {})


def test_seeds_that_agree_have_the_interval_of_their_queries() -> None:
    assert _interval(np.array([0.9, 0.9]), 400)[1:] == wilson(0.9, 400)
    assert _interval(np.array([0.9]), 200)[1:] == wilson(0.9, 200)
    mean, low, high = _interval(np.array([0.6, 0.99]), 400)
    assert mean == pytest.approx(0.795)
    assert (low, high) == (0.0, 1.0)


def test_those_left_behind_come_after_those_that_went_on() -> None:
    found = found_of({"a": [0.9], "b": [0.5]}, {"a": 0, "b": 2})
    assert [(str(one), one.whole) for one in found] == [("loss=b", True), ("loss=a", False)]


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"a": [0.9, 0.91, 0.92], "b": [0.5, 0.51, 0.52]}, "loss=a is better than all others"),
        ({"a": [0.9, 0.5, 0.7], "b": [0.5, 0.8, 0.6]}, "loss=a has the best mean of 3 seeds, but cannot be told apart"),
        ({"a": [0.9], "b": [0.5]}, "with 1 seed: too few to say which is best"),
        ({"a": [0.9, 0.9], "b": [0.5, 0.5]}, "with 2 seeds: too few to say which is best"),
    ],
)
def test_one_sentence_says_what_the_seeds_allow(scores: dict[str, list[float | None]], said: str) -> None:
    sentence = verdict(found_of(scores))
    assert said in sentence
    assert sentence.endswith("flattered by having been chosen.")


def test_of_one_combination_nothing_is_said() -> None:
    assert verdict(found_of({"a": [0.9, 0.8]})) == ""
    assert verdict(()) == ""
