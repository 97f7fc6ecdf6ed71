"""Neighbourhood components analysis of a network."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from explorer.core.registry import parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import squared
from explorer.learn.losses.contrast import Contrast
from explorer.learn.losses.pairs import PairLoss, PairParams, log_sum_exp


@register("loss", "deep_nca", title="Deep NCA", reference="Salakhutdinov and Hinton 2007; Wu, Efros and Yu 2018")
class DeepNca(PairLoss):
    """A neighbour drawn by chance, near ones more often, shall be of the class of the row: any of them will do.

    −log q_a, or with the form ``expected`` 1 − q_a, averaged over the anchors a that have a positive; q_a = Σ_p
    exp(−d²_ap / T) / Σ_i exp(−d²_ai / T): how likely a neighbour of the class of a is drawn. p: the other rows of its
    class; i: all rows but a; d: the Euclidean distance of the embeddings as the distance of the recipe prepares them;
    T: ``temperature`` (Salakhutdinov and Hinton, 2007, T = 1 and lengths that are free; with unit length T = 0.1 is
    that of Wu, Efros and Yu, 2018). All positives share one sum, so that one near positive is enough and a class may
    stay in several groups. O(B²) time and memory. A miner restricts the pairs to those of its triplets. Active is the
    share of anchors that would rather choose a row of another class.
    """

    class Params(PairParams):
        """Parameters of the loss."""

        form: str = parameter(
            "log", "The logarithm of how likely the class is, or how likely another one is", choices=("log", "expected")
        )
        temperature: float = parameter(
            0.1,
            "Squared distances are divided by it: the smaller, the more the nearest rows count (T)",
            minimum=0.005,
            maximum=100.0,
            live=True,
            logarithmic=True,
        )

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the anchors that have a positive."""
        contrast = Contrast.of(batch, squared(batch.prepared) / -self.params.temperature, triplets)
        judged = contrast.valid.any(dim=1)
        against = contrast.negatives.logsumexp(dim=1) - log_sum_exp(contrast.positives, contrast.valid)
        each = F.softplus(against) if self.params.form == "log" else against.sigmoid()
        wrong = judged & (against.detach() > 0) & contrast.different.any(dim=1)
        return LossOutput(mean_of(torch.where(judged, each, 0.0), judged.sum()), share(wrong.sum(), judged.sum()))
