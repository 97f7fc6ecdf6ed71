"""The Kozachenko–Leonenko regulariser."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import unit
from explorer.learn.losses.base import Loss, census_parameter
from explorer.learn.losses.pairs import cosines, judged

EPSILON = 1e-4
"""What is added to a distance before its logarithm: nearer than that two rows are the same to it."""


@register("loss", "koleo", title="KoLeo", reference="Sablayrolles, Douze, Schmid and Jégou 2019")
class KoLeo(Loss):
    """No item shall be too near to its nearest neighbour, whatever their classes: the embedding fills its sphere.

    −log( min_j ‖f_i − f_j‖ + ε ), averaged over the rows i that have another; f: embeddings of unit length, whatever
    the distance of the recipe; ε = 10⁻⁴: an estimate of minus the entropy of the embedding, after Kozachenko and
    Leonenko (Sablayrolles, Douze, Schmid and Jégou, 2019; DINOv2). It looks at no labels and at no miner, and is meant
    to be added with a small weight to another loss, such as triplet + 0.1*koleo, against a collapse. O(B²) time and
    memory. Active is the share of rows whose nearest neighbour is of another class.
    """

    family = "Regularisers"
    needs = frozenset()
    mined = False

    class Params(Parameters):
        """Parameters of the loss."""

        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the anchors; zero where no row has another."""
        rows, anchors = unit(batch.embeddings), judged(batch)
        if len(rows) < 2:
            return LossOutput(0.0 * rows.sum(), anchors.sum() * 0.0)
        nearest = cosines(batch).detach().fill_diagonal_(-torch.inf).argmax(dim=1)
        apart = (rows - rows[nearest]).norm(dim=1)  # by the difference: a product loses what is nearer than 10⁻³
        foreign = (batch.labels != batch.labels[nearest]) & anchors
        count = anchors.sum()
        return LossOutput(mean_of(-(apart + EPSILON).log() * anchors, count), share(foreign.sum(), count))
