"""What a run measures about itself, without waiting for the device more than a few times a second."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.core.types import StepMetrics, TripletCensus


@dataclass(frozen=True, slots=True)
class StepValues:
    """What a step measured, still on the device: loss (), active (), grad_norm (), census (3,), health (4,)."""

    loss: Tensor
    active: Tensor
    grad_norm: Tensor
    census: Tensor
    health: Tensor


class Clock:
    """Adds up where the time goes: training, evaluating, or paused."""

    def __init__(self) -> None:
        self.training = 0.0
        self.evaluating = 0.0
        self._mark = time.perf_counter()

    def lap(self, spent: str) -> float:
        """Book the seconds since the last lap as ``training``, ``evaluating`` or else (``paused``) not; return them."""
        now = time.perf_counter()
        seconds, self._mark = now - self._mark, now
        if spent == "training":
            self.training += seconds
        elif spent == "evaluating":
            self.evaluating += seconds
        return seconds

    @property
    def total(self) -> float:
        """Seconds of training and evaluating."""
        return self.training + self.evaluating

    @property
    def evaluating_share(self) -> float:
        """Share of the time that went into evaluation."""
        return self.evaluating / self.total if self.total else 0.0


def number(value: float) -> float | None:
    """Return a number, or None where it is not one."""
    return None if math.isnan(value) else value


class Meter:
    """Collects what steps measured, on the device, and reads it all at once.

    Attributes
    ----------
    images: trained on so far. rate: images a second lately.
    """

    def __init__(self, run: str) -> None:
        self.run = run
        self.images = 0
        self.rate = 0.0
        self._pending: list[tuple[int, int, float, float, StepValues]] = []
        self._counted = 0
        self._seconds = 0.0

    def add(self, step: int, epoch: int, learning_rate: float, margin: float, images: int, values: StepValues) -> None:
        """Take note of one step."""
        self._pending.append((step, epoch, learning_rate, margin, values))
        self.images += images

    def settle(self, training_seconds: float) -> list[StepMetrics]:
        """Return the metrics of the steps since the last call; the only place that waits for the device."""
        if not self._pending:
            return []
        steps, self._pending = self._pending, []
        values = [step[-1] for step in steps]
        loss, active, norm = (
            torch.stack([getattr(v, name) for v in values]).tolist() for name in ("loss", "active", "grad_norm")
        )
        census = torch.stack([v.census for v in values]).tolist()
        health = torch.stack([v.health for v in values]).tolist()
        lately = (self.images - self._counted) / max(training_seconds - self._seconds, 1e-9)
        self.rate = lately if not self.rate else 0.8 * self.rate + 0.2 * lately
        self._counted, self._seconds = self.images, training_seconds
        return [
            StepMetrics(
                run=self.run,
                step=step,
                epoch=epoch,
                loss=loss[i],
                active=active[i],
                grad_norm=norm[i],
                learning_rate=learning_rate,
                images_per_second=self.rate,
                census=TripletCensus(margin, *census[i]),
                spread=number(health[i][0]),
                effective_rank=number(health[i][1]),
                hardest_positive=number(health[i][2]),
                hardest_negative=number(health[i][3]),
            )
            for i, (step, epoch, learning_rate, margin, _) in enumerate(steps)
        ]
