"""What a protocol has found as a list: each figure with its 95 % interval where it has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan

from explorer.evaluation.protocol import Figures

LOW, HIGH = "_low", "_high"
"""How the ends of the interval of a figure are called after its own name."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number by its name, with the ends of its 95 % interval; NaN where it has none."""

    name: str
    value: float | int
    low: float = float("nan")
    high: float = float("nan")


NOTHING = "–"
"""What stands where there is no number."""


def number(value: float | int) -> str:
    """Return a figure as text: whole numbers in groups of three digits, others with four decimals."""
    if isinstance(value, int):
        return f"{value:,}"
    return NOTHING if isnan(value) else f"{value:.4f}"


def interval(figure: Figure, digits: int = 4) -> str:
    """Return the interval of a figure as text."""
    if isnan(figure.low) or isnan(figure.high):
        return NOTHING
    return f"{figure.low:.{digits}f} – {figure.high:.{digits}f}"


def listed(figures: Figures) -> tuple[Figure, ...]:
    """Return figures one by one: ``x_low`` and ``x_high`` become the interval of ``x``, and so does ``ci95``."""
    return tuple(_listed(figures))


def _listed(figures: Figures) -> Iterator[Figure]:
    for name, value in figures.items():
        base = name.removesuffix(LOW).removesuffix(HIGH)
        if base != name and base in figures:
            continue
        if isinstance(value, Mapping):  # of few-shot: an accuracy, the half width of its interval, and the episodes
            accuracy, half = float(value["accuracy"]), float(value["ci95"])
            yield Figure(name, accuracy, max(0.0, accuracy - half), min(1.0, accuracy + half))
        elif isinstance(value, int | float):
            nan = float("nan")
            yield Figure(name, value, float(figures.get(name + LOW, nan)), float(figures.get(name + HIGH, nan)))
