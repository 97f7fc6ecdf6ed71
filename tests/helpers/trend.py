"""Whether a figure grows, under what comes and goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through one figure over time, by the median of all slopes (Theil–Sen)."""

    median: float
    change: float

    @property
    def share(self) -> float:
        """How much it changed from the first to the last record, of its median."""
        return self.change / self.median if self.median else 0.0

    @classmethod
    def of(cls, times: npt.ArrayLike, values: npt.ArrayLike) -> Trend:
        x, y = np.asarray(times, float), np.asarray(values, float)
        first, second = np.triu_indices(len(x), 1)
        slope = float(np.median((y[second] - y[first]) / (x[second] - x[first])))
        return cls(float(np.median(y)), slope * float(x[-1] - x[0]))
