"""Intervals of shares."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Z95 = 1.959963984540054

Doubles = npt.NDArray[np.float64]


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share of ``count`` independent trials (Wilson, JASA 1927)."""
    if count < 1:
        return float("nan"), float("nan")
    low, high = wilson_intervals(np.float64(share), np.float64(count))
    return float(low), float(high)


def wilson_intervals(shares: Doubles | np.float64, counts: Doubles | np.float64) -> tuple[Doubles, Doubles]:
    """Return the 95 % score intervals (C,) of shares (C,) of ``counts`` (C,) independent trials, one at least."""
    spread = Z95**2 / counts
    middle = (shares + spread / 2) / (1 + spread)
    half = Z95 / (1 + spread) * np.sqrt(shares * (1 - shares) / counts + spread / (4 * counts))
    return np.maximum(0.0, middle - half), np.minimum(1.0, middle + half)
