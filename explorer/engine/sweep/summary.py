"""What a sweep found: each combination with its interval over the seeds, and in one sentence what that lets one say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from explorer.core.words import several
from explorer.engine.run_rows import RunRow
from explorer.engine.sweep.plan import PlannedRun, Setting
from explorer.engine.sweep.queue import Entry
from explorer.evaluation.intervals import Doubles, wilson
from explorer.evaluation.paired import paired_means

FEWEST_SEEDS = 3
"""Two may differ alike by chance, as shares of few queries often do."""


@dataclass(frozen=True, slots=True)
class Combination:
    """The recall@1 of a combination of values: of each seed, their mean and its 95 % interval; NaN without any.

    The interval is that of the mean over the seeds, by Student's t, and holds that of all their queries: few seeds may
    agree by chance. ``failed``: runs that failed. ``whole``: none was stopped early because it was in the worse half.
    """

    settings: tuple[Setting, ...]
    scores: dict[int, float]
    mean: float
    low: float
    high: float
    failed: int
    whole: bool

    def __str__(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.settings) or "as it is"


def combinations_found(
    runs: Sequence[PlannedRun], entries: Sequence[Entry], rows: Sequence[RunRow]
) -> tuple[Combination, ...]:
    """Return what each combination of a sweep came to, the best mean first; ``rows``: those of its runs, for intervals.

    Those that halving left behind come after those that went on.
    """
    known = {row.path.replace("\\", "/").rsplit("/", 1)[-1]: row for row in rows}
    grouped: dict[tuple[Setting, ...], list[tuple[PlannedRun, Entry]]] = {}
    for run, entry in zip(runs, entries, strict=True):
        grouped.setdefault(run.settings, []).append((run, entry))
    last = max((entry.rung for entry in entries), default=0)
    found = [_combination(settings, some, known, last) for settings, some in grouped.items()]
    return tuple(sorted(found, key=lambda one: (not one.whole, -np.nan_to_num(one.mean, nan=-1.0))))


def _combination(
    settings: tuple[Setting, ...], some: Sequence[tuple[PlannedRun, Entry]], known: dict[str, RunRow], last: int
) -> Combination:
    scores = {run.recipe.seed: entry.score for run, entry in some if entry.score is not None}
    failed = sum(entry.state == "failed" for _, entry in some)
    whole = all(entry.rung == last for _, entry in some)
    if not scores:
        return Combination(settings, {}, nan, nan, nan, failed, whole)
    asked = sum(known[run.name].queries for run, entry in some if entry.score is not None and run.name in known)
    mean, low, high = _interval(np.array(list(scores.values())), asked)
    return Combination(settings, scores, mean, low, high, failed, whole)


def _interval(scores: Doubles, queries: int) -> tuple[float, float, float]:
    """Return the mean of scores (S,) of the seeds and the ends of its interval; of so many ``queries`` in all."""
    mean = float(scores.mean())
    ends = [wilson(mean, queries)]
    if len(scores) > 1:
        of = paired_means(np.zeros(len(scores)), scores)
        ends.append((max(0.0, of.low), min(1.0, of.high)))
    lows, highs = (np.array(end) for end in zip(*ends, strict=True))
    return mean, float(np.fmin.reduce(lows)), float(np.fmax.reduce(highs))


def verdict(found: Sequence[Combination]) -> str:
    """Return in one sentence what a sweep lets anybody say, and what it does not; empty where nothing was measured."""
    measured = [one for one in found if one.scores and one.whole]
    if len(measured) < 2:
        return ""
    best, *others = measured
    flattered = f"the best of {len(found):,} is flattered by having been chosen"
    seeds = min(len(one.scores) for one in measured)
    if seeds < FEWEST_SEEDS:
        return f"Each was trained with {several(seeds, 'seed')}: too few to say which is best, and {flattered}."
    alike = [one for one in others if not _worse(best, one)]
    if not alike:
        return f"{best} is better than all others beyond what seeds make of it, though {flattered}."
    few = f"{alike[0]}{f' and {len(alike) - 1:,} more' if len(alike) > 1 else ''}"
    return f"{best} has the best mean of {seeds} seeds, but cannot be told apart from {few}, and {flattered}."


def _worse(best: Combination, other: Combination) -> bool:
    """Return whether another combination is worse with the same seeds, and the interval of that does not hold 0."""
    seeds = sorted(best.scores.keys() & other.scores.keys())
    if len(seeds) < FEWEST_SEEDS:
        return False
    a, b = (np.array([one.scores[seed] for seed in seeds]) for one in (other, best))
    return bool(paired_means(a, b).low > 0)
