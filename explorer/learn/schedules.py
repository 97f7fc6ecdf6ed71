"""Schedules: registered as kind ``schedule``, ``Schedule(params)``.

A schedule is a factor on the learning rate, so that the rate can be moved while a run trains.
"""

from __future__ import annotations

import math
from typing import Any

from explorer.core.registry import Parameters, parameter, register


class Schedule:
    """Says how the learning rate goes over a run."""

    def __init__(self, params: Parameters) -> None:
        self.params: Any = params

    def factor(self, step: int, steps: int) -> float:
        """Return the factor, above 0 and at most 1, for the step after ``step`` done ones, of ``steps`` in all."""
        raise NotImplementedError


@register("schedule", "constant")
class Constant(Schedule):
    """The same rate throughout."""

    def factor(self, step: int, steps: int) -> float:
        """Return one."""
        return 1.0


@register("schedule", "one_cycle", title="One cycle", reference="Smith and Topin 2019; Loshchilov and Hutter 2017")
class OneCycle(Schedule):
    """The rate rises in a straight line over the first part of the run, then falls to zero along half a cosine."""

    class Params(Parameters):
        """Parameters of the schedule."""

        warm_up: float = parameter(0.1, "Share of the run in which the rate rises", minimum=0.0, maximum=0.9, step=0.01)

    def factor(self, step: int, steps: int) -> float:
        """Return (s + 1) / W in the first W steps, then ½ (1 + cos π(s − W) / (S − W)) for step s of S."""
        rising: int = max(1, round(self.params.warm_up * steps))
        if step < rising:
            return (step + 1) / rising
        done = (step - rising) / max(1, steps - rising)
        return max(0.5 * (1 + math.cos(math.pi * min(done, 1.0))), 1e-4)
