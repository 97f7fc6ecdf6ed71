"""The N-pair loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.losses.pairs import PairLoss, PairParams, judged, log_sum_exp, positives


@register("loss", "n_pair", title="N-pair", reference="Sohn 2016")
class NPair(PairLoss):
    """A pair of one class is compared with all other classes at once, by the dot products of raw embeddings.

    log(1 + Σ_k exp(f_i·f_k − f_i·f_j)) for a pair (i, j) of one class, plus λ times the mean of |f|² over the batch, λ:
    ``length``; f: the embeddings as the encoder returns them, not scaled to unit length, so that it goes best with the
    distance ``cosine``, which only the miner uses. ``all``: the mean over all anchor–positive pairs (i, j), and k runs
    over all items of other classes; it does not depend on the order of the batch. ``first`` is the loss of the paper
    (Sohn, 2016), which takes two items of each class: the first two of the class in the batch are i and j, k runs over
    the j of the other classes, and the mean is over the classes; further items of a class are left out. A miner
    restricts the pairs to those of its triplets (``first``: only the pairs (i, j)).
    """

    pairwise = False  # remembered rows are as the distance compares them, which may have lost their lengths

    class Params(PairParams):
        """Parameters of the loss."""

        form: str = parameter("all", "All pairs of one class, or one for each class", choices=("all", "first"))
        length: float = parameter(
            0.005, "Weight of the squared length of the embeddings", minimum=0.0, maximum=1.0, step=0.001, live=True
        )

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the pairs plus the mean squared length."""
        same, different = pair_masks(batch, triplets)
        products = batch.embeddings @ batch.embeddings.T
        judge = self._over_all if self.params.form == "all" else self._over_first
        each, real = judge(batch, products, same, different)
        each, count = torch.where(real, each, 0.0), real.sum()
        anchors = judged(batch)
        lengths = mean_of(batch.embeddings.square().sum(dim=1) * anchors, anchors.sum())
        return LossOutput(mean_of(each, count) + self.params.length * lengths, share((each > 0).sum(), count))

    @staticmethod
    def _over_all(batch: Batch, products: Tensor, same: Tensor, different: Tensor) -> tuple[Tensor, Tensor]:
        """Return the terms of all anchor–positive pairs, (B, K), and which of them are real."""
        others, real = positives(batch, same)
        against = log_sum_exp(products, different)[:, None]
        return F.softplus(against - products.gather(1, others)), real

    @staticmethod
    def _over_first(batch: Batch, products: Tensor, same: Tensor, different: Tensor) -> tuple[Tensor, Tensor]:
        """Return the terms of all rows, (B,), and which rows are the anchors of their classes."""
        paired = same.any(dim=1)
        alike = batch.labels[:, None] == batch.labels[None]
        first = paired & ~(alike & paired).tril(diagonal=-1).any(dim=1)
        partner = same.int().argmax(dim=1)
        towards = products[:, partner]  # f_i · f_j of every two classes, in the rows and columns of their anchors
        return F.softplus(log_sum_exp(towards, ~alike & first) - towards.diagonal()), first
