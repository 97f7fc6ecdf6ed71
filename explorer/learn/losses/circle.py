"""The circle loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from explorer.core.registry import parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.losses.pairs import PairLoss, PairParams, cosines, log_sum_exp, positives


@register("loss", "circle", reference="Sun, Cheng, Zhang, Zhang, Zheng, Wang and Wei 2020")
class Circle(PairLoss):
    """A pair is weighted by how far its cosine still is from where it shall be, so that all arrive at the same time.

    Mean over the anchors of log(1 + Σ_n exp(γ w_n (s_n − m)) · Σ_p exp(−γ w_p (s_p − 1 + m))), with the weights w_n =
    [s_n + m]₊ and w_p = [1 + m − s_p]₊, which have no gradient. s_p: the cosine of the anchor and an item of its class;
    s_n: of another; cosines are taken whatever the distance of the recipe, which only the miner uses. m:
    ``relaxation``; γ: ``scale``. Anchors without both sorts of pairs do not count. A miner restricts the pairs to those
    of its triplets. The paper: m = 0.25 and γ = 256 for faces, 0.25 and 128 for persons, 0.4 and 80 for pictures.
    """

    class Params(PairParams):
        """Parameters of the loss."""

        relaxation: float = parameter(
            0.4, "How wide the circle is within which a pair is good", minimum=0.0, maximum=1.0, step=0.05, live=True
        )
        scale: float = parameter(
            80.0, "How sharply pairs are weighted", minimum=1.0, maximum=512.0, live=True, logarithmic=True
        )

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the anchors that have a pair of either sort."""
        m, scale = self.params.relaxation, self.params.scale
        same, different = pair_masks(batch, triplets)
        s = cosines(batch)
        rows, real = positives(batch, same)
        alike = s.gather(1, rows)
        apart = -scale * F.relu(1 + m - alike.detach()) * (alike - 1 + m)
        near = scale * F.relu(s.detach() + m) * (s - m)
        both = same.any(dim=1) & different.any(dim=1)
        each = F.softplus(log_sum_exp(apart, real) + log_sum_exp(near, different))
        each = torch.where(both, each, 0.0)
        count = both.sum()
        return LossOutput(mean_of(each, count), share((each > 0).sum(), count))
