"""The regression protocol: the number of an item is guessed from the mean of its nearest others.

Every item with a number asks the others that have one (k-NN regression; Fix and Hodges, 1951; Altman, 1992). Where the
numbers begin anew after a period, as angles do, the mean is that of directions (Mardia and Jupp, 2000) and an error is
the shorter way around. ``relative_error`` is the mean error beside that of who always answers the best constant: 1 is
no better than that, 0 is exact.
"""

from __future__ import annotations

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.targets import Doubles, Target, apart, target_of
from explorer.core.types import IntArray
from explorer.evaluation.intervals import Z95
from explorer.evaluation.paired import Paired, paired_means
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.measure.pairs import distance_blocks

NEIGHBOURS = 10
CONSTANTS = 256
NO_TARGET = "No number was chosen that these items are measured by"


def nearest(sample: Sample, known: IntArray, k: int, effort: Effort) -> tuple[IntArray, IntArray]:
    """Return which of the items ``known`` ask (Q,), and the k nearest others of each (Q, k), nearest first.

    Raises
    ------
    Cancelled: if ``effort.cancelled()`` turned true.
    """
    queries = known
    if effort.queries is not None and len(known) > effort.queries:
        queries = np.sort(np.random.default_rng(effort.seed).choice(known, effort.queries, replace=False))
    own = np.searchsorted(known, queries)
    found = np.empty((len(queries), k), np.int64)
    for start, block in distance_blocks(sample.x, queries, sample.lift, effort.cancelled, known):
        rows = np.arange(len(block))
        block[rows, own[start : start + len(block)]] = np.inf
        near = np.argpartition(block, k - 1, axis=1)[:, :k]
        order = np.argsort(block[rows[:, None], near], axis=1, kind="stable")
        found[start : start + len(block)] = known[near[rows[:, None], order]]
    return queries, found


def mean_of(values: Doubles, period: float) -> Doubles:
    """Return the means (Q,) of numbers (Q, k); where they begin anew after a period, those of their directions."""
    if period <= 0:
        return np.asarray(values.mean(axis=1))
    angle = values * (2 * np.pi / period)
    mean = np.arctan2(np.sin(angle).mean(axis=1), np.cos(angle).mean(axis=1))
    return np.asarray(mean * (period / (2 * np.pi)) % period)


def best_constant(values: Doubles, period: float) -> tuple[float, float]:
    """Return the number that is nearest to all values (Q,) on average, and how far it is: of some of them tried."""
    tried = np.quantile(values, np.linspace(0, 1, CONSTANTS), method="nearest")
    errors = [float(apart(values, constant, period).mean()) for constant in np.unique(tried)]
    place = int(np.argmin(errors))
    return float(np.unique(tried)[place]), errors[place]


def spearman(a: Doubles, b: Doubles) -> float:
    """Return the correlation of the ranks of two rows of numbers, equal ones with their mean rank; of a flat one 0."""
    ranks = [_ranks(values) for values in (a, b)]
    spread = [np.std(each) for each in ranks]
    if min(spread) == 0:
        return 0.0
    return float(np.mean((ranks[0] - ranks[0].mean()) * (ranks[1] - ranks[1].mean())) / (spread[0] * spread[1]))


def _ranks(values: Doubles) -> Doubles:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    return np.asarray(middle[place], np.float64)


@register("protocol", "regression", title="Number by neighbours", reference="Altman 1992")
class RegressionProtocol(Protocol):
    """The number of an item is guessed from the mean of its nearest others: mean error, rank correlation and R²."""

    live = True
    by_target = True

    class Params(Parameters):
        """Parameters of the protocol."""

        k: int = parameter(NEIGHBOURS, "So many nearest ones are averaged (k)", minimum=1, maximum=1000)
        column: str = parameter("", "Column of the numbers (empty: the target of the data)")
        period: float = parameter(
            0.0, "After how much they begin anew: 360 for an angle; with a column alone", minimum=0.0, maximum=1e12,
            zero="never",
        )  # fmt: skip

    def check(self, sample: Sample) -> None:
        """Look for the column of numbers."""
        self._target(sample)

    def _target(self, sample: Sample) -> Target:
        if self.params.column:
            return target_of(sample.columns, self.params.column, self.params.period)
        if sample.target is None:
            raise UserError(NO_TARGET, remedy="Choose the column of the target, or name one: protocol.column=…")
        return sample.target

    def _guesses(self, sample: Sample, effort: Effort, k: int) -> tuple[Target, IntArray, IntArray]:
        target = self._target(sample)
        known = np.flatnonzero(target.known)
        if len(known) < 2:
            raise UserError("Fewer than two of these items have a number", remedy="Hold out more of them")
        queries, found = nearest(sample, known, min(k, len(known) - 1), effort)
        return target, queries, found

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return mean error, its share of that of a constant, rank correlation and R²."""
        k = int(self.params.k)
        target, queries, found = self._guesses(sample, effort, k)
        guess = mean_of(target.values[found], target.period)
        figures = figures_of(target, queries, guess, thorough=effort.thorough)
        how = f"each by the mean of its {found.shape[1]} nearest others"
        return Measured(figures, len(queries), sample.classes, 0, how)

    def paired(self, a: Sample, b: Sample, effort: Effort) -> dict[str, Paired]:
        """Compare the errors of two embeddings, item by item."""
        return {"mean_error": paired_means(self._errors(a, effort), self._errors(b, effort), seed=effort.seed)}

    def _errors(self, sample: Sample, effort: Effort) -> Doubles:
        target, queries, found = self._guesses(sample, effort, int(self.params.k))
        return apart(target.values[queries], mean_of(target.values[found], target.period), target.period)


def figures_of(target: Target, queries: IntArray, guess: Doubles, *, thorough: bool) -> dict[str, float]:
    """Return the figures of guesses (Q,) for items (Q,); rank correlation and R² only where nothing begins anew."""
    true = target.values[queries]
    error = apart(true, guess, target.period)
    constant = best_constant(true, target.period)[1]
    mean = float(error.mean())
    figures = {"mean_error": mean}
    if thorough:
        half = Z95 * float(error.std(ddof=1)) / np.sqrt(len(error)) if len(error) > 1 else 0.0
        figures |= {"mean_error_low": max(0.0, mean - half), "mean_error_high": mean + half}
        figures |= {"median_error": float(np.median(error)), "constant_error": constant}
    figures["relative_error"] = mean / constant if constant > 0 else 1.0
    if target.period <= 0:
        spread = float(np.square(true - true.mean()).sum())
        figures["spearman"] = spearman(true, guess)
        figures["r2"] = 1.0 - float(np.square(true - guess).sum()) / spread if spread > 0 else 0.0
    return figures
