"""The losses of a formula, made and weighted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import torch
from torch import Tensor, nn

from explorer.core.errors import UserError
from explorer.core.formula import SUM, Term, read, same_losses, written
from explorer.core.registry import Entry, catalogue, find, validated
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance
from explorer.learn.losses.base import Loss
from explorer.learn.parts_of_others import checked, made

INSIDE = frozenset({"maps", "hidden"})
"""What a loss may need of the inside of an encoder, which nothing but a batch of items has."""


class Terms(nn.Module):
    """The losses of a formula, each with its weight: value Σ w·value, active Σ w·active / Σ w.

    A loss that needs no labels has each picture as a class of its own beside others that do need them too. ``last``
    holds the values of the terms in the last batch, without weights and without a gradient.
    """

    def __init__(self, formula: str, *, distance: Distance, classes: int, dimension: int, channels: int = 0) -> None:
        super().__init__()
        self.formula = formula
        self.terms = read(formula)
        needs = [term_needs(term) for term in self.terms]
        classes_known = any("labels" in need for need in needs)
        self._by_item = [classes_known and not need & {"labels", "target"} for need in needs]
        self.losses = nn.ModuleList(
            made(
                "loss",
                Loss,
                term.name,
                term.params,
                distance=distance,
                classes=classes,
                dimension=dimension,
                channels=channels,
            )
            for term in self.terms
        )
        self.last: tuple[Tensor, ...] = ()

    @property
    def parts(self) -> list[Loss]:
        """The losses, in the order of the formula."""
        return cast(list[Loss], list(self.losses))

    @property
    def mined(self) -> bool:
        """Whether one of them follows the miner."""
        return any(part.mined for part in self.parts)

    @property
    def pairwise(self) -> bool:
        """Whether all of them compare only rows of the batch."""
        return all(part.pairwise for part in self.parts)

    @property
    def layers(self) -> tuple[str, ...]:
        """The hidden layers of the encoder that they look at, each once."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.layers))

    def update(self, formula: str) -> None:
        """Take over the weights and live parameters of a formula of the same losses.

        Raises
        ------
        UserError: if it has other losses.
        """
        if not same_losses(self.formula, formula):
            raise UserError(
                f"The losses of {self.formula!r} cannot become those of {formula!r} while a run trains",
                remedy="Change only weights and parameters that are live, or stop the run and start another",
            )
        self.formula, self.terms = formula, read(formula)
        for term, part in zip(self.terms, self.parts, strict=True):
            part.update(validated("loss", term.name, term.params))

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the weighted sum; those that follow the miner see its triplets, the census is that of the first."""
        outputs = [
            self._by_items(part, batch)
            if by_item
            else checked(part(batch, triplets if part.mined else None), part, batch.embeddings)
            for part, by_item in zip(self.parts, self._by_item, strict=True)
        ]
        self.last = tuple(output.value.detach() for output in outputs)
        weights = [term.weight for term in self.terms]
        value = torch.stack([w * output.value for w, output in zip(weights, outputs, strict=True)]).sum()
        active = torch.stack([w * output.active for w, output in zip(weights, outputs, strict=True)]).sum()
        census = next((output.census for output in outputs if output.census is not None), None)
        return LossOutput(value, (active / (sum(weights) or 1.0)).clamp(max=1.0), census)

    def _by_items(self, part: Loss, batch: Batch) -> LossOutput:
        """Return the loss of a batch in which each picture is its own class; no census: those triplets are others."""
        items = Batch(
            batch.embeddings,
            batch.labels if batch.indices is None else batch.indices,
            part.distance,
            indices=batch.indices,
            anchors=batch.anchors,
            support=batch.support,
            maps=batch.maps,
            hidden=batch.hidden,
            label_sets=batch.label_sets,
        )
        output = checked(part(items, None), part, batch.embeddings)
        return LossOutput(output.value, output.active)


def needs_of_formula(formula: str) -> frozenset[str]:
    """Return what the losses of a formula need of a batch together."""
    needs: frozenset[str] = frozenset()
    for term in read(formula):
        needs |= term_needs(term)
    return needs


def taken_by_formula(formula: str) -> frozenset[str]:
    """Return from which given tuples the losses of a formula learn together; those without labels go with any."""
    if "views" in needs_of_formula(formula):
        return frozenset()  # each item would be in a batch twice
    taken = []
    for term in read(formula):
        part: type[Loss] = find("loss", term.name).part
        if "labels" in term_needs(term):
            taken.append(part.takes(validated("loss", term.name, term.params)))
    return frozenset.intersection(*taken) if taken else frozenset()


def term_needs(term: Term) -> frozenset[str]:
    """Return what a loss of a formula needs of a batch."""
    part: type[Loss] = find("loss", term.name).part
    return part.needs_of(validated("loss", term.name, term.params))


def read_fitting(formula: str, why: Callable[[Entry, Term], str]) -> str:
    """Return a formula as it is written for a place in which not every loss can stand; ``why`` as in ``refuse``.

    Raises
    ------
    UserError: if it is none, or one of its losses cannot stand there.
    """
    terms = read(formula)
    refuse(formula, terms, why)
    return written(terms)


def refuse(formula: str, terms: Iterable[Term], why: Callable[[Entry, Term], str]) -> None:
    """Check the losses of a formula for a place in which not every loss can stand; ``why`` one cannot, empty: it can.

    Raises
    ------
    UserError: which of them cannot, why, and which can.
    """
    entries = catalogue("loss")
    for term in terms:
        if reason := why(entries[term.name], term):
            others = [entry for name, entry in entries.items() if entry.available and name != SUM]
            fitting = [entry.name for entry in others if not why(entry, Term(1.0, entry.name))]
            raise UserError(
                f"The loss {term.name} in {formula!r}, at character {term.at}, {reason}",
                remedy=f"Choose one of: {', '.join(fitting)}",
            )
