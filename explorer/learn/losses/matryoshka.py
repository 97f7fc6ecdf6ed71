"""Matryoshka representation learning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import torch
from pydantic import field_validator
from torch import nn

from explorer.core.formula import Term
from explorer.core.registry import Entry, Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance
from explorer.learn.losses.base import Loss
from explorer.learn.losses.formula import INSIDE, Terms, needs_of_formula, read_fitting, taken_by_formula, term_needs


def _misfit(entry: Entry, term: Term) -> str:
    if term_needs(term) & INSIDE:
        return "looks inside the encoder, which has no beginning"
    if term_needs(term) & {"memory"}:
        return "looks at remembered embeddings, and those are whole ones"
    return ""


@register("loss", "matryoshka", title="Matryoshka", reference="Kusupati et al. 2022")
class Matryoshka(Loss):
    """The first numbers of an embedding shall do by themselves, so that it may be cut off where space is short.

    The mean over d = D, D/2, D/4, … down to ``smallest`` of L(f[:d]); f: the embedding; f[:d]: its first d numbers,
    compared as the distance of the recipe compares them, of unit length anew where it normalises; L: the loss ``of``,
    or a sum of several, with weights of its own for each d (Kusupati et al., 2022, who add up and take softmax for L).
    A distance with weights has others for each d < D, that only train. A miner looks at the whole embedding. It takes
    the time of L once for each d. Active is the mean of theirs.
    """

    family = "Combinations"
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        of: str = parameter("normalised_softmax", "The loss of each beginning", live=True, syntax="losses")
        smallest: int = parameter(8, "Numbers of the shortest beginning", minimum=1, maximum=4096)

        @field_validator("of")
        @classmethod
        def _read(cls, of: str) -> str:
            return read_fitting(of, _misfit)

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.lengths = nested(dimension, self.params.smallest)
        kind = type(distance)
        self.distances = nn.ModuleList(kind(distance.params, dimension=d) for d in self.lengths[1:])
        self.losses = nn.ModuleList(
            Terms(self.params.of, distance=own, classes=classes, dimension=d)
            for d, own in zip(self.lengths, self._distances(), strict=True)
        )
        self.mined = self._terms[0].mined

    @classmethod
    def needs_of(cls, params: Parameters) -> frozenset[str]:
        """Return what the loss of the beginnings needs."""
        chosen: Any = params
        return needs_of_formula(chosen.of)

    @classmethod
    def takes(cls, params: Parameters) -> frozenset[str]:
        """Return from which given tuples the loss of the beginnings learns."""
        chosen: Any = params
        return taken_by_formula(chosen.of)

    @property
    def _terms(self) -> list[Terms]:
        return cast(list[Terms], list(self.losses))

    def _distances(self) -> list[Distance]:
        return [self.distance, *cast(list[Distance], list(self.distances))]

    def update(self, params: Parameters) -> None:
        """Take over weights and live parameters of the losses.

        Raises
        ------
        UserError: if there are other losses.
        """
        chosen: Any = params
        for terms in self._terms:
            terms.update(chosen.of)
        super().update(params)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean of the losses of the beginnings; the census is that of the whole embedding."""
        whole: LossOutput = self._terms[0](batch, triplets)
        outputs = [whole]
        for d, distance, terms in zip(self.lengths[1:], self._distances()[1:], self._terms[1:], strict=True):
            outputs.append(terms(batch.embedded_as(batch.embeddings[:, :d], distance), triplets))
        value = torch.stack([output.value for output in outputs]).mean()
        active = torch.stack([output.active for output in outputs]).mean()
        return replace(whole, value=value, active=active)


def nested(dimension: int, smallest: int) -> tuple[int, ...]:
    """Return how long the beginnings of an embedding are, the whole first and each half of the one before."""
    lengths = [dimension]
    while lengths[-1] // 2 >= max(smallest, 1):
        lengths.append(lengths[-1] // 2)
    return tuple(lengths)
