"""The contrastive loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.anchor_blocks import AnchorBlock
from explorer.learn.batch import Batch, LossOutput, Sums, Triplets, pair_masks
from explorer.learn.losses.base import Loss, census_parameter


@register("loss", "contrastive", reference="Hadsell, Chopra and LeCun 2006")
class Contrastive(Loss):
    """Pairs of one class are pulled together, pairs of two classes pushed beyond a margin.

    ``squared`` (Hadsell, Chopra and LeCun, 2006): ½ d² for a pair of one class, ½ [m − d]₊² for a pair of two.
    ``linear``: [d − m₊]₊ and [m − d]₊. d: the distance of the recipe; m: ``margin``; m₊: ``positive_margin``. There
    are far more pairs of two classes, so that each sort is averaged by itself, over its terms that are not zero.
    ``textbook``: y d² + (1 − y) [m − d]₊², y = 1 for a pair of one class and 0 for one of two, averaged over all pairs
    together; with m₊ above zero, d of a pair of one class is what exceeds that. A miner restricts the pairs to those of
    its triplets.
    """

    family = "Pairs"
    by_anchor = True
    given = frozenset({"pairs", "triplets"})

    class Params(Parameters):
        """Parameters of the loss."""

        margin: float = parameter(
            1.0, "How far apart two classes are pushed", minimum=0.0, maximum=4.0, step=0.05, live=True
        )
        positive_margin: float = parameter(
            0.0, "Below this distance a pair of one class is left alone", minimum=0.0, maximum=2.0, step=0.05, live=True
        )
        form: str = parameter(
            "squared",
            "Squared or linear hinge, each sort of pair averaged by itself; or squared over all pairs together",
            choices=("squared", "linear", "textbook"),
        )
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the pulling pairs plus the mean over the pushing pairs, or the mean over all pairs."""
        return self._judged(batch, *pair_masks(batch, triplets)).output()

    def sums(self, batch: Batch | AnchorBlock) -> Sums:
        """Return the sums over all pairs of the anchors."""
        return self._judged(batch, batch.same, batch.different)

    def _judged(self, batch: Batch | AnchorBlock, same: Tensor, different: Tensor) -> Sums:
        pull = torch.where(same, F.relu(batch.distances - self.params.positive_margin), 0.0)
        push = torch.where(different, F.relu(self.params.margin - batch.distances), 0.0)
        pulling, pushing = (pull > 0).sum(), (push > 0).sum()
        pairs = same.sum() + different.sum()
        if self.params.form == "textbook":
            return Sums(((pull.square() + push.square()).sum(),), (pairs,), pulling + pushing, pairs)
        if self.params.form == "squared":
            pull, push = pull.square() / 2, push.square() / 2
        return Sums((pull.sum(), push.sum()), (pulling, pushing), pulling + pushing, pairs)
