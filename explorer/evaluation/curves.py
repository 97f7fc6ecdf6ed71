"""What the curves of the protocols are: their names, their axes, and where points and ticks stand on them.

On a DET plot (Martin et al., The DET Curve in Assessment of Detection Task Performance, Eurospeech 1997) both error
rates are drawn as normal deviates, Φ⁻¹(rate): normally distributed distances give a straight line, and small rates
have room.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray
from explorer.evaluation.threshold import largest_distance

Scale = Literal["share", "deviate", "rank"]
"""``share``: 0 to 1, written as percent; ``deviate``: the same as normal deviates; ``rank``: whole numbers from 1."""

Doubles = npt.NDArray[np.float64]
Points = tuple[Sequence[float], Sequence[float]]
"""x and y of a curve."""

Range = tuple[float, float]

RATES = (0.01, 0.1, 1e-3, 0.4, 1e-4, 1e-5, 1e-6, 0.9, 0.99, 0.999, 0.02, 0.2, 0.05, 5e-3, 0.6, 0.8, 0.95, 0.98)
"""Where an axis of deviates may have ticks; the first ones matter most."""

MOST_DEVIATE = 0.3
"""Up to this place, 62 %, the axes of a DET plot go: beyond it nobody sets a threshold."""

FINE, COARSE = 160, 101
"""Thresholds of an error curve: so many with rates that grow by a factor, and so many with rates evenly apart."""

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class CurveKind:
    """How a curve of a protocol is called and drawn; ``x`` and ``y`` say what the axes are."""

    title: str
    x: str
    y: str
    x_scale: Scale
    y_scale: Scale


KINDS = {
    "det": CurveKind("DET", "FMR", "FNMR", "deviate", "deviate"),
    "roc": CurveKind("ROC", "FMR", "true accepts", "share", "share"),
    "cmc": CurveKind("CMC", "rank", "found", "rank", "share"),
    "dir": CurveKind("DIR at FAR", "FAR", "DIR", "share", "share"),
    "knn": CurveKind("k-NN accuracy", "k", "accuracy", "rank", "share"),
    "recall": CurveKind("Recall@k", "k", "recall", "rank", "share"),
}


def kind_of(name: str) -> CurveKind:
    """Return how a curve is drawn; one that nobody has described runs over its own numbers."""
    return KINDS.get(name, CurveKind(name, "x", "y", "rank", "share"))


def placed(values: Sequence[float], scale: Scale) -> Doubles:
    """Return where values stand on an axis; rates of 0 and 1, which have no normal deviate, are NaN."""
    if scale != "deviate":
        return np.asarray(values, np.float64)
    return np.array([_NORMAL.inv_cdf(rate) if 0 < rate < 1 else np.nan for rate in values], np.float64)


def drawn(points: Points, kind: CurveKind) -> tuple[Doubles, Doubles]:
    """Return x and y of a curve on its axes, without the points that have no place there."""
    x, y = placed(points[0], kind.x_scale), placed(points[1], kind.y_scale)
    there = np.isfinite(x) & np.isfinite(y)
    return x[there], y[there]


def extent(lines: Iterable[tuple[Doubles, Doubles]], kind: CurveKind) -> tuple[Range, Range]:
    """Return which part of the axes shows curves best, from where to where on x and y; ``lines``: as they are drawn.

    Both axes of deviates go from the smallest rate to where nobody sets a threshold; those of shares from 0 to 1; over
    ranks y begins below the lowest value.
    """
    known = [line for line in lines if len(line[0])]
    x, y = (np.concatenate([line[axis] for line in known]) if known else np.zeros(1) for axis in (0, 1))
    if kind.x_scale == "deviate":
        least = float(min(x.min(), y.min())) - 0.1
        both = (least, max(least + 1, MOST_DEVIATE))
        return both, both
    if kind.x_scale == "share":
        return (0.0, 1.0), (0.0, 1.0)
    lowest = min(max(0.0, float(np.floor(y.min() * 10) / 10)), 0.9)
    return (float(x.min()), float(max(x.max(), x.min() + 1))), (lowest, 1.0)


def worth_of(place: float, scale: Scale) -> float:
    """Return what a place on an axis stands for."""
    return _NORMAL.cdf(place) if scale == "deviate" else place


def written(value: float, scale: Scale) -> str:
    """Return a value of an axis as text."""
    if scale == "rank":
        return f"{value:,.0f}"
    percent = 100 * value
    if 0 < percent < 0.01:
        return f"{percent:.1g} %"
    return f"{percent:.{2 if percent % 100 and not 1 <= percent <= 99 else 1}f} %"


def ticks(low: float, high: float, scale: Scale, most: int) -> list[tuple[float, str]]:
    """Return the places of up to about ``most`` ticks between two places of an axis, and their texts, in percent."""
    span = max(high - low, 1e-9)
    if scale == "deviate":
        there: list[tuple[float, str]] = []
        for rate in RATES:
            place = _NORMAL.inv_cdf(rate)
            if low <= place <= high and all(abs(place - other) >= span / most for other, _ in there):
                there.append((place, f"{100 * rate:g}"))
        return sorted(there)
    steps = [step * 10.0**power for power in range(-4, 6) for step in (1, 2, 5)]
    step = next((step for step in steps if span / step <= most), steps[-1])
    step = max(step, 1.0) if scale == "rank" else step
    places = (np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step + 0.0).tolist()
    return [(place, f"{place:,.0f}" if scale == "rank" else f"{100 * place:g}") for place in places]


def error_curve(near: FloatArray, far: FloatArray) -> Points:
    """Return FMR and FNMR of thresholds from the strictest to the laxest, most of them where few are accepted.

    Every point is one that a threshold has: pairs at equal distances are accepted together. ``near`` (P,) are the
    distances of same pairs, ``far`` (Q,) of different pairs.
    """
    near, far = np.sort(near), np.sort(far)
    rates = np.concatenate((np.geomspace(1 / len(far), 1, FINE), np.linspace(0, 1, COARSE)))
    limits = np.unique([largest_distance(far, rate) for rate in rates])
    fmr = np.searchsorted(far, limits, side="right") / len(far)
    fnmr = 1 - np.searchsorted(near, limits, side="right") / len(near)
    return fmr.tolist(), fnmr.tolist()
