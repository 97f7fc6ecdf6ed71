"""The angular miner."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.distances.base import squared, unit
from explorer.learn.miners.base import Miner, padded


@register("miner", "angular", reference="Wang, Zhou, Wen, Liu and Lin 2017")
class Angular(Miner):
    """Every pair of one class with a negative that sees it at a wide angle, θ > ``angle``.

    tan θ = ‖a − p‖ / (2 ‖n − c‖), c = (a + p) / 2, of unit-length embeddings, whatever the distance of the recipe.
    ‖n − c‖² = ½ ‖n − a‖² + ½ ‖n − p‖² − ¼ ‖a − p‖², so that only distances are needed: O(B² K) time for K images a
    class, one positive of each anchor at a time and hence O(B²) memory. ``pick``: the negative with the ``widest``
    angle, or a ``random`` one. A pair without any is left out.
    """

    class Params(Parameters):
        """Parameters of the miner."""

        angle: float = parameter(
            20.0, "The angle above which a triplet is chosen", minimum=0.0, maximum=89.0, step=1.0, unit="°"
        )
        pick: str = parameter("random", "Which of the negatives", choices=("widest", "random"))

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return at most one triplet a pair of one class."""
        pairs, square = batch.pairs, squared(unit(batch.embeddings.detach().double()))
        limit = math.tan(math.radians(self.params.angle)) ** 2
        negatives, chosen = torch.zeros_like(pairs.positives), torch.zeros_like(pairs.valid)
        for k, positive in enumerate(pairs.positives.T):
            apart = square.gather(1, positive[:, None])
            centre = ((square + square[positive]) / 2 - apart / 4).clamp(min=0)
            wide = pairs.different & (apart > 4 * limit * centre)
            negatives[:, k] = self._picked(centre, wide, generator)
            chosen[:, k] = wide.any(dim=1)
        return padded(batch, negatives, pairs.valid & chosen)

    def _picked(self, centre: Tensor, wide: Tensor, generator: torch.Generator) -> Tensor:
        """Return one of the wide negatives of each anchor, (B,): ``centre`` (B, B) is where their angle is widest."""
        if self.params.pick == "widest":
            return centre.masked_fill(~wide, torch.inf).argmin(dim=1)
        draws = torch.rand(wide.shape, generator=generator, device=wide.device)
        return draws.masked_fill(~wide, -1.0).argmax(dim=1)
