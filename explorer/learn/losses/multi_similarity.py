"""The multi-similarity loss."""

from __future__ import annotations

import torch.nn.functional as F

from explorer.core.registry import parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.losses.pairs import PairLoss, PairParams, cosines, judged, log_sum_exp, positives


@register("loss", "multi_similarity", title="Multi-similarity", reference="Wang, Han, Huang, Dong and Scott 2019")
class MultiSimilarity(PairLoss):
    """Every pair is pulled or pushed the harder, the worse it is by itself and beside the other pairs of its anchor.

    Mean over the anchors a of 1/α log(1 + Σ_p exp(−α (s_ap − λ))) + 1/β log(1 + Σ_n exp(β (s_an − λ))). p: items of the
    class of a; n: items of others; s: the cosine of two embeddings, whatever the distance of the recipe, which only the
    miner uses; λ: ``base``, the cosine at which a pair is neither good nor bad. A miner restricts the pairs to those of
    its triplets. In the paper the miner ``multi_similarity`` goes with it.
    """

    class Params(PairParams):
        """Parameters of the loss."""

        alpha: float = parameter(
            2.0, "How sharply pairs of one class are weighted", minimum=0.1, maximum=100.0, live=True, logarithmic=True
        )
        beta: float = parameter(
            50.0,
            "How sharply pairs of two classes are weighted",
            minimum=0.1,
            maximum=200.0,
            live=True,
            logarithmic=True,
        )
        base: float = parameter(
            0.5, "The cosine at which a pair is neither good nor bad", minimum=-1.0, maximum=1.0, step=0.05, live=True
        )

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the anchors, also those without a pair, whose loss is zero."""
        alpha, beta = self.params.alpha, self.params.beta
        same, different = pair_masks(batch, triplets)
        above = cosines(batch) - self.params.base
        rows, real = positives(batch, same)
        pull = F.softplus(log_sum_exp(-alpha * above.gather(1, rows), real)) / alpha
        push = F.softplus(log_sum_exp(beta * above, different)) / beta
        each, anchors = pull + push, judged(batch).sum()
        return LossOutput(mean_of(each, anchors), share((each > 0).sum(), anchors))
