"""The semi-hard miner."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.miners.base import Miner, RankedNegatives


@register("miner", "semi_hard", title="Semi-hard", reference="Schroff, Kalenichenko and Philbin 2015")
class SemiHard(Miner):
    """Every pair of one class with a negative farther than the positive, but inside the margin: d_ap < d_an < d_ap + m.

    ``pick``: the ``nearest`` of those, or a ``random`` one. A pair without one is left out; with ``fallback``
    ``farthest``, a pair all of whose negatives are nearer than its positive takes the farthest of them, so that a
    collapsed embedding still learns.
    """

    class Params(Parameters):
        """Parameters of the miner."""

        pick: str = parameter("nearest", "Which of the semi-hard negatives", choices=("nearest", "random"))
        fallback: str = parameter(
            "farthest",
            "What a pair takes when all negatives are nearer than its positive",
            choices=("none", "farthest"),
        )

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return at most one triplet a pair of one class."""
        ranked = RankedNegatives(batch)
        first = ranked.below(ranked.near, inclusive=True)
        last = ranked.below(ranked.near + margin)
        ranks = ranked.draw(first, last, generator) if self.params.pick == "random" else first
        chosen = first < last
        if self.params.fallback == "farthest":
            hopeless = first == ranked.counts[:, None]
            ranks, chosen = torch.where(hopeless, first - 1, ranks), chosen | hopeless
        return ranked.triplets(ranks, chosen)
