"""Intervals of shares."""

from __future__ import annotations

from math import sqrt

Z95 = 1.959963984540054


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share of ``count`` independent trials (Wilson, JASA 1927)."""
    if count < 1:
        return float("nan"), float("nan")
    spread = Z95**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 / (1 + spread) * sqrt(share * (1 - share) / count + spread / (4 * count))
    return max(0.0, middle - half), min(1.0, middle + half)
