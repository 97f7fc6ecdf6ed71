"""The multi-similarity loss."""

from __future__ import annotations

from torch import Tensor

from explorer.core.registry import parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, between_classes, chosen_positives, mean_of, share
from explorer.learn.distances.base import unit
from explorer.learn.losses.pairs import NOTHING, PairLoss, PairParams, judged
from explorer.learn.slopes import both_ways, one_plus_sum_exp, product, with_slope


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
        rows = unit(batch.embeddings)
        value, slope, active = self._judge(rows.detach(), batch, triplets)
        return LossOutput(with_slope(rows, value, slope), active)

    def _judge(self, rows: Tensor, batch: Batch, triplets: Triplets | None) -> tuple[Tensor, Tensor, Tensor]:
        """Return the loss of rows of unit length, its gradient by them, (B, D), and the share of active anchors."""
        alpha, beta = self.params.alpha, self.params.beta
        above = product(rows, rows).clamp_(-1.0, 1.0).sub_(self.params.base)
        others, real = chosen_positives(batch, triplets)
        pull, near = one_plus_sum_exp((-alpha * above.gather(1, others)).masked_fill_(~real, NOTHING))
        push, slope = one_plus_sum_exp(between_classes(above.mul_(beta), batch, NOTHING, triplets))
        anchors = judged(batch)
        each = (pull / alpha + push / beta) * anchors
        slope.scatter_add_(1, others, -near)
        if batch.anchors is not None:
            slope.mul_(anchors[:, None])
        count = anchors.sum()
        return mean_of(each, count), both_ways(slope, rows) / count.clamp(min=1), share((each > 0).sum(), count)
