"""What Optuna is asked for, and that its study is the same after any end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.engine.sweep.asked import FIRST, Asked, check_asked
from explorer.engine.sweep.plan import PlannedRun, axis_of, combinations
from explorer.engine.sweep.queue import Entry

pytest.importorskip("optuna")

BASE = Recipe(seed=3)
AXES = [axis_of("loss=triplet,supcon"), axis_of("loss.margin=0.05:0.8"), axis_of("encoder.dimension=8:64:log")]
BEST = 0.3


def asked(entries: Sequence[Entry] = (), *, draw: int = 24, at_once: int = 1, metric: str = "recall@1") -> Asked:
    return Asked(BASE, AXES, draw=draw, seeds=2, metric=metric, entries=entries, at_once=at_once)


def measured(run: PlannedRun) -> Entry:
    """Return an entry by which triplet is better, the nearer its margin is to ``BEST``."""
    margin = dict(run.settings).get("loss.margin")
    score = 0.1 if margin is None else 1 - abs(float(margin) - BEST) + 0.01 * run.recipe.seed
    figures = {"recall@1": score, "mean_error": 1 - score}
    return Entry(run.name, "done", 0, score, figures=figures, settings=run.settings)


def train(rounds: Asked, entries: list[Entry], most: int = 1000) -> None:
    """Train so many runs at most, keeping what the queue would."""
    while rounds.left and len(entries) < most:
        entries.extend(map(measured, rounds.left[: most - len(entries)]))
        rounds.go_on({entry.run: entry for entry in entries})


def test_it_begins_evenly_and_then_goes_where_values_are_good() -> None:
    rounds, entries = asked(draw=40), list[Entry]()
    train(rounds, entries)
    assert len(entries) == len({entry.run for entry in entries}) == rounds.runs == 80
    assert rounds.known == tuple(rounds.known)
    trials = [dict(run.settings) for run in rounds.known[::2]]
    even = [dict(settings) for settings in combinations(AXES, FIRST, BASE.seed)]
    assert [trial["encoder.dimension"] for trial in trials[:FIRST]] == [one["encoder.dimension"] for one in even]
    off = [abs(float(trial.get("loss.margin", 0.8)) - BEST) for trial in trials]
    assert sum(off[-10:]) < sum(off[:10]) / 2
    assert all(8 <= int(trial["encoder.dimension"]) <= 64 for trial in trials)
    assert {entry.settings for entry in entries} == {run.settings for run in rounds.known}


@pytest.mark.parametrize("stopped", [1, 5, 20, 31])
def test_a_study_that_is_made_anew_goes_on_as_it_would_have(stopped: int) -> None:
    straight, whole = list[Entry](), list[Entry]()
    train(asked(draw=18), straight)
    train(asked(draw=18), whole, stopped)
    train(asked(whole, draw=18), whole)
    assert whole == straight


def test_several_train_at_once_and_a_trial_is_not_asked_for_twice() -> None:
    rounds = asked(at_once=5)
    assert len(rounds.left) == 6  # whole trials, of two seeds each
    assert len({run.name for run in rounds.left}) == 6
    only = Asked(BASE, [axis_of("loss=triplet,supcon")], draw=20, seeds=1, metric="recall@1")
    entries: list[Entry] = []
    train(only, entries)
    assert (len(entries), only.runs) == (2, 2)  # there are no others


def test_a_failed_one_is_passed_over_and_what_nobody_measures_is_told() -> None:
    rounds = asked()
    failed = [Entry(run.name, "failed", settings=run.settings) for run in rounds.left]
    rounds.go_on({entry.run: entry for entry in failed})
    assert rounds.before == 2
    done = measured(rounds.left[0])
    with pytest.raises(UserError, match=r"No run measures mapr\. Say another one: recall@1, mean_error"):
        asked(metric="mapr").go_on({done.run: done})


def test_what_is_better_the_lower_it_is_becomes_lower() -> None:
    rounds, entries = asked(draw=30, metric="mean_error"), list[Entry]()
    train(rounds, entries)
    error = [entry.figures["mean_error"] for entry in entries]
    assert sum(error[-20:]) < 0.7 * sum(error[:20])


def test_trials_outside_of_the_axes_are_of_another_sweep() -> None:
    entries: list[Entry] = []
    train(asked(draw=4), entries)
    margins = [float(dict(entry.settings).get("loss.margin", 0)) for entry in entries]
    narrow = [AXES[0], axis_of(f"loss.margin={max(margins) + 0.01}:2"), AXES[2]]
    again = Asked(BASE, narrow, draw=4, seeds=2, metric="recall@1", entries=entries)
    assert all(
        dict(run.settings).get("loss.margin") is None for run in again.known if run.name in {e.run for e in entries}
    )
    assert again.left
    wide = asked(entries, draw=4)
    assert not wide.left


@pytest.mark.parametrize("text", ["loss=triplet,nosuch", "loss.margin=0.1:1e9", "loss.nosuch=1,2"])
def test_a_value_that_is_not_allowed_is_refused_before_any_is_trained(text: str) -> None:
    with pytest.raises(UserError):
        Asked(BASE, [axis_of(text)], draw=2, seeds=1, metric="recall@1")


def test_a_figure_that_is_none_is_refused_before_any_is_trained() -> None:
    with pytest.raises(UserError, match=r"No run measures nosuch\. Say another one: recall@1, map@r"):
        check_asked(4, 1, "nosuch", halving=False)
