"""FastAP."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, between_classes, chosen_positives, mean_of, share
from explorer.learn.distances.base import unit
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import ContrastLoss, views_parameter
from explorer.learn.slopes import both_ways, product, with_slope


@register("loss", "fast_ap", title="FastAP", reference="Cakir, He, Xia, Kulis and Sclaroff 2019")
class FastAP(ContrastLoss):
    """One minus the average precision of each row's ranking of the batch, read off histograms of its distances.

    1 − 1/|P(a)| Σ_l h⁺_l H⁺_l / H_l, averaged over the anchors a that have a positive. h⁺_l: how many positives lie in
    bin l of the squared distances from a, each shared between its two nearest bins; H⁺_l and H_l: how many positives
    and how many rows lie in the bins up to l; the squared distances of unit-length embeddings, from 0 to 4, whatever
    the distance of the recipe, are cut into ``bins`` (Cakir, He, Xia, Kulis and Sclaroff, 2019). O(B²) time and memory.
    It ranks the whole batch, whatever the miner. Active is the share of positive pairs with a negative at least as
    near.
    """

    family = "Ranking"
    mined = False

    class Params(Parameters):
        """Parameters of the loss."""

        bins: int = parameter(10, "How many bins the distances from 0 to 4 fall into", minimum=2, maximum=200, step=1)
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return one minus the mean average precision of the anchors that have a positive."""
        rows = unit(batch.embeddings)
        value, slope, active = self._judge(rows.detach(), batch)
        return LossOutput(with_slope(rows, value, slope), active)

    def _judge(self, rows: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return the loss of rows of unit length, its gradient by them, (B, D), and the share of active pairs."""
        lengths = rows.square().sum(dim=1)
        distances = product(rows, rows).mul_(-2.0).add_(lengths).add_(lengths[:, None]).clamp_(min=0.0)
        distances.fill_diagonal_(0.0)
        columns, real = chosen_positives(batch)
        counted = None if batch.texts is None else batch.same | batch.different
        found = Histograms.of(distances, columns, real, counted, self.params.bins)
        counts = real.sum(dim=1)
        anchors = (counts > 0).sum()
        precision, slope = found.precision(counts.clamp(min=1))
        value = mean_of(torch.where(counts > 0, 1.0 - precision, 0.0), anchors)
        ends = (slope.sum(dim=1) + slope.sum(dim=0))[:, None]
        gradient = (ends * rows - both_ways(slope, rows)) * (-2.0 / anchors.clamp(min=1))
        near = distances.gather(1, columns)
        nearest = between_classes(distances, batch, torch.inf).amin(dim=1, keepdim=True)
        outdone = real & (nearest <= near) & nearest.isfinite()
        return value, gradient, share(outdone.sum(), counts.sum())


_FEW_BINS = 20
"""So many running sums are taken one by one sooner than every distance is put into its bin."""


@dataclass(frozen=True, slots=True)
class Histograms:
    """Histograms of the distances from each row, each distance shared between its two nearest nodes.

    ``place`` (B, B) int64: the lower of them; ``near`` and ``whole`` (B, bins + 1): of the positives, in the columns
    ``columns`` (B, K) where ``real``, ``whole`` the running sums of those of all other rows, or of those ``counted``;
    ``scale``: bins per distance.
    """

    place: Tensor
    columns: Tensor
    real: Tensor
    counted: Tensor | None
    near: Tensor
    whole: Tensor
    scale: float

    @classmethod
    def of(cls, distances: Tensor, columns: Tensor, real: Tensor, counted: Tensor | None, bins: int) -> Histograms:
        """Count squared distances, (B, B) from 0 to 4, whose diagonal is zero."""
        at = (distances * (bins / 4.0)).clamp_(max=float(bins))
        place = at.long().clamp_(max=bins - 1)
        spot = place.gather(1, columns)
        near = _counted(spot, at.gather(1, columns) - spot, real, bins)
        if counted is None and bins <= _FEW_BINS:
            whole = torch.stack([(node - at).clamp_(0.0, 1.0).sum(dim=1) for node in range(1, bins + 2)], dim=1)
        else:
            whole = _counted(place, at - place, counted, bins).cumsum(dim=1)
        if counted is None:
            whole -= 1.0  # the row itself
        return cls(place, columns, real, counted, near, whole, bins / 4.0)

    def precision(self, counts: Tensor) -> tuple[Tensor, Tensor]:
        """Return the average precision of each row with so many positives, (B,), and its gradient by the distances."""
        up_to, whole = self.near.cumsum(dim=1), self.whole
        hits = self.near * up_to
        real = (hits > 0) & (whole > 0)
        shares = torch.where(real, 1.0 / torch.where(real, whole, 1.0), 0.0)
        counts = counts[:, None]
        by_near = (up_to * shares + _from_end(self.near * shares)) / counts
        by_all = -_from_end(hits * shares.square()) / counts
        slope = by_all.diff(dim=1).mul_(self.scale).gather(1, self.place)
        if self.counted is not None:
            slope.mul_(self.counted)
        pulled = by_near.diff(dim=1).mul_(self.scale).gather(1, self.place.gather(1, self.columns)) * self.real
        return (hits * shares).sum(dim=1) / counts.squeeze(1), slope.scatter_add_(1, self.columns, pulled)


def _counted(place: Tensor, share: Tensor, counted: Tensor | None, bins: int) -> Tensor:
    """Return how much lies at each node, (B, bins + 1), of what is a ``share`` of the way from a place to the next."""
    upper = share if counted is None else share * counted
    lower = (1.0 if counted is None else counted.to(share.dtype)) - upper
    found = torch.zeros(len(place), bins + 2, dtype=share.dtype, device=share.device)
    found.scatter_add_(1, place, lower)[:, 1:].scatter_add_(1, place, upper)
    return found[:, :-1]


def _from_end(values: Tensor) -> Tensor:
    """Return the sums of each row from each place to the end."""
    return values.flip(1).cumsum(dim=1).flip(1)
