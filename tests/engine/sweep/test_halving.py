from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.recipe import Recipe
from explorer.engine.sweep.halving import Halving
from explorer.engine.sweep.plan import PlannedRun
from explorer.engine.sweep.queue import Entry
from explorer.engine.sweep.rounds import Rounds
from explorer.engine.sweep.train_one import Job


def runs(count: int, seeds: int = 1) -> tuple[PlannedRun, ...]:
    return tuple(
        PlannedRun(f"{number}-{seed}", (("loss.margin", str(number)),), Recipe(seed=seed))
        for seed in range(seeds)
        for number in range(count)
    )


def epochs_of(rounds: Rounds, whole: int) -> int:
    """Return how many epochs a run of ``whole`` has had at the end of a round."""
    return Job(rounds.left[0], Path(), "", rounds.rung, rounds.halved).until(whole)


def scored(of: tuple[PlannedRun, ...], rung: int, failed: str = "") -> dict[str, Entry]:
    """Return entries by which the larger margins are better."""
    return {
        run.name: Entry(run.name, "failed" if run.name == failed else "done", rung, float(run.settings[0][1]) / 100)
        for run in of
    }


def test_without_halving_all_train_to_the_end_in_one_rung() -> None:
    of = runs(5)
    one = Rounds(of)
    assert (one.left, one.words, epochs_of(one, 7), epochs_of(one, 0)) == (of, "", 7, 0)
    one.go_on(scored(of, 0))
    assert one.left == ()
    assert Halving(runs(1, seeds=3)).words == ""


def test_the_better_half_goes_on_with_all_of_its_seeds() -> None:
    one = Halving(runs(8, seeds=2))
    left, epochs = [], []
    while one.left:
        left.append(sorted({run.settings[0][1] for run in one.left}))
        epochs.append((epochs_of(one, 16), one.words))
        assert len(one.left) == 2 * len(left[-1])
        one.go_on(scored(one.left, one.rung))
    assert left == [list("01234567"), list("4567"), list("67"), ["7"]]
    assert epochs == [
        (2, " in round 1 of 4"),
        (4, " in round 2 of 4"),
        (8, " in round 3 of 4"),
        (16, " in round 4 of 4"),
    ]


@pytest.mark.parametrize(("whole", "expected"), [(1, [1, 1, 1]), (3, [1, 1, 3]), (10, [2, 5, 10])])
def test_a_rung_has_an_epoch_at_least_and_the_last_has_all(whole: int, expected: list[int]) -> None:
    one = Halving(runs(4))
    found = []
    while one.left:
        found.append(epochs_of(one, whole))
        one.go_on(scored(one.left, one.rung))
    assert found == expected


def test_a_combination_that_failed_with_one_seed_is_out() -> None:
    of = runs(4, seeds=2)
    one = Halving(of)
    one.go_on(scored(of, 0, failed="3-1"))
    assert {run.settings[0][1] for run in one.left} == {"1", "2"}
