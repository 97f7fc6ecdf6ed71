"""Miners of the package PyTorch Metric Learning, where it is installed."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.miners.base import Miner, ZippedPairs
from explorer.learn.pml_calls import PACKAGE, distance_parameter, explained, labelled, made

NAMES = (
    "AngularMiner", "BatchEasyHardMiner", "BatchHardMiner", "DistanceWeightedMiner", "HDCMiner", "MultiSimilarityMiner",
    "PairMarginMiner", "TripletMarginMiner", "UniformHistogramMiner",
)  # fmt: skip


@register(
    "miner",
    "pml",
    title="PML (PyTorch Metric Learning)",
    reference="Musgrave, Belongie and Lim 2020",
    requires=(PACKAGE,),
)
class PmlMiner(Miner):
    """A miner of the package PyTorch Metric Learning with its own defaults, to compare with the one here.

    ``which``: its name in the package; ``distance``: that of the package that it uses. It is called with the embeddings
    as the encoder returned them and the labels of the rows that have one, and compares them in its own way, whatever
    the distance and the margin of the recipe. Known of version 2.9.0: the one that draws by distance leaves out most
    anchors in some hundred dimensions, since its weights are divided by the greatest of the whole batch; those of
    triplets, the angular one too, list all of them, which takes O(B³) memory.
    """

    class Params(Parameters):
        """Parameters of the miner."""

        which: str = parameter("MultiSimilarityMiner", "Which miner of the package", choices=NAMES)
        distance: str = distance_parameter()

    def __init__(self, params: Parameters) -> None:
        super().__init__(params)
        self.theirs = made("miners", self.params.which, self.params.distance)

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return the chosen triplets, or pairs where the package chose those.

        Raises
        ------
        UserError: the package cannot mine such a batch.
        """
        rows = labelled(batch)
        if not len(rows):
            return Triplets(rows, rows, rows, rows.bool())
        z, labels = batch.embeddings.detach()[rows], batch.labels[rows]
        seed = int(torch.randint(2**31, (), generator=generator, device=generator.device))
        with explained(self.params.which, labels), torch.random.fork_rng([z.device] if z.is_cuda else []):
            torch.manual_seed(seed)  # they draw from the generator of torch, which others rely on
            found = [rows[column.to(rows)] for column in self.theirs(z, labels)]
        if len(found) == 4:
            return ZippedPairs(*(_mask(batch, *pair) for pair in (found[:2], found[2:])))
        anchors, positives, negatives = found
        return Triplets(anchors, positives, negatives, torch.ones_like(anchors, dtype=torch.bool))


def _mask(batch: Batch, anchors: Tensor, others: Tensor) -> Tensor:
    """Return which pairs of rows are listed, (B, B) bool."""
    mask = torch.zeros(len(batch), len(batch), dtype=torch.bool, device=anchors.device)
    mask[anchors, others] = True
    return mask
