"""When and how it is measured how far the map is true."""

from __future__ import annotations

import math
import time

import numpy as np

from explorer.core.types import Fidelity
from explorer.engine.analysis.workers.map_state import MapState, ShownFrame
from explorer.projection.fidelity import fidelity
from explorer.projection.methods.base import Frame

FIDELITY_SECONDS, FIDELITY_REST = 4.0, 12.0
"""How often the fidelity of a map in motion is measured, with a rest of so many times what that took; it is measured
once more when the map has come to rest."""


class FidelityMeter:
    """Measures the fidelity of what is shown of a map, at most every few seconds; of one thread."""

    def __init__(self, map: MapState) -> None:
        self._map = map
        self._measured: Frame | None = None
        self._measured_at = -math.inf  # never
        self._seconds = 0.0

    def due(self) -> bool:
        """Return whether what is shown is to be measured now."""
        map, shown = self._map, self._map.shown
        if map.frozen or shown is None or shown.frame is self._measured:
            return False
        if shown.frame.method != map.project.name:
            return False  # it is there for a moment only: the first picture, or what the method before left
        rest = max(FIDELITY_SECONDS, FIDELITY_REST * self._seconds)
        if not map.layout.done and time.monotonic() - self._measured_at < rest:
            return False
        return np.array_equal(shown.frame.indices, shown.held.indices)

    def measure(self, shown: ShownFrame) -> Fidelity | None:
        """Measure a frame against its snapshot; None where there are too few items."""
        began = time.monotonic()
        found = fidelity(shown.held.embeddings, shown.frame.xy, shown.held.lift)
        self._measured, self._measured_at = shown.frame, time.monotonic()
        self._seconds = self._measured_at - began
        return found

    def forget(self) -> None:
        """Measure the next frame anew: another method lays the map out."""
        self._measured = None
