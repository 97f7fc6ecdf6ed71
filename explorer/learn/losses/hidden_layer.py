"""A loss on a hidden layer of the encoder."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from explorer.core.errors import UserError
from explorer.core.formula import Term
from explorer.core.registry import Entry, Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance
from explorer.learn.losses.base import Loss
from explorer.learn.losses.formula import INSIDE, Terms, needs_of_formula, read_fitting, taken_by_formula, term_needs


def _misfit(entry: Entry, term: Term) -> str:
    if term_needs(term) & (INSIDE | {"memory"}) or not getattr(entry.part, "pairwise", True):
        return "looks at more than the rows of a batch, and of a hidden layer there are only those"
    return ""


@register("loss", "hidden_layer", title="Hidden layer", reference="Lee, Xie, Gallagher, Zhang and Tu 2015")
class HiddenLayer(Loss):
    """A hidden layer of the encoder shall tell the classes apart too, or alone.

    w · L(f) + v · L(h); f: the embedding; h: what the layer ``layer`` of the encoder gives, averaged over its places
    to one row an item and compared as the distance of the recipe compares, of unit length where it normalises; L: the
    loss ``of``, or a sum of several that compare rows with each other; w: ``whole``; v: ``weight``. With w = 0 the loss
    is moved: what comes after the layer learns nothing. Deeply supervised nets (Lee et al., 2015) have a classifier at
    every layer; here it is a metric at one. A miner looks at the embedding, and its triplets are those of both. A layer
    is named as in the encoder, such as ``blocks.2``; a wrong name is answered with those there are. It takes the time
    of L twice. Active is the mean of both.
    """

    family = "Combinations"
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        of: str = parameter("triplet", "The loss of the layer and of the embedding", live=True, syntax="losses")
        layer: str = parameter("", "Name of the layer (empty: what the last one reads)")
        weight: float = parameter(
            0.5, "Weight of the loss on the layer (v)", minimum=0.0, maximum=10.0, step=0.05, live=True
        )
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
        if type(distance).learned and distance.dimension:
            raise UserError(
                "The distance has weights for the numbers of the embedding, and a hidden layer has others",
                remedy="Choose another distance, such as euclidean or cosine",
            )
        self.terms = Terms(self.params.of, distance=distance, classes=classes, dimension=dimension)
        self.mined = self.terms.mined

    @property
    def layers(self) -> tuple[str, ...]:
        """The name of the layer."""
        return (self.params.layer,)

    @classmethod
    def needs_of(cls, params: Parameters) -> frozenset[str]:
        """Return a hidden layer, and what the loss of it needs."""
        chosen: Any = params
        return needs_of_formula(chosen.of) | {"hidden"}

    @classmethod
    def takes(cls, params: Parameters) -> frozenset[str]:
        """Return from which given tuples the loss learns."""
        chosen: Any = params
        return taken_by_formula(chosen.of)

    def update(self, params: Parameters) -> None:
        """Take over both weights, and weights and live parameters of the loss.

        Raises
        ------
        UserError: if there are other losses.
        """
        chosen: Any = params
        self.terms.update(chosen.of)
        super().update(params)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return both losses, weighted; the census is that of the embedding."""
        whole: LossOutput = self.terms(batch, triplets)
        inside: LossOutput = self.terms(batch.embedded_as(batch.hidden[self.params.layer], self.distance), triplets)
        value = self.params.whole * whole.value + self.params.weight * inside.value
        return LossOutput(value, (whole.active + inside.active) / 2, whole.census)
