"""The pairs that a metric is learned from: those that were given, or drawn from the classes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explorer.core.errors import UserError
from explorer.core.registry import parameter
from explorer.learn.linear.base import GivenPairs, Problem, check_classes

OF_CLASSES = 20
"""Pairs of each sort for c (c − 1), with c classes: in all as many as Davis et al. (2007) took."""
MOST = 5000
"""Pairs of each sort where the user leaves it open."""


def pairs_parameter() -> Any:
    """Declare ``pairs``, how many are drawn from the classes."""
    return parameter(
        0,
        "Pairs of each sort, drawn from the classes; auto: 20 c (c − 1) for c classes, at most 5,000. "
        "Of given pairs all are learned from",
        minimum=0,
        maximum=1_000_000,
        zero="auto",
    )


def learned_pairs(problem: Problem, asked: int) -> GivenPairs:
    """Return the given pairs of a problem, or as many of each sort as are ``asked`` for (0: auto), drawn from classes.

    Raises
    ------
    UserError: if a sort is missing, or see ``check_classes``.
    """
    if problem.pairs is not None:
        return _with_both_sorts(problem.pairs)
    counts = check_classes(problem)
    classes = int((counts > 0).sum())
    count = asked or min(OF_CLASSES * classes * (classes - 1), MOST)
    same, different = _drawn(problem, counts.cpu(), count)
    rows = torch.cat((same, different))
    said = torch.arange(len(rows)) < len(same)
    order = torch.randperm(len(rows), generator=problem.random)
    return GivenPairs(rows[order], said[order])


def _with_both_sorts(pairs: GivenPairs) -> GivenPairs:
    if bool(pairs.same.all()) or not bool(pairs.same.any()):
        raise UserError(
            "None of the given pairs to train on is different"
            if bool(pairs.same.all())
            else "None of the given pairs to train on is the same",
            remedy="Hold fewer items out: split.test is their share; or give more pairs",
        )
    return pairs


def _drawn(problem: Problem, counts: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return pairs of one class (S, 2) and of two (P, 2), each at most once: ``count`` draws of either, uniform."""
    targets, random = problem.targets.cpu(), problem.random
    order = targets.argsort(stable=True)
    classes = targets[order]
    ends, size = counts.cumsum(0)[classes], counts[classes]
    items, places = len(order), torch.arange(len(order))

    def below(limits: Tensor) -> Tensor:
        """Return a number from 0 to below each limit."""
        return (torch.rand(len(limits), generator=random, dtype=torch.float64) * limits).long()

    having = places[size > 1]
    first = having[below(torch.full((count,), len(having)))]
    start = ends[first] - size[first]
    partner = start + (first - start + 1 + below(size[first] - 1)) % size[first]
    same = _once(order[first], order[partner])
    first = below(torch.full((count,), items))
    other = (ends[first] + below(items - size[first])) % items  # sorted by class: whatever comes after it, in a ring
    return same, _once(order[first], order[other])


def _once(first: Tensor, second: Tensor) -> Tensor:
    """Return pairs (P, 2) without order, each once."""
    pairs: Tensor = torch.stack((first, second), dim=1).sort(dim=1).values.unique(dim=0)
    return pairs
