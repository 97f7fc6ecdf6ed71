"""Embeddings as distributions over their dimensions, for the distances that compare distributions."""

from __future__ import annotations

from torch import Tensor

from explorer.core.registry import Parameters, parameter
from explorer.learn.distances.base import Distance

FLOOR = 1e-8
"""Share of every dimension at least, so that no logarithm or root meets zero."""


class DistributionParams(Parameters):
    """Parameters of a distance between distributions."""

    share: str = parameter("softmax", "How an embedding becomes a distribution", choices=("softmax", "relu"))
    temperature: float = parameter(
        1.0,
        "Embeddings are divided by it before the softmax; the smaller, the more the largest dimension counts",
        minimum=0.01,
        maximum=100.0,
        step=0.05,
        logarithmic=True,
    )


class DistributionDistance(Distance):
    """A distance of p = softmax(z / T), T: ``temperature``; or with ``share = relu`` of p = relu(z) / Σ relu(z).

    Every p_i is mixed with a trace of the uniform distribution, p (1 − Dε) + ε with ε = 10⁻⁸. p is what is stored.
    """

    class Params(DistributionParams):
        """Parameters of the distance."""

    def prepare(self, z: Tensor) -> Tensor:
        """Return (B, D) distributions: rows above zero that sum to one."""
        if self.params.share == "softmax":
            p = (z / float(self.params.temperature)).softmax(dim=1)
        else:
            p = z.relu() + FLOOR
            p = p / p.sum(dim=1, keepdim=True)  # where nothing is above zero: uniform
        return p * (1.0 - z.shape[1] * FLOOR) + FLOOR
