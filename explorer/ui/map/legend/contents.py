"""What a legend explains, by itself: for whoever draws it elsewhere than in the window."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.core.types import ByteArray, IntArray


@dataclass(frozen=True, slots=True)
class LegendContents:
    """Values with their counts (V,) and colours (V, 3), or a ``scale`` from low to high of which ``colours`` (K, 3).

    ``shapes`` as in ``Style.shapes``; ``notes`` are said below, a line each; ``left`` more values are not listed.
    """

    title: str
    names: tuple[str, ...]
    counts: IntArray
    colours: ByteArray
    scale: tuple[float, float] | None
    shapes: tuple[int, ...]
    notes: tuple[str, ...]
    left: int = 0
