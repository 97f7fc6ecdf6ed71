"""The signal-to-noise ratio as a distance."""

from __future__ import annotations

from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.distances.base import Distance, squared, unit

FLOOR = 1e-12
"""The least |a|² that is divided by: an embedding whose entries are all equal carries no signal."""


@register("distance", "snr", title="Signal-to-noise ratio", reference="Yuan et al. 2019")
class SignalToNoise(Distance):
    """Noise that turns one embedding into another, by its signal: d(a, b) = var(a − b) / var(a); no metric.

    var: the variance over the D entries of a row; a: the anchor or the query, so that d(a, b) differs from d(b, a).
    d(a, a) = 0; the triangle inequality does not hold. What is stored are embeddings less the mean of their entries
    (Yuan, Deng, Tang, Tang and Chen, 2019).
    """

    lift = "snr"
    symmetric = False
    triangle = False

    class Params(Parameters):
        """Parameters of the distance."""

        normalise: bool = parameter(True, "Scale embeddings to unit length first")

    def prepare(self, z: Tensor) -> Tensor:
        """Return embeddings, of unit length at first or as they are, less the mean of their entries."""
        rows = unit(z) if self.params.normalise else z
        return rows - rows.mean(dim=1, keepdim=True)

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return |a − b|² / |a|² of rows of mean zero by one matrix product."""
        return squared(a, b) / _signal(a)[:, None]

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distances pair by pair."""
        return (a - b).square().sum(dim=1) / _signal(a)


def _signal(a: Tensor) -> Tensor:
    return a.square().sum(dim=1).clamp(min=FLOOR)
