"""The bootstrap of paired differences: how else the same comparison might have come out, on queries drawn anew.

Efron, Bootstrap methods, 1979: the interval is between percentiles of what the draws give.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import IntArray
from explorer.evaluation.paired import Paired, grouped, sign_flip
from explorer.measure.pairs import never

RESAMPLES, FEWEST_RESAMPLES = 9_999, 999
"""How often everything is drawn anew; less often where so much is drawn that it would take longer than seconds."""

_AT_ONCE, _IN_ALL = 2_000_000, 100_000_000

Doubles = npt.NDArray[np.float64]


def paired_bootstrap(
    a: Doubles,
    b: Doubles,
    groups: IntArray | None = None,
    *,
    seed: int = 0,
    cancelled: Callable[[], bool] = never,
) -> Paired:
    """Compare the means of figures (Q,) of the same queries in the same order, b − a with its bootstrapped interval.

    Parameters
    ----------
    groups: (Q,) what hangs together, which is then drawn as a whole: see ``paired.paired_means``.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    values = np.asarray(b, np.float64) - np.asarray(a, np.float64)
    sums, sizes = grouped(values, groups)
    low, high = np.percentile(resampled_means(sums, sizes, seed, cancelled), (2.5, 97.5))
    p = sign_flip(sums, seed)
    return Paired(float(np.mean(a)), float(np.mean(b)), float(values.mean()), float(low), float(high), p)


def resampled_means(sums: Doubles, sizes: IntArray, seed: int, cancelled: Callable[[], bool] = never) -> Doubles:
    """Return the means (R,) of groups that are drawn with replacement, given the sum and size (G,) of each.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    generator = np.random.default_rng(seed)
    count = len(sums)
    means = np.empty(min(RESAMPLES, max(FEWEST_RESAMPLES, _IN_ALL // count)))
    size = max(1, _AT_ONCE // count)
    for start in range(0, len(means), size):
        if cancelled():
            raise Cancelled
        drawn = generator.integers(0, count, (min(size, len(means) - start), count))
        means[start : start + len(drawn)] = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return means
