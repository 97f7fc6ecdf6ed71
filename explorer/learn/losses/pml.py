"""Losses of the package PyTorch Metric Learning, where it is installed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, share
from explorer.learn.distances.base import Distance
from explorer.learn.losses.base import Loss, census_parameter, rate_parameter
from explorer.learn.pml_calls import OWN, PACKAGE, REDUCERS, distance_parameter, explained, labelled, made, tuples_of

NAMES = (
    "AngularLoss", "ArcFaceLoss", "CircleLoss", "ContrastiveLoss", "CosFaceLoss", "FastAPLoss",
    "GeneralizedLiftedStructureLoss", "IntraPairVarianceLoss", "LargeMarginSoftmaxLoss", "LiftedStructureLoss",
    "MarginLoss", "MultiSimilarityLoss", "NCALoss", "NPairsLoss", "NTXentLoss", "NormalizedSoftmaxLoss", "P2SGradLoss",
    "PNPLoss", "ProxyAnchorLoss", "ProxyNCALoss", "SignalToNoiseRatioContrastiveLoss", "SmoothAPLoss", "SoftTripleLoss",
    "SphereFaceLoss", "SubCenterArcFaceLoss", "SupConLoss", "ThresholdConsistentMarginLoss", "TripletMarginLoss",
    "TupletMarginLoss",
)  # fmt: skip
"""Those that judge embeddings by labels with their own defaults.

Left out because they are wrong there: InstanceLoss (takes the number of a class for that of a row),
DynamicSoftMarginLoss (fails in its second step) and HistogramLoss (fails where embeddings are equal).
"""
WEIGHTED = frozenset({
    "ArcFaceLoss", "CosFaceLoss", "LargeMarginSoftmaxLoss", "NormalizedSoftmaxLoss", "ProxyAnchorLoss", "ProxyNCALoss",
    "SoftTripleLoss", "SphereFaceLoss", "SubCenterArcFaceLoss",
})  # fmt: skip
"""Those that want to know how many classes and dimensions there are, for their weights; ``P2SGradLoss`` too."""
NOT_MINED = frozenset({"P2SGradLoss", "PNPLoss"})
"""Those that refuse what a miner chose."""


@register(
    "loss",
    "pml",
    title="PML (PyTorch Metric Learning)",
    reference="Musgrave, Belongie and Lim 2020",
    requires=(PACKAGE,),
)
class PmlLoss(Loss):
    """A loss of the package PyTorch Metric Learning with its own defaults, to compare with the one here.

    ``which``: its name in the package; ``distance`` and ``reducer``: those of the package that it uses. It is called
    with the embeddings as the encoder returned them, the labels and what the miner chose, of the rows that have a
    label, and compares them in its own way, whatever the distance of the recipe. P2SGrad and PNP follow no miner.
    Weights of the classes learn with the run and are saved with it. Known of version 2.9.0: its angular loss does not
    scale the negatives to unit length, so that it grows with the embeddings; its smooth AP is not zero for a perfect
    embedding unless a batch has as many classes as items of each, and wants classes of one size; its N-pairs loss
    scales embeddings to unit length, so that little pulls them; ProxyNCA leaves the cosines as they are, which is too
    weak; NCA is infinite where no item of the batch has another of its class; NT-Xent and lifted structure take O(B³)
    memory; PerAnchorReducer fails on triplets, and MeanReducer divides by all terms where the loss had left out those
    that are zero. Active is the share of the terms that are not zero, as the package reports them.
    """

    family = "Other libraries"
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        which: str = parameter("MultiSimilarityLoss", "Which loss of the package", choices=NAMES)
        distance: str = distance_parameter()
        reducer: str = parameter(OWN, "Which reducer of the package makes one number of its terms", choices=REDUCERS)
        proxy_rate: float = rate_parameter(
            10.0, "How many times as fast as the encoder its weights of the classes learn, where it has some"
        )
        census_margin: float = census_parameter()

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        name = self.params.which
        sizes = {"num_classes": classes, "embedding_size": dimension} if name in WEIGHTED else {}
        if name == "P2SGradLoss":
            sizes = {"num_classes": classes, "descriptors_dim": dimension}
        self.theirs = made("losses", name, self.params.distance, self.params.reducer, **sizes)
        self.mined = name not in NOT_MINED

    @property
    def rate_scale(self) -> float:
        """How much faster than the encoder the weights learn."""
        return float(self.params.proxy_rate)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return what the package returns of the rows with a label, zero where there are none.

        Raises
        ------
        UserError: the package cannot judge such a batch.
        """
        rows = labelled(batch)
        if not len(rows):
            nothing = 0.0 * batch.embeddings.sum()
            return LossOutput(nothing, nothing.detach().float())
        labels, terms = batch.labels[rows], list[Tensor]()
        handle = self.theirs.reducer.register_forward_pre_hook(lambda _, given: terms.extend(_terms(given[0])))
        try:
            with explained(self.params.which, labels):
                tuples = tuples_of(batch, triplets, rows) if self.mined else None
                value = self.theirs(batch.embeddings[rows], labels, tuples)
        finally:
            handle.remove()
        active = torch.stack([(term != 0).sum() for term in terms]).sum() if terms else (value != 0).long()
        count = torch.tensor(sum(term.numel() for term in terms) or 1, device=active.device)
        return LossOutput(value, share(active, count))


def _terms(losses: dict[str, dict[str, Any]]) -> list[Tensor]:
    """Return the terms of a loss before they are averaged; what stands for no term is a plain 0 there."""
    found = (one["losses"] for one in losses.values())
    return [term.detach() for term in found if isinstance(term, Tensor)]
