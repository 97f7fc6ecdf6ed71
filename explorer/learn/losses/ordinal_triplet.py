"""The triplet loss of items that are ordered by a number."""

from __future__ import annotations

from typing import ClassVar

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.losses.base import Loss
from explorer.learn.losses.ordered import FAMILY, NEEDS, ordered


@register("loss", "ordinal_triplet", title="Ordinal triplet", reference="after Schroff et al. 2015")
class OrdinalTriplet(Loss):
    """Whoever is nearer to the anchor by its number shall be nearer in the embedding, by a margin that grows with it.

    The mean of max(0, d_ai − d_aj + m (Δ_aj − Δ_ai) / Δ) over triplets (a, i, j) with Δ_ai < Δ_aj that are not zero; d:
    the distance of the recipe; Δ_ai: how far the targets of a and i are apart; Δ: the largest of the batch; m:
    ``margin``. It is the triplet loss (Schroff et al., 2015) with a positive that is the nearer one by the target.
    Of the B³ triplets those count whose i and j are 1, 2, 4, 8, … ranks apart in the order of the anchor, so that it
    takes O(B² log B) time and memory and looks at near and far ranks alike. It needs a target and no classes, and
    follows no miner. Active is the share of these triplets that are not zero.
    """

    family = FAMILY
    needs: ClassVar[frozenset[str]] = NEEDS
    mined = False
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        margin: float = parameter(
            0.5, "How much farther the farthest shall be than the nearest (m)", minimum=0.0, maximum=10.0, step=0.01,
            live=True,
        )  # fmt: skip

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the triplets that are not zero."""
        found = ordered(batch)
        largest = found.apart.max().clamp(min=1e-12) if found.apart.numel() else 1.0
        terms, counted = (
            [batch.embeddings.sum()[None] * 0.0],
            [torch.zeros(1, dtype=torch.bool, device=found.apart.device)],
        )
        step = 1
        while step < found.apart.shape[1]:
            gap = found.apart[:, step:] - found.apart[:, :-step]
            hinge = found.distances[:, :-step] - found.distances[:, step:] + self.params.margin * gap / largest
            terms.append(hinge.relu().flatten())
            counted.append((gap > 0).flatten())
            step *= 2
        values, known = torch.cat(terms), torch.cat(counted)
        active = known & (values.detach() > 0)
        return LossOutput(mean_of(values.where(known, 0.0), active.sum()), share(active.sum(), known.sum()))
