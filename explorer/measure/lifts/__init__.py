"""Each distance as an inner product or a squared L2 after a lift, so that search and counting know only these two."""

from __future__ import annotations

from math import isfinite

from explorer.core.errors import UserError, printable
from explorer.measure.lifts.base import Lift as Lift
from explorer.measure.lifts.base import Metric as Metric
from explorer.measure.lifts.base import laid_out as laid_out
from explorer.measure.lifts.distributions import Divergence, Overlap
from explorer.measure.lifts.hyperbolic import Hyperbolic
from explorer.measure.lifts.vectors import Cosine, Dot, Euclidean, SignalToNoise

_LIFTS: tuple[Lift, ...] = (
    Euclidean(),
    Euclidean(squared=True),
    Cosine(),
    Dot(),
    SignalToNoise(),
    Overlap(),
    Overlap(root=True),
    Divergence(),
    Divergence(both=True),
    Hyperbolic(),
)


def lift_names() -> tuple[str, ...]:
    """Return the names that ``lift`` knows; a parameter after a colon may have other values."""
    return tuple(known.name for known in _LIFTS)


def lift(name: str) -> Lift:
    """Return the lift of a distance by its name, as a Snapshot carries it: ``cosine``, or ``hyperbolic:0.1``.

    Raises
    ------
    UserError: if there is none.
    """
    for known in _LIFTS:
        if known.name == name:
            return known
    kind, _, value = name.partition(":")
    if kind == "hyperbolic":
        try:
            curvature = float(value)
        except ValueError:
            curvature = 0.0
        if isfinite(curvature) and curvature > 0:
            return Hyperbolic(curvature)
    raise UserError(
        f"There is no distance {printable(name)!r} to search by", remedy=f"Choose one of: {', '.join(lift_names())}"
    )
