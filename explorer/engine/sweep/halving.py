"""Successive halving: all combinations train for a part of the budget, and the better half of them goes on.

Jamieson and Talwalkar, Non-stochastic best arm identification and hyperparameter optimization, 2016. A run is planned
for the whole budget from the beginning and only stopped within: who reaches the end is what it would have been alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, log2

from explorer.engine.sweep.plan import PlannedRun, Setting
from explorer.engine.sweep.queue import Entry
from explorer.engine.sweep.rounds import Rounds

FEWEST_EPOCHS_SHARE = 8
"""The first rung has an eighth of the epochs at least."""


class Halving(Rounds):
    """The rungs of a sweep, which count from 0."""

    def __init__(self, runs: Sequence[PlannedRun]) -> None:
        super().__init__(runs)
        combinations = len({run.settings for run in runs})
        self._rungs = 1 + (min(int(log2(FEWEST_EPOCHS_SHARE)), int(log2(combinations))) if combinations > 1 else 0)

    @property
    def words(self) -> str:
        """What is said of the rung; empty where there is one alone."""
        return f" in round {self.rung + 1} of {self._rungs}" if self._rungs > 1 else ""

    @property
    def halved(self) -> int:  # type: ignore[override]  # here it depends on the rung
        """How often the epochs are halved in this rung."""
        return self._rungs - 1 - self.rung

    def go_on(self, last: Mapping[str, Entry]) -> None:
        """Go on to the next rung with the better half of the combinations, by the mean score of their seeds.

        A combination that failed with any seed is out.
        """
        self.rung += 1
        if self.rung >= self._rungs:
            self.left = ()
            return
        scores: dict[tuple[Setting, ...], list[float]] = {}
        for run in self.left:
            entry = last[run.name]
            score = -1.0 if entry.score is None or entry.state == "failed" else entry.score
            scores.setdefault(run.settings, []).append(score)
        ranked = sorted(scores, key=lambda settings: -sum(scores[settings]) / len(scores[settings]))
        kept = [settings for settings in ranked[: ceil(len(ranked) / 2)] if min(scores[settings]) >= 0]
        self.left = tuple(run for run in self.left if run.settings in kept)
