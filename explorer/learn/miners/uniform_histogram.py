"""Pairs of every distance."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.miners.base import Miner, ZippedPairs


@register("miner", "uniform_histogram", title="Uniform histogram", reference="Musgrave, Belongie and Lim 2020")
class UniformHistogram(Miner):
    """As many pairs of every distance: near, middling and far ones alike, of one class and of two; O(B²).

    The distances of the pairs of one class are split into ``bins`` of one width from the least to the largest, and from
    each bin ``positives`` pairs are drawn, uniformly and with replacement; the same with the pairs of two classes and
    ``negatives``. d: the distance of the recipe. Losses over pairs learn from exactly these; for losses over triplets
    the pairs of an anchor are zipped, so that each comes at least once.
    """

    class Params(Parameters):
        """Parameters of the miner."""

        bins: int = parameter(100, "Into how many parts the distances are split", minimum=1, maximum=1000)
        positives: int = parameter(10, "Pairs of one class drawn from each part", minimum=1, maximum=10_000)
        negatives: int = parameter(10, "Pairs of two classes drawn from each part", minimum=1, maximum=10_000)

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return the chosen pairs, and at most B − 1 triplets an anchor."""
        distances = batch.distances.detach()
        same = self._drawn(distances, batch.same, self.params.positives, generator)
        return ZippedPairs(same, self._drawn(distances, batch.different, self.params.negatives, generator))

    def _drawn(self, distances: Tensor, among: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """Return which of the pairs ``among`` (B, B) are drawn, ``count`` times from each bin."""
        bins = self.params.bins
        low = distances.masked_fill(~among, torch.inf).amin()
        width = distances.masked_fill(~among, -torch.inf).amax() - low
        place = ((distances - low) * (bins / width.clamp(min=1e-30))).clamp(0, bins - 1)
        place = torch.where(among, place.nan_to_num(0.0).long(), bins).flatten()  # the last are no pairs of the sort
        sizes = torch.zeros(bins + 1, dtype=torch.int64, device=place.device)
        sizes.scatter_add_(0, place, torch.ones_like(place))
        first = sizes.cumsum(0) - sizes
        uniform = torch.rand((bins, count), generator=generator, device=place.device, dtype=torch.float64)
        rank = (uniform * sizes[:-1, None]).long() + first[:-1, None]
        chosen = torch.zeros(len(place) + 1, dtype=torch.bool, device=place.device)
        drawn = _order(place)[rank.clamp(max=max(len(place) - 1, 0))]
        chosen[torch.where(sizes[:-1, None] > 0, drawn, len(place))] = True
        return chosen[:-1].view_as(among)


def _order(place: Tensor) -> Tensor:
    """Return the pairs in the order of their bins; numpy sorts small numbers by counting them."""
    if place.device.type != "cpu":
        return place.argsort(stable=True)
    return torch.from_numpy(np.argsort(place.numpy().astype(np.int16), kind="stable"))
