"""The log-ratio loss."""

from __future__ import annotations

from typing import ClassVar

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.losses.base import Loss, census_parameter
from explorer.learn.losses.ordered import FAMILY, NEEDS


@register("loss", "log_ratio", title="Log-ratio", reference="Kim et al. 2019")
class LogRatio(Loss):
    """Ratios of distances shall be those of the target: twice as far in the number, twice as far in the embedding.

    The mean over triplets (a, i, j) of (log d_ai / d_aj − log Δ_ai / Δ_aj)², where neither i nor j has the target of a;
    d: the distance of the recipe; Δ: how far two targets are apart (Kim et al., 2019, who square all distances,
    which is four times as much, and scale no embedding). Over all i and j of an anchor that is twice the variance of
    log d − log Δ, so it takes O(B²) time and memory. Distances of nearly 0 count as ``smallest``. It needs a target and
    no classes, and follows no miner. Active is the share of rows whose ratio is off by more than a tenth.
    """

    family = FAMILY
    needs: ClassVar[frozenset[str]] = NEEDS
    mined = False
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        smallest: float = parameter(
            1e-3, "Distances below this count as this", minimum=1e-6, maximum=1.0, live=True, logarithmic=True
        )
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over all anchors with two others."""
        assert batch.target is not None
        apart = batch.target.apart().to(batch.embeddings.dtype)
        counted = (apart > 0).fill_diagonal_(False)
        ratios = batch.distances.clamp(min=self.params.smallest).log() - apart.where(counted, 1.0).log()
        number = counted.sum(dim=1, keepdim=True)
        middle = ratios.where(counted, 0.0).sum(dim=1, keepdim=True) / number.clamp(min=1)
        off = (ratios - middle).where(counted, 0.0)
        anchors = number.squeeze(1) > 1
        terms = 2.0 * off.square().sum(dim=1) / (number.squeeze(1) - 1).clamp(min=1)
        wrong = ((off.detach().abs() > 0.1) & counted).sum()
        return LossOutput(mean_of(terms.where(anchors, 0.0), anchors.sum()), share(wrong, counted.sum()))
