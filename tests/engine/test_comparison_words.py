from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from explorer.core.registry import Scalar
from explorer.engine.compared_runs import ComparedRuns
from explorer.engine.comparison_words import verdict
from explorer.evaluation.mcnemar import mcnemar
from explorer.evaluation.paired import Paired
from explorer.evaluation.query_changes import QueryChanges

MARGIN = {"loss.margin": (0.1, 0.2)}


def compared(
    fixed: int, broken: int, differences: Mapping[str, tuple[Scalar | None, Scalar | None]], low: float = 0.01
) -> ComparedRuns:
    a, b = np.ones(200, np.bool_), np.ones(200, np.bool_)
    a[:fixed], b[fixed : fixed + broken] = False, False
    every = np.arange(200)
    changes = QueryChanges(every, a, b, every[:, None], every[:, None], mcnemar(a, b), {}, ())
    by_class = Paired(0, 0, 0.02, low, 0.1, 0.04)
    return ComparedRuns({"recall@1": by_class}, 200, 20, dict(differences), changes)


@pytest.mark.parametrize(
    ("fixed", "broken", "differences", "low", "said"),
    [
        (20, 3, MARGIN, 0.01, ["The second run is right more", "20 fixed and 3 broken of 200 queries", "trained once"]),
        (3, 20, MARGIN, 0.01, ["The first run is right more often", "recall@1 -0.0850"]),
        (20, 3, MARGIN, -0.01, ["on other classes cannot be said"]),
        (6, 4, MARGIN, 0.01, ["It cannot be said which run is right more often", "p = 0.754", "agrees with that"]),
        (0, 0, {}, 0.01, ["No query of 200 is right in one of the two alone", "the two have one recipe"]),
        (20, 3, {"seed": (0, 1)}, 0.01, ["one recipe with two seeds"]),
    ],
)  # fmt: skip
def test_one_sentence_says_what_can_be_said_and_what_cannot(
    fixed: int, broken: int, differences: Mapping[str, tuple[Scalar, Scalar]], low: float, said: list[str]
) -> None:
    sentence = verdict(compared(fixed, broken, differences, low))
    assert all(words in sentence for words in said), sentence
    assert sentence.count(".") == sentence.count("0.") + 1


def test_what_is_found_among_several_comparisons_may_be_chance() -> None:
    found = compared(9, 1, MARGIN)
    assert verdict(found).startswith("The second run is right more often")
    assert verdict(found, names=("A", "B")).startswith("B is right more often")
    assert verdict(compared(1, 9, MARGIN), names=("A", "B")).startswith("A is right more often")
    assert verdict(found, 0.064).startswith("It cannot be said")
    assert verdict(ComparedRuns({}, 1, 1, {})) == ""


def test_one_recipe_at_the_end_is_not_one_way_there() -> None:
    one = compared(0, 0, {})
    assert "what was changed" in verdict(one)
    longer = replace(one, steps=(120, 1240))
    assert "trained for 120 and 1,240 steps, of which any difference may be." in verdict(longer)
    assert "1,240 steps, and each recipe once" in verdict(replace(compared(0, 0, MARGIN), steps=(120, 1240)))
    assert "not the same was changed live" in verdict(replace(longer, changed=(("At step 2: miner all → hard",), ())))
    assert "schedules began anew" in verdict(replace(one, longer=((2, 6), (6,))))
    assert "schedules began anew" not in verdict(replace(one, longer=((6,), (6,))))
    assert "not the same was changed live" in verdict(replace(one, changed=(("At step 2: miner all → hard",), ())))
