"""Axes of plots: ticks at round numbers, as many as have room, with numbers as a person writes them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPen

from explorer.ui.widgets.language import localised
from explorer.ui.widgets.text_size import scaled

AXIS_PIXELS = 11
TICK_PIXELS = {"left": 20, "right": 20, "bottom": 64, "top": 64}
"""The room that a tick with a text has."""
CLOSER = 0.75
"""Ticks may stand this much closer before there are half as many of them."""
LARGE = ((1e12, "T"), (1e9, "G"), (1e6, "M"))
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
FEW_POWERS = 2.5
"""Over fewer powers of ten than this a logarithmic axis has ticks at 2 and 5 times them too."""


def readable(value: float, spacing: float = 0.0) -> str:
    """Return a number as a tick says it: ``2,500``, ``1.5 M``, ``0.05``, ``3×10⁻⁷``; ``spacing``: of the ticks."""
    size = abs(value)
    if size < 1e-9 * spacing or value == 0:
        return "0"
    for unit, letter in LARGE:
        if size >= unit:
            return localised(f"{value / unit:g} {letter}")
    if size < 1e-3:
        power = math.floor(math.log10(size) + 1e-9)
        factor = localised(f"{value / 10.0**power:.3g}")
        return f"10{str(power).translate(RAISED)}" if factor == "1" else f"{factor}×10{str(power).translate(RAISED)}"
    places = max(0, -math.floor(math.log10(spacing) + 1e-9)) if 0 < spacing < 1 else 0
    return localised(f"{value:,.{places}f}") if spacing else localised(f"{value:,.6g}")


def round_step(extent: float, most: float) -> float:
    """Return the distance of ticks, 1, 2 or 5 times a power of ten, of which about ``most`` fit into ``extent``."""
    wanted = extent / most
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= CLOSER * wanted)


def powers(low: float, high: float, most: float) -> list[float]:
    """Return where a logarithmic axis from 10^``low`` to 10^``high`` has ticks: at most about ``most``, as powers."""
    every = max(1, math.ceil((high - low) / max(most, 1.0)))
    factors = (1, 2, 5) if high - low < FEW_POWERS and most >= 3 * (high - low) else (1,)
    places = [power + math.log10(f) for power in range(math.floor(low), math.ceil(high) + 1, every) for f in factors]
    return [place for place in places if low <= place <= high]


class RoundAxis(pg.AxisItem):
    """Ticks at 1, 2 or 5 times a power of ten, as many as have room, of an upright axis also where that is only one.

    On a logarithmic axis they stand at powers of ten. ``title_room``: pixels at its end that are kept for its title.
    """

    title_room = 0.0

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        """Return the distance of ticks in units of the axis, and where they begin."""
        extent = abs(maxVal - minVal)
        if not math.isfinite(extent) or extent <= 0:
            return []
        least = 1.0 if self.orientation in ("left", "right") else 3.0
        return [(round_step(extent, max(least, size / scaled(TICK_PIXELS[self.orientation]))), 0.0)]

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        """Return where the ticks stand, none where the title of the axis does."""
        if self.logMode:
            levels = [(1.0, powers(minVal, maxVal, size / scaled(TICK_PIXELS[self.orientation])))]
        else:
            levels = super().tickValues(minVal, maxVal, size)
        last = maxVal - (maxVal - minVal) * self.title_room / max(size, 1.0)
        return [(spacing, [float(value) for value in values if value <= last]) for spacing, values in levels]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Return the texts of the ticks."""
        return [readable(10.0**value) if self.logMode else readable(value * scale, spacing * scale) for value in values]


class ThousandsAxis(RoundAxis):
    """Steps with thousands separators; ticks between two steps have no text."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Return the texts of the ticks."""
        return [localised(f"{value * scale:,.0f}") if abs(value - round(value)) < 1e-6 else "" for value in values]


class PercentAxis(RoundAxis):
    """Shares from 0 to 1, written as 0 to 100 with the sign on the topmost tick."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Return the texts of the ticks."""
        return [
            localised(f"{value * 100:.0f} %") if value >= 1 else localised(f"{value * 100:.0f}") for value in values
        ]


class OuterAxis(PercentAxis):
    """Shares at the very right, beyond the axis of another scale: nothing, a half and all."""

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        """Return the distance of ticks, the same wherever there is room: they stand beside those of another axis."""
        return [(0.5 if size >= 2 * CLOSER * scaled(TICK_PIXELS["right"]) else 1.0, 0.0)]

    def style_as(self, font: QFont, width: int, colour: QColor) -> None:
        """Look as the other axes do."""
        self.setStyle(tickFont=font, tickLength=0, tickTextOffset=6, autoExpandTextSpace=False, maxTickLevel=0)
        self.enableAutoSIPrefix(False)
        self.setPen(QPen(Qt.PenStyle.NoPen))
        self.setTickPen(QPen(Qt.PenStyle.NoPen))
        self.setTextPen(colour)
        if self.isVisible():
            self.setWidth(width)
