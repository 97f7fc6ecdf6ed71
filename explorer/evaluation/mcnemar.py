"""McNemar's test: do two runs answer the same queries alike? Only the queries that one of them has right tell.

McNemar, Note on the sampling error of the difference between correlated proportions, 1947. The interval of the
difference is the one of paired shares by Newcombe, Improved confidence intervals for the difference between binomial
proportions based on paired data, 1998 (his method 10). Both take the queries as independent of each other.
"""

from __future__ import annotations

from math import comb, erfc, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.types import BoolArray
from explorer.evaluation.intervals import wilson_intervals

FEW = 25
"""Of fewer queries that differ the exact binomial test is made, of more the one of chi square."""

Doubles = npt.NDArray[np.float64]


class McNemar(NamedTuple):
    """How two runs differ in ``queries`` that each has right or wrong.

    ``fixed``: right in the second alone, ``broken``: right in the first alone; ``difference`` of the shares that are
    right, second − first, with its 95 % interval; ``p``, two-sided; ``exact``: by the binomial distribution.
    """

    queries: int
    fixed: int
    broken: int
    difference: float
    low: float
    high: float
    p: float
    exact: bool


def mcnemar(a: BoolArray, b: BoolArray) -> McNemar:
    """Compare which queries (Q,) were right in the first run and in the second, in the same order; Q > 0."""
    both, fixed, broken = (int(np.count_nonzero(which)) for which in (a & b, b & ~a, a & ~b))
    low, high = paired_share_interval([both], [fixed], [broken], [len(a)])
    p, exact = mcnemar_p(fixed, broken)
    return McNemar(len(a), fixed, broken, (fixed - broken) / len(a), float(low[0]), float(high[0]), p, exact)


def mcnemar_p(fixed: int, broken: int) -> tuple[float, bool]:
    """Return the two-sided p of so many queries that changed either way, and whether it is the exact one.

    Exact: twice the binomial tail, 1 at most; else chi square of one degree of freedom with Edwards' correction, whose
    tail is the complementary error function (``scipy.special`` would take a fifth of a second of the start).
    """
    changed = fixed + broken
    if changed < FEW:
        tail = sum(comb(changed, count) for count in range(min(fixed, broken) + 1)) / 2**changed
        return min(1.0, 2 * tail), True
    return erfc(abs(abs(fixed - broken) - 1) / sqrt(2 * changed)), False


def paired_share_interval(
    both: npt.ArrayLike, fixed: npt.ArrayLike, broken: npt.ArrayLike, queries: npt.ArrayLike
) -> tuple[Doubles, Doubles]:
    """Return the 95 % intervals (C,) of differences of two paired shares, second − first.

    Counts (C,): queries that both have right, only the second, only the first, and all; each of ``queries`` > 0.
    """
    e, g, f, n = (np.asarray(counts, np.float64) for counts in (both, fixed, broken, queries))
    first, second = (e + f) / n, (e + g) / n
    (low1, high1), (low2, high2) = wilson_intervals(first, n), wilson_intervals(second, n)
    h = n - e - f - g
    spread = np.sqrt((e + f) * (g + h) * (e + g) * (f + h))
    together = e * h - f * g
    together = np.where(together > 0, np.maximum(together - n / 2, 0), together)  # corrected for continuity
    phi = np.divide(together, spread, out=np.zeros_like(spread), where=spread > 0)
    below = _added(second - low2, high1 - first, phi)
    above = _added(high2 - second, first - low1, phi)
    return second - first - below, second - first + above


def _added(one: Doubles, other: Doubles, phi: Doubles) -> Doubles:
    """Return the length of the difference of two errors that go together by ``phi``."""
    return np.sqrt(np.maximum(one**2 - 2 * phi * one * other + other**2, 0))


def holm(p: npt.ArrayLike) -> Doubles:
    """Return p-values (T,) of tests that are looked at together, corrected so that one false find stays as rare.

    Holm, A simple sequentially rejective multiple test procedure, 1979.
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values, kind="stable")
    grown = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(grown, 1)
    return corrected
