"""The potential field loss (PFML)."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import Distance, root, squared, unit
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import ProxyLoss, proxies

CORE = 0.25
"""Repulsion stops growing at this share of the reach: at a distance of 0 it would have no end."""


@register("loss", "potential_field", title="Potential field (PFML)", reference="Bhatnagar and Ahuja 2025")
class PotentialField(ProxyLoss):
    """Every row and proxy makes a field that fades with distance, drawing its own class and pushing all others away.

    The mean over the rows f of the batch of Σ_s [1 − (δ / d_fs)^α]₊ + Σ_o [(δ / d_fo)^α − 1]₊, with the sums over all
    other rows and the proxies of its class s, and of other classes o; d: the Euclidean distance at unit length,
    whatever the distance of the recipe; δ: ``reach``; α: ``decay`` (Bhatnagar and Ahuja, 2025, up to a constant and a
    factor). Nearer than δ nothing is drawn any more, and farther than δ nothing is pushed; both forces fade like
    d^−(α + 1), so that a wrong label far away hardly pulls. Several ``proxies`` a class, learned, stand for its groups.
    Repulsion counts distances below δ / 4 as that. O(B (B + P)) time and memory. It follows no miner. Active is the
    share of rows with one of another class nearer than δ.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        reach: float = parameter(
            0.2, "Nearer is near enough, and farther is far enough (δ)", minimum=0.01, maximum=2.0, step=0.01, live=True
        )
        decay: float = parameter(
            1.0, "The larger, the less far ones count (α)", minimum=0.1, maximum=8.0, step=0.1, live=True
        )
        proxies: int = parameter(2, "Proxies a class", minimum=1, maximum=100)
        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.proxies = proxies(classes * self.params.proxies, dimension)  # those of a class are neighbours

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean potential of the rows that have a class."""
        rows, labels = unit(batch.embeddings), batch.labels
        owners = torch.arange(self.classes, device=labels.device).repeat_interleave(self.params.proxies)
        d = torch.cat((_distances(rows, rows), _distances(rows, unit(self.proxies))), dim=1)
        others = torch.cat((labels, owners))
        known = (labels >= 0)[:, None] & (others >= 0)
        itself = torch.eye(len(rows), len(others), dtype=torch.bool, device=d.device)
        same = (labels[:, None] == others) & known & ~itself
        different = (labels[:, None] != others) & known
        reach, decay = self.params.reach, self.params.decay
        drawn = (1.0 - (reach / d.clamp(min=reach)) ** decay).where(same, 0.0)
        pushed = ((reach / d.clamp(min=CORE * reach, max=reach)) ** decay - 1.0).where(different, 0.0)
        count = (labels >= 0).sum()
        active = ((d.detach() < reach) & different).any(dim=1).sum()
        return LossOutput(mean_of((drawn + pushed).sum(dim=1), count), share(active, count))


def _distances(a: Tensor, b: Tensor) -> Tensor:
    return root(squared(a, b), 8 * torch.finfo(a.dtype).eps)
