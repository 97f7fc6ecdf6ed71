"""Combinations that Optuna asks for, each by what those before it came to.

The first ones are drawn evenly; then its tree-structured Parzen estimator proposes where good values are likely
(Bergstra et al., Algorithms for hyper-parameter optimization, 2011). Its study is made anew for each one from the lines
of the queue: nothing else is kept, and a sweep that was killed goes on as it would have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from statistics import fmean
from typing import TYPE_CHECKING, Any

from explorer.core.errors import UserError, printable
from explorer.core.extras import extra_line, installed
from explorer.core.figure_words import figure_words, lower_is_better
from explorer.core.recipe import Recipe
from explorer.engine.sweep.plan import MOST_RUNS, Axis, PlannedRun, Setting, combinations, planned_runs
from explorer.engine.sweep.queue import Entry
from explorer.engine.sweep.rounds import Rounds

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

METRICS = ("recall@1", "map@r", "r_precision", "nmi")
METRICS_OF_NUMBERS = ("mean_error", "spearman", "r2")
"""Figures that runs of classes, and of numbers, measure and that may shall be best."""
FIRST = 10
"""So many are drawn evenly before any is proposed."""
TRIES, SPREAD = 20, 256
"""So often another one is asked for where the proposed one was trained already; then so many are looked through that
are spread evenly, and after these all are taken to be trained."""

Trial = tuple[Setting, ...]


def check_asked(draw: int, seeds: int, metric: str, *, halving: bool) -> None:
    """Check that Optuna can be asked for so many combinations that are good by a figure.

    Raises
    ------
    UserError: if it is not installed, or that cannot be.
    """
    if not 0 < draw * seeds <= MOST_RUNS:
        raise UserError(
            "Optuna is asked for a number of combinations" if not draw else f"A sweep has at most {MOST_RUNS:,} runs",
            remedy="Say how many are drawn",
        )
    if halving:
        raise UserError("Optuna goes by whole runs", remedy="Leave out that only the better half goes on")
    if not figure_words(metric):
        raise UserError(f"No run measures {printable(metric)}", remedy=f"Say another one: {', '.join(METRICS)}")
    if not installed("optuna"):
        raise UserError("Optuna is not installed", remedy=f"Install it: {extra_line('optuna')}")


class Asked(Rounds):
    """The rounds of a sweep of which Optuna is asked for each combination.

    Parameters
    ----------
    base, axes, draw, seeds: what is trained, see ``combinations`` and ``planned_runs``. metric: what shall be best.
    entries: what the queue says already; trials outside of the axes are no part of this sweep. at_once: how many runs
    train side by side; a round has so many at least.

    Raises
    ------
    UserError: if there is no such key, or a value is not allowed: before any run is trained.
    """

    def __init__(
        self,
        base: Recipe,
        axes: Sequence[Axis],
        *,
        draw: int,
        seeds: int,
        metric: str,
        entries: Sequence[Entry] = (),
        at_once: int = 1,
    ) -> None:
        super().__init__(())
        self._base, self._axes, self._seeds, self._metric = base, axes, seeds, metric
        self._first = tuple(combinations(axes, min(draw, FIRST), base.seed))
        self._draw, self._at_once = draw, at_once
        self._check_values()
        self._trials: list[tuple[PlannedRun, ...]] = []
        self._last = {entry.run: entry for entry in entries}
        for trial in dict.fromkeys(entry.settings for entry in entries):
            if self._of_this(trial):
                self._add(trial)
        self._ask_more()

    def _check_values(self) -> None:
        """Plan a run of each value, or of both ends: one that is not allowed may be drawn after hours."""
        first = dict(self._first[0])
        ends = {axis.key: axis.values or (axis.at(0), axis.at(1)) for axis in self._axes}
        swept = [tuple((first | {key: value}).items()) for key, values in ends.items() for value in values]
        planned_runs(self._base, swept)

    def _of_this(self, trial: Trial) -> bool:
        axes = {axis.key: axis for axis in self._axes}
        return all(key in axes and axes[key].holds(value) for key, value in trial)

    @property
    def runs(self) -> int:
        """Of how many runs it is said which one trains."""
        return self._draw * self._seeds

    def go_on(self, last: Mapping[str, Entry]) -> None:
        """Ask for the next combinations; ``last``: what became of the runs, by their names."""
        self._last |= last
        figures = [entry.figures for entry in self._last.values() if entry.state == "done"]
        if figures and not any(self._metric in some for some in figures):
            known = ", ".join(dict.fromkeys(name for some in figures for name in some))
            raise UserError(
                f"No run measures {printable(self._metric)}", remedy=f"Say another one: {known}" if known else ""
            )
        self._ask_more()

    def _ended(self, run: PlannedRun) -> bool:
        return run.name in self._last and self._last[run.name].state != "started"

    def _ask_more(self) -> None:
        waiting = [run for trial in self._trials for run in trial if not self._ended(run)]
        while len(self._trials) < self._draw and len(waiting) < self._at_once:
            trial = self._new_trial()
            if trial is None:
                self._draw = len(self._trials)
                break
            waiting += trial
        self.left = tuple(waiting)
        self.known = tuple(run for trial in self._trials for run in trial)
        self.before = len(self.known) - len(waiting)

    def _add(self, settings: Trial) -> tuple[PlannedRun, ...] | None:
        """Take a combination among the trials; return its runs, None where they are there already."""
        trial = planned_runs(self._base, [settings], self._seeds)
        if any(trial[0].name == known[0].name for known in self._trials):
            return None
        self._trials.append(trial)
        return trial

    def _new_trial(self) -> tuple[PlannedRun, ...] | None:
        """Return the runs of one more combination, None where all that are proposed were trained."""
        for settings in self._first[len(self._trials) :]:
            if (trial := self._add(settings)) is not None:
                return trial
        proposed = (self._proposed(attempt) for attempt in range(TRIES))
        for settings in chain(proposed, combinations(self._axes, SPREAD, self._base.seed + 1)):
            if (trial := self._add(settings)) is not None:
                return trial
        return None

    def _proposed(self, attempt: int) -> Trial:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        seed = (self._base.seed * 1_000_003 + len(self._trials) * TRIES + attempt) % 2**32
        study = optuna.create_study(
            direction="minimize" if lower_is_better(self._metric) else "maximize",
            sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=1, constant_liar=True),
        )
        distributions = {axis.key: _distribution(axis) for axis in self._axes}
        for trial in self._trials:
            self._tell(study, trial, distributions)
        asked = study.ask(fixed_distributions=distributions)
        return tuple((axis.key, axis.written(asked.params[axis.key])) for axis in self._axes)

    def _tell(self, study: Study, trial: Sequence[PlannedRun], distributions: Mapping[str, BaseDistribution]) -> None:
        """Let a study know of a trial: the mean of its seeds, or that it failed or still trains."""
        from optuna.trial import TrialState, create_trial

        axes = {axis.key: axis for axis in self._axes}
        entries = [self._last.get(run.name) for run in trial]
        found = [entry.figures.get(self._metric) for entry in entries if entry is not None and entry.state == "done"]
        values = [value for value in found if value is not None]
        whole = len(values) == len(trial)
        failed = any(entry is not None and entry.state == "failed" for entry in entries) or len(values) < len(found)
        study.add_trial(
            create_trial(
                state=TrialState.COMPLETE if whole else TrialState.FAIL if failed else TrialState.RUNNING,
                params={key: axes[key].read(value) for key, value in trial[0].settings},
                distributions={key: distributions[key] for key, _ in trial[0].settings},
                value=fmean(values) if whole else None,
            )
        )


def _distribution(axis: Axis) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if axis.values:
        return CategoricalDistribution(axis.values)
    if axis.whole:
        return IntDistribution(round(axis.low), round(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)
