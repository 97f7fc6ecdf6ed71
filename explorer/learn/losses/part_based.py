"""Losses on horizontal stripes of the feature maps."""

from __future__ import annotations

from math import sqrt
from typing import Any, cast

import torch
import torch.nn.functional as F
from pydantic import field_validator
from torch import Tensor, nn

from explorer.core.formula import Term
from explorer.core.registry import Entry, Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance
from explorer.learn.losses.base import Loss
from explorer.learn.losses.formula import INSIDE, Terms, needs_of_formula, read_fitting, term_needs


def _misfit(entry: Entry, term: Term) -> str:
    if term_needs(term) & INSIDE:
        return "looks inside the encoder, and a stripe has nothing there"
    if term_needs(term) & {"memory"}:
        return "looks at remembered embeddings, and those of the stripes are not remembered"
    return ""


@register("loss", "part_based", title="Part-based", reference="Sun et al. 2018; Yao et al. 2019")
class PartBased(Loss):
    """Every horizontal stripe of the picture shall tell the classes apart by itself, and so shall the embedding.

    L(f) · w + 1/K Σ_k L(g_k), g_k = W_k · mean of the maps over stripe k. f: the embedding; K: ``parts``; W_k: (width,
    C) weights of stripe k, learned; L: the loss ``of``, or a sum of several, with weights of its own for each stripe
    and the embedding; w: ``whole``. The distance of the stripes is that of the recipe, with weights of its own where it
    has any. Part loss (Yao et al., 2019) has classifiers for L, as by default; its parts are found, not stripes. The
    stripes are those of PCB (Sun et al., 2018), which has no embedding of the whole; on maps of fewer rows than stripes
    they overlap. Only the embedding is compared afterwards: the stripes are there to train it.
    """

    family = "Combinations"

    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        of: str = parameter("softmax", "The loss of each part", live=True, syntax="losses")
        parts: int = parameter(6, "Horizontal stripes (K)", minimum=1, maximum=32)
        width: int = parameter(64, "Numbers that describe a stripe", minimum=1, maximum=2048)
        whole: float = parameter(
            1.0, "Weight of the loss on the embedding (w)", minimum=0.0, maximum=10.0, step=0.05, live=True
        )

        @field_validator("of")
        @classmethod
        def _read(cls, of: str) -> str:
            return read_fitting(of, _misfit)

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        parts, width, of = self.params.parts, self.params.width, self.params.of
        self.whole = Terms(of, distance=distance, classes=classes, dimension=dimension)
        kind = type(distance)
        self.distances = nn.ModuleList(kind(distance.params, dimension=width) for _ in range(parts))
        self.stripes = nn.ModuleList(
            Terms(of, distance=cast(Distance, own), classes=classes, dimension=width) for own in self.distances
        )
        self.weight = nn.Parameter(torch.randn(parts, width, channels) / sqrt(max(channels, 1)))
        self.mined = self.whole.mined

    @classmethod
    def needs_of(cls, params: Parameters) -> frozenset[str]:
        """Return feature maps, and what the loss of the parts needs."""
        chosen: Any = params
        return needs_of_formula(chosen.of) | {"maps"}

    def update(self, params: Parameters) -> None:
        """Take over the weight of the embedding, and weights and live parameters of the losses of the parts.

        Raises
        ------
        UserError: if there are other losses.
        """
        chosen: Any = params
        for terms in (self.whole, *self._stripes):
            terms.update(chosen.of)
        super().update(params)

    @property
    def _stripes(self) -> list[Terms]:
        return cast(list[Terms], list(self.stripes))

    def described(self, maps: Tensor) -> Tensor:
        """Return what describes the stripes of (B, C, H, W) maps, (K, B, width)."""
        pooled = F.adaptive_avg_pool2d(maps, (self.params.parts, 1)).squeeze(3)
        return pooled.permute(2, 0, 1) @ self.weight.transpose(1, 2)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the loss of the embedding plus the mean of those of the stripes.

        Active is the mean of theirs.
        """
        assert batch.maps is not None
        whole: LossOutput = self.whole(batch, triplets)
        outputs = [
            terms(batch.embedded_as(rows, cast(Distance, distance)), triplets)
            for terms, distance, rows in zip(self._stripes, self.distances, self.described(batch.maps), strict=True)
        ]
        value = torch.stack([output.value for output in outputs]).mean()
        active = torch.stack([whole.active, *(output.active for output in outputs)]).mean()
        return LossOutput(self.params.whole * whole.value + value, active, whole.census)
