"""Is one run better than another, or was it chance? Both are asked the same, and the differences are looked at.

What is asked twice errs together, so the difference of two figures is known better than either. Its interval is that of
a mean of the differences, or of their sum over pairs of items (``pair_intervals``); its p is the chance of a difference
at least as large where no run is better: by turning signs (Fisher, 1935) or by Student's t.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.types import IntArray
from explorer.evaluation.pair_intervals import Spread

FEWEST_GROUPS = 10
TURNS = 9_999
_EXACT = 12
_AT_ONCE = 1_000_000

Doubles = npt.NDArray[np.float64]


class Paired(NamedTuple):
    """The figures ``a`` and ``b`` of two runs, b − a with its 95 % interval, and its two-sided p."""

    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float


def paired_means(a: Doubles, b: Doubles, groups: IntArray | None = None, *, seed: int = 0) -> Paired:
    """Compare the means of figures (Q,) of the same queries in the same order.

    Parameters
    ----------
    groups: (Q,) codes from 0 of what hangs together, such as the classes: then those are what is drawn, where there are
        ten at least; each query by itself if None.
    """
    values = np.asarray(b, np.float64) - np.asarray(a, np.float64)
    mean = float(values.mean())
    sums, sizes = grouped(values, groups)
    count = len(sums)
    left = sums - mean * sizes
    variance = float(np.square(left).sum()) / len(values) ** 2 * count / max(1, count - 1)
    error = Spread(variance, max(1, count - 1)).error
    return Paired(float(np.mean(a)), float(np.mean(b)), mean, mean - error, mean + error, sign_flip(sums, seed))


def grouped(values: Doubles, groups: IntArray | None) -> tuple[Doubles, IntArray]:
    """Return sum and size (G,) of the values (Q,) that hang together by ``groups`` (Q,); where few do, of each."""
    codes = np.unique(groups, return_inverse=True)[1] if groups is not None else np.arange(len(values))
    if codes.max() + 1 < FEWEST_GROUPS:
        codes = np.arange(len(values))
    return np.bincount(codes, values).astype(np.float64), np.bincount(codes)


def sign_flip(sums: Doubles, seed: int = 0) -> float:
    """Return the share of all ways to turn signs of ``sums`` (G,) that give as large a total as there is, in size.

    All ways where there are few; 9,999 drawn by ``seed`` and the one that is, where there are many.
    """
    total = abs(sums.sum()) * (1 - 1e-12)
    if len(sums) <= _EXACT:
        signs = 1 - 2 * ((np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums))) & 1)
        return float(np.mean(np.abs(signs @ sums) >= total))
    generator = np.random.default_rng(seed)
    reached, size = 0, max(1, _AT_ONCE // len(sums))
    for start in range(0, TURNS, size):
        turned = generator.integers(0, 2, size=(min(size, TURNS - start), len(sums)), dtype=np.int8)
        reached += int(np.count_nonzero(np.abs(sums.sum() - 2 * (turned @ sums)) >= total))
    return (1 + reached) / (1 + TURNS)


def paired_estimates(a: float, b: float, spread: Spread) -> Paired:
    """Compare two figures of which the difference is known with a spread."""
    difference, error = b - a, spread.error
    if not spread.variance > 0:
        return Paired(a, b, difference, difference, difference, 1.0 if difference == 0 else float("nan"))
    from scipy.stats import t as student  # a second to import

    p = 2 * float(student.sf(abs(difference) / np.sqrt(spread.variance), spread.freedom))
    return Paired(a, b, difference, difference - error, difference + error, p)
