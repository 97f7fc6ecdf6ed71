"""When the alarm is given, what it says, and that its remedies bring a run back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from explorer.core.events import ParameterChanged, RunStarted
from explorer.core.recipe import Part, Recipe
from explorer.core.types import PIXELS_RUN, Evaluation, StepMetrics, TripletCensus
from explorer.engine.run.alarms import LEAST_STEPS, LINE_RANK, STEPS, STUCK_STEPS, Alarm, AlarmWatch, Remedy
from tests.engine.conftest import SMALL, Desk

HEALTHY = StepMetrics("r", 1, 0, 0.1, 0.4, 1.0, 1e-3, 900.0, TripletCensus(0.2, 66, 30, 4), 0.12, 20.0, 1.1, 0.3)


def steps(watch: AlarmWatch, sample: StepMetrics, count: int, first: int = 1) -> list[Alarm]:
    return [alarm for i in range(count) for alarm in watch.look(replace(sample, step=first + i))]


def watch(**parts: str) -> AlarmWatch:
    recipe = Recipe()
    for kind, name in parts.items():
        recipe = recipe.with_value(kind, name)
    return AlarmWatch(recipe.resolved())


def test_a_healthy_run_is_left_alone() -> None:
    assert not steps(watch(), HEALTHY, 500)


def test_collapse_is_told_once_with_the_way_back_and_is_over_when_it_is() -> None:
    watching = watch(miner="hard")
    assert not steps(watching, HEALTHY, 100)
    fallen = replace(HEALTHY, spread=0.001, loss=0.2, active=1.0, hardest_positive=0.01)
    (alarm,) = steps(watching, fallen, 3 * STEPS, first=101)
    assert (alarm.kind, alarm.since, alarm.step) == ("collapse", 101, 100 + STEPS)
    assert "fell together at step 101" in alarm.message
    assert "at the margin 0.2" in alarm.message
    assert [remedy.action for remedy in alarm.remedies] == ["rewind", "set"]
    back = alarm.remedies[0]
    assert back.step < 101
    assert dict(back.changes) == {"optimiser.rate": 0.0006, "miner": "semi_hard"}
    (over,) = steps(watching, HEALTHY, 2, first=300)
    assert (over.kind, over.message) == ("collapse", "")


def test_the_triplet_loss_at_its_margin_is_a_collapse_even_from_the_first_step() -> None:
    fallen = replace(HEALTHY, spread=0.002, loss=0.201, active=1.0, hardest_positive=0.004)
    (alarm,) = steps(watch(miner="hard"), fallen, STEPS)
    assert alarm.kind == "collapse"


def test_a_run_that_ends_early_says_what_was_wrong_at_its_end() -> None:
    fallen = replace(HEALTHY, spread=0.001, loss=0.2, active=1.0, hardest_positive=0.01)
    short = watch(miner="hard")
    assert not short.end()
    assert not steps(short, HEALTHY, 10)
    assert not short.end()
    assert not steps(short, fallen, LEAST_STEPS - 1, first=11)
    assert not short.end(), "too few steps to tell"
    assert not steps(short, fallen, 1, first=10 + LEAST_STEPS)
    (alarm,) = short.end()
    assert (alarm.kind, alarm.since, alarm.step) == ("collapse", 11, 10 + LEAST_STEPS)
    assert alarm.remedies[0].action == "rewind"
    assert not short.end(), "once"
    told = watch(miner="hard")
    assert steps(told, fallen, STEPS)
    assert not told.end(), "it was told before"


def test_a_dead_loss_names_its_cause() -> None:
    dead = replace(HEALTHY, loss=0.0, active=0.0, census=TripletCensus(0.2, 100, 0, 0))
    (alarm,) = steps(watch(), dead, 2 * STEPS)
    assert alarm.kind == "dead"
    assert "every triplet of the batch is easy" in alarm.message
    assert [dict(remedy.changes) for remedy in alarm.remedies] == [{"loss.margin": 0.4}]
    (alarm,) = steps(watch(miner="easy"), dead, STEPS)
    assert [dict(remedy.changes) for remedy in alarm.remedies] == [{"miner": "semi_hard"}]


@pytest.mark.parametrize(
    ("sign", "kind"),
    [
        (replace(HEALTHY, hardest_positive=None, census=TripletCensus(0.2, 0, 0, 0)), "lone"),
        (replace(HEALTHY, hardest_negative=None, census=TripletCensus(0.2, 0, 0, 0)), "one class"),
        (replace(HEALTHY, effective_rank=LINE_RANK - 0.1), "line"),
    ],
)
def test_other_signs(sign: StepMetrics, kind: str) -> None:
    (alarm,) = steps(watch(), sign, 4 * STEPS)
    assert alarm.kind == kind
    assert alarm.remedies


def of_shares(watching: AlarmWatch, shares: list[float], first: int = 1) -> list[Alarm]:
    """Look at steps in whose batches so many of 1,000 triplets have the negative nearer."""
    found = []
    for i, share in enumerate(shares):
        census = TripletCensus(0.2, 1000 - round(1000 * share), 0, round(1000 * share))
        found += watching.look(replace(HEALTHY, step=first + i, census=census))
    return found


def test_batches_that_become_no_easier_are_told_and_are_over_when_they_do() -> None:
    watching = watch()
    alarm, over = of_shares(watching, [0.3] * 300 + [0.05] * 40)
    assert (alarm.kind, alarm.step) == ("stuck", STUCK_STEPS + LEAST_STEPS - 1)
    assert "30% of their triplets have the negative nearer: the labels may be wrong." in alarm.message
    assert not alarm.remedies
    assert (over.kind, over.message) == ("stuck", "")
    (alarm,) = of_shares(watch(), [0.3] * 5 + [0.4] * 60)
    assert (alarm.kind, alarm.step) == ("stuck", STEPS + LEAST_STEPS - 1)
    frozen = AlarmWatch(Recipe().with_value("optimiser.rate", 1e-6).resolved())
    (alarm,) = of_shares(frozen, [0.3] * 300)
    assert alarm.message.endswith("the learning rate 1e-06 is far from the usual 0.002.")
    assert [dict(remedy.changes) for remedy in alarm.remedies] == [{"optimiser.rate": 0.002}]


@pytest.mark.parametrize(
    ("shares", "parts"),
    [
        ([0.3] * 20 + [0.25] * 400, {}),
        ([0.03] * 400, {}),  # they were easy from the start
        ([0.3] * 190, {}),
        ([0.3] * 400, {"sampler": "class_mining"}),  # it looks for hard ones
        ([0.3] * 400, {"loss": "log_ratio"}),  # which learns no classes
    ],
)
def test_batches_of_which_that_cannot_be_said_are_left_alone(shares: list[float], parts: dict[str, str]) -> None:
    assert not of_shares(watch(**parts), shares)


def evaluation(run: str, step: int, recall: float, **other: Any) -> Evaluation:
    return replace(Evaluation(run, step, "held-out", {"recall@1": recall}, 100, 10, False), **other)


def evaluated(watching: AlarmWatch, recalls: list[float], raw: float | None = 0.8, first: int = 0) -> list[Alarm]:
    """Evaluate every 40 steps."""
    beside = None if raw is None else evaluation(PIXELS_RUN, 0, raw)
    runs = [evaluation("r", first + 40 * i, recall) for i, recall in enumerate(recalls)]
    return [alarm for one in runs for alarm in watching.evaluated(one, beside)]


def test_a_run_that_stays_below_the_raw_data_is_told_and_that_is_over_when_it_comes_above() -> None:
    watching = watch()
    (alarm,) = evaluated(watching, [0.7, 0.71, 0.72, 0.72, 0.71, 0.72, 0.72])
    assert (alarm.kind, alarm.step) == ("below raw", 200)
    assert "raw data in 80.0% (cosine), by what was learned in 72.0%" in alarm.message
    assert not alarm.remedies
    (over,) = evaluated(watching, [0.81, 0.7], first=300)
    assert (over.kind, over.message) == ("below raw", "")
    fast = AlarmWatch(Recipe().with_value("optimiser.rate", 0.3).resolved())
    (alarm,) = evaluated(fast, [0.7] * 8)
    assert [dict(remedy.changes) for remedy in alarm.remedies] == [{"optimiser.rate": 0.002}]


@pytest.mark.parametrize(
    ("recalls", "raw"),
    [
        ([0.7, 0.82, 0.73, 0.73, 0.73, 0.73, 0.73], 0.8),  # it was above
        ([0.7, 0.5, 0.5, 0.7, 0.5, 0.5], None),  # never three in a row
        ([0.5, 0.55, 0.6, 0.64, 0.67, 0.7, 0.73], 0.8),  # it rises
        ([0.7] * 5, 0.8),  # too early
        ([0.7] * 9, None),  # nothing to compare with
    ],
)
def test_a_run_of_which_that_cannot_be_said_is_left_alone(recalls: list[float], raw: float | None) -> None:
    assert not evaluated(watch(), recalls, raw)


def test_recall_that_falls_is_told_with_the_way_back_until_it_rises() -> None:
    watching = watch()
    (alarm,) = evaluated(watching, [0.7, 0.72, 0.6, 0.58, 0.61, 0.6, 0.6, 0.6])
    assert (alarm.kind, alarm.since, alarm.step) == ("fallen", 80, 160)
    assert "fell from 72.0% to 61.0% since step 80." in alarm.message
    assert [remedy.action for remedy in alarm.remedies] == ["rewind"]
    over, *others = evaluated(watching, [0.64, 0.64, 0.64, 0.64], first=320)
    assert (over.kind, over.message) == ("fallen", "")
    assert [other.kind for other in others] == ["below raw"]


def test_recall_of_few_items_that_falls_is_told_with_how_many_there_are() -> None:
    watching = watch()
    recalls = [0.7, 0.72, 0.6, 0.58, 0.61]
    found = [evaluation("r", 40 * (place + 1), recall, items=27) for place, recall in enumerate(recalls)]
    (alarm,) = [alarm for one in found for alarm in watching.evaluated(one, None)]
    assert "of only 27 held-out items fell from 72.0% to 61.0%" in alarm.message


def test_recall_of_other_items_is_no_fall() -> None:
    watching = watch()
    grown = [evaluation("r", 40 * i, 0.8 - 0.1 * i, items=100 * (i + 1)) for i in range(6)]
    assert not [alarm for one in grown for alarm in watching.evaluated(one, None)]


def test_only_held_out_items_among_themselves_are_compared_with_the_raw_data() -> None:
    watching, raw = watch(), evaluation(PIXELS_RUN, 0, 0.8)
    for step in range(0, 400, 40):
        assert not watching.evaluated(evaluation("r", step, 0.5, part="train"), raw)
        assert not watching.evaluated(evaluation("r", step, 0.5, protocol="cross_modal"), raw)


def test_a_run_that_is_not_seen_from_its_start_is_not_judged_by_its_batches() -> None:
    assert not of_shares(watch(), [0.3] * 400, first=500)


def test_a_classifier_needs_no_pairs_and_a_loss_above_zero_is_not_dead() -> None:
    without = replace(HEALTHY, hardest_positive=None, census=TripletCensus(0.2, 0, 0, 0))
    assert not steps(watch(loss="softmax"), without, 200)
    assert not steps(watch(loss="prototypical"), replace(HEALTHY, active=0.0, loss=0.01), 200)


def test_embeddings_whose_length_is_free_may_shrink_and_a_fit_is_left_alone() -> None:
    recipe = Recipe().with_value("distance.normalise", False).resolved()
    small = replace(HEALTHY, spread=0.004)
    shrinking = AlarmWatch(recipe)
    assert not steps(shrinking, HEALTHY, 50) + steps(shrinking, small, 100, first=51)
    gone = replace(HEALTHY, spread=1e-9)
    watching = AlarmWatch(recipe)
    assert [alarm.kind for alarm in steps(watching, HEALTHY, 50) + steps(watching, gone, 100, first=51)] == ["collapse"]
    assert not steps(AlarmWatch(recipe.with_value("fitter", "lmnn")), replace(HEALTHY, active=0.0, loss=0.0), 100)


def test_what_an_older_version_did_not_measure_gives_no_alarm() -> None:
    old = replace(HEALTHY, spread=None, effective_rank=None, hardest_positive=None, hardest_negative=None)
    assert not steps(watch(), old, 200)


HOPELESS = SMALL.model_copy(
    update={
        "miner": Part(name="hard"),
        "distance": Part(name="euclidean", params={"normalise": False}),
        "optimiser": Part(name="sgd", params={"rate": 1.0}),
        "schedule": Part(name="constant"),
    }
)
"""The hardest negatives at far too high a rate: the textbook collapse, within some hundred steps."""


def test_a_real_collapse_rings_and_one_click_brings_the_run_back(start: Callable[..., Desk]) -> None:
    session, listener = start(recipe=HOPELESS)
    session.train()
    alarm = listener.until(Alarm, timeout=60)
    assert alarm.kind == "collapse"
    started = listener.until(RunStarted)
    before = listener.now()
    session.mend(alarm.remedies[0])
    again = listener.until(RunStarted, after=before)
    assert again.step <= alarm.since
    assert session.recipe.miner.name == "semi_hard"
    assert session.recipe.params("optimiser").rate == pytest.approx(0.3)
    assert started.run == alarm.run


@pytest.mark.full
def test_a_real_run_that_learns_nothing_is_told_beside_the_raw_data(start: Callable[..., Desk]) -> None:
    still = Part(name="sgd", params={"rate": 1e-6})
    # without a window each evaluation is waited for; how many a run of some epochs has goes by how fast it trains
    endless = SMALL.model_copy(update={"optimiser": still, "epochs": 100_000})
    session, listener = start(live=False, recipe=endless)
    session.train()
    alarm = listener.until(Alarm, lambda alarm: alarm.kind == "below raw", timeout=300)
    raw = listener.until(Evaluation, lambda found: found.run == PIXELS_RUN and found.part == "held-out")
    assert f"by raw data in {raw.metrics['recall@1']:.1%} (cosine)" in alarm.message
    assert [remedy.action for remedy in alarm.remedies] == ["restart"]


def test_a_live_remedy_changes_the_run_that_trains(start: Callable[..., Desk]) -> None:
    session, listener = start()
    session.train()
    listener.until(RunStarted)
    session.mend(Remedy("Margin", "set", (("loss.margin", 0.35),)))
    changed = listener.until(ParameterChanged)
    assert (changed.path, changed.new) == ("loss.margin", 0.35)
    assert session.recipe.params("loss").margin == 0.35
