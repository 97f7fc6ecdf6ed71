"""What a fitter is to the trainer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter
from explorer.core.words import several
from explorer.learn.distances.base import Distance
from explorer.learn.linear.lbfgs import State

AUTO = 64
"""The most dimensions of an embedding where the user leaves them open."""


@dataclass(frozen=True, slots=True)
class GivenPairs:
    """Pairs to learn from, on the CPU: ``rows`` (P, 2) int64 of the features; ``same`` (P,): they belong together."""

    rows: Tensor
    same: Tensor


@dataclass(frozen=True, slots=True)
class Problem:
    """What a linear map is fitted to, on one device.

    ``features`` (N, d) float32 of the training items, with mean zero; ``targets`` (N,) int64 classes 0 …, and −1 where
    an item has none, which only fitters that need no classes get to see; ``dimension``: rows of the map; ``random``:
    the only source of chance, on the CPU; ``distance``: by which what the map makes of them is compared; ``pairs``: to
    learn from in place of classes, if they were given.
    """

    features: Tensor
    targets: Tensor
    dimension: int
    random: torch.Generator
    distance: Distance | None = None
    pairs: GivenPairs | None = None


@dataclass(frozen=True, slots=True)
class Iterate:
    """What one iteration came to: ``loss`` an item, share of ``active`` terms, length of the gradient and of the step.

    ``items``: how many it looked at.
    """

    loss: float
    active: float
    grad_norm: float
    rate: float
    items: int


def dimension_parameter() -> Any:
    """Declare ``dimension``, the rows of the map."""
    return parameter(
        0,
        "Length of an embedding (D), no more than there are features; auto: that of the features, at most 64",
        minimum=0,
        maximum=2048,
        zero="auto",
    )


class Fitter:
    """Fits a linear map L to features, and with it the distance d² = (x − y)ᵀ LᵀL (x − y): ``Fitter(params)``.

    ``steps``: the recipe is trained by gradient steps instead, and there is nothing to fit. ``labels_needed``: it needs
    classes. ``maps``: it has a map at all; else embeddings are the features themselves. ``given``: what it learns from
    in place of classes, where a file of that was given.
    """

    steps: ClassVar[bool] = False
    labels_needed: ClassVar[bool] = True
    maps: ClassVar[bool] = True
    given: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, params: Parameters) -> None:
        self.params: Any = params

    @property
    def iterations(self) -> int:
        """The most iterations there will be; 1 where the map follows from a formula."""
        return int(getattr(self.params, "iterations", 1))

    def dimension(self, inputs: int) -> int:
        """Return the length of an embedding made from ``inputs`` features; known before anything is fitted."""
        if not self.maps:
            return inputs
        asked = int(self.params.dimension)
        return min(asked, inputs) if asked else min(inputs, AUTO)

    def check_dimension(self, inputs: int) -> None:
        """Refuse a new fit that asks for longer embeddings than ``inputs`` features can give.

        Raises
        ------
        UserError: if it does; a run that was fitted so is read as what it became.
        """
        asked = int(self.params.dimension) if self.maps else 0
        if asked > inputs:
            raise UserError(
                f"An embedding of {several(asked, 'number')} is asked for, and the encoder gives "
                f"{several(inputs, 'number')} an item: a linear map makes no more of them",
                remedy=f"Set fitter.dimension to {inputs} or less, or choose another encoder",
            )

    def fit(self, problem: Problem, state: State) -> Iterator[Iterate | None]:
        """Fit: yields an ``Iterate`` after each iteration, and None wherever it can wait in between.

        ``state`` holds the map so far as ``map`` (D, d) and all else it takes to go on, as tensors. It is written only
        right before an ``Iterate`` is yielded. Given a state that was saved then, it goes on with the next iteration.

        Raises
        ------
        UserError: if nothing can be fitted to these classes.
        """
        raise NotImplementedError


def check_classes(problem: Problem) -> Tensor:
    """Return the counts of the classes.

    Raises
    ------
    UserError: if there are fewer than two, or no class has two items.
    """
    counts = torch.bincount(problem.targets)
    if int((counts > 0).sum()) < 2:
        raise UserError(
            "There are fewer than two classes to fit to: a fitter compares items of different classes",
            remedy="Choose fitter=identity or fitter=pca, which need none, or open data with more classes",
        )
    if int(counts.max()) < 2:
        raise UserError(
            "No class has two items to fit to: a fitter brings items of one class together",
            remedy="Choose fitter=identity or fitter=pca, or hold fewer items out",
        )
    return counts


def padded(rows: Tensor, dimension: int) -> Tensor:
    """Return the first ``dimension`` rows of a map, zeros below where there are fewer."""
    out = rows.new_zeros(dimension, rows.shape[1])
    out[: len(rows)] = rows[:dimension]
    return out


def separation(z: Tensor, targets: Tensor) -> float:
    """Return the share of the scatter of (N, D) rows that lies within the classes."""
    total = float((z - z.mean(dim=0)).double().square().sum())
    within = float((z - class_means(z, targets)[targets]).double().square().sum())
    return within / total if total else 1.0


def class_means(x: Tensor, targets: Tensor) -> Tensor:
    """Return the mean of each class, (C, d)."""
    classes = int(targets.max()) + 1
    sums = torch.zeros(classes, x.shape[1], dtype=torch.float64, device=x.device)
    sums.index_add_(0, targets, x.double())
    counts = torch.bincount(targets, minlength=classes).clamp(min=1)
    return (sums / counts[:, None]).to(x.dtype)
