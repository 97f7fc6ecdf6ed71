"""Intervals of error rates whose pairs hang together: pairs that share an identity err together.

Wilson's interval (1927) with an effective number of pairs that follows from the variance between identities, as
Fogliato, Patil and Perona recommend (Confidence Intervals for Error Rates in 1:1 Matching Tasks, arXiv 2306.01198);
the variance of sums over pairs that share an identity is that of Fafchamps and Gubert (The formation of risk sharing
networks, 2007). A bootstrap over pairs would take a thousand pairs of one person for a thousand independent ones.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.types import IntArray

LEVEL = 0.95
NORMAL = 1.96

Values = npt.NDArray[np.float64]


class Interval(NamedTuple):
    """A 95 % interval."""

    low: float
    high: float


class Spread(NamedTuple):
    """The variance of an estimate, and with how many degrees of freedom it is known itself."""

    variance: float
    freedom: float

    @property
    def error(self) -> float:
        """By how much the estimate may be off: half of the 95 % interval."""
        from scipy.stats import t as student  # a second to import

        return float(student.ppf((1 + LEVEL) / 2, self.freedom) * np.sqrt(self.variance))


class Clusters:
    """Pairs of identities ``ids`` (P, 2), grouped by who they are of."""

    def __init__(self, ids: IntArray) -> None:
        ordered = np.sort(ids, axis=1)
        count = int(ordered.max(initial=0)) + 1
        keys, self._of_pair = np.unique(ordered[:, 0] * count + ordered[:, 1], return_inverse=True)
        self._first, self._second = keys // count, keys % count
        self._apart = self._first != self._second
        self._count = count
        self.identities = len(np.unique(ordered))
        self.groups = len(keys)

    def spread(self, influence: Values) -> Spread:
        """Return the variance of the sum of ``influence`` (P,), where pairs that share an identity are dependent.

        What they have in common is never taken to be negative. ``influence`` has mean 0 over the pairs: what each adds
        to the error of an estimate. A few identities that err most make the variance uncertain: its degrees of freedom
        follow from the fourth moment of what each identity adds (Satterthwaite, 1946).
        """
        sums: Values = np.bincount(self._of_pair, influence, self.groups).astype(np.float64, copy=False)
        squares = np.square(sums)
        own = np.square(self._by_identity(sums))
        variance = squares.sum() + max(0.0, own.sum() - self._by_identity(squares).sum())
        n = self.identities
        if n < 3 or not variance > 0:
            return Spread(float(variance), 1.0)
        correction = n * (n - 1) / (n - 2) ** 2 if self._apart.any() else n / (n - 1)
        freedom = 2 / max(np.square(own).sum() / own.sum() ** 2 - 1 / n, 2 / n) if own.sum() > 0 else 1.0
        return Spread(float(correction * variance), float(max(1.0, freedom)))

    def _by_identity(self, sums: Values) -> Values:
        first = np.bincount(self._first, sums, self._count)
        return np.asarray(first + np.bincount(self._second[self._apart], sums[self._apart], self._count), np.float64)


def clustered_wilson(rate: float, spread: Spread, pairs: int, groups: int) -> Interval:
    """Return the interval of a rate (0 to 1) of some ``pairs`` that was estimated with a spread.

    Without a single error, or with nothing but errors, every one of the ``groups`` of pairs of the same identities
    counts as one.
    """
    if 0 < rate < 1 and spread.variance > 0:
        share = max(spread.error**2 / (rate * (1 - rate)), NORMAL**2 / pairs)
    else:
        share = NORMAL**2 / groups
    middle, width = rate + share / 2, np.sqrt(share * (rate * (1 - rate) + share / 4))
    low, high = (middle - width) / (1 + share), (middle + width) / (1 + share)
    return Interval(float(low) if rate > 0 else 0.0, float(high) if rate < 1 else 1.0)


def on_logit(rate: float, spread: Spread, groups: int) -> Interval:
    """Return the interval of a rate that is no share of independent trials, symmetric on the scale of its logit."""
    if not 0 < rate < 1 or not spread.variance > 0:
        return clustered_wilson(rate, spread, groups, groups)
    middle, width = np.log(rate / (1 - rate)), spread.error / (rate * (1 - rate))
    return Interval(float(1 / (1 + np.exp(width - middle))), float(1 / (1 + np.exp(-width - middle))))


def rate_interval(wrong: npt.ArrayLike, clusters: Clusters) -> Interval:
    """Return the interval of the share of pairs (P,) that are wrong."""
    said = np.asarray(wrong, np.float64)
    rate = float(said.mean())
    return clustered_wilson(rate, clusters.spread((said - rate) / len(said)), len(said), clusters.groups)
