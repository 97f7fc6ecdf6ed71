"""The angular loss against its formula; PyTorch Metric Learning 2.9.0 does not normalise its negatives."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.learn.losses.batches import LABELS, agree, every_triplet, listed, made, of, rows


def formula(z: Tensor, triplets: list[tuple[int, int, int]], degrees: float) -> Tensor:
    x, square = z / z.norm(dim=1, keepdim=True), math.tan(math.radians(degrees)) ** 2
    sums: dict[tuple[int, int], Tensor] = {}
    negatives: dict[int, set[int]] = {}
    for a, _, n in triplets:
        negatives.setdefault(a, set()).add(n)
    for a, p in sorted({(a, p) for a, p, _ in triplets}):
        terms = [4 * square * (x[a] + x[p]) @ x[n] - 2 * (1 + square) * (x[a] @ x[p]) for n in sorted(negatives[a])]
        sums[a, p] = torch.log1p(torch.stack(terms).exp().sum())
    return torch.stack(list(sums.values())).mean()


@pytest.mark.parametrize("case", list(LABELS))
@pytest.mark.parametrize("degrees", [20.0, 40.0, 60.0])
def test_it_is_its_formula(case: str, degrees: float) -> None:
    labels = LABELS[case]
    loss, z = made("angular", angle=degrees), rows(labels)
    triplets = every_triplet(labels)
    agree(loss(of(loss, z, labels), None).value, formula(z, triplets, degrees), z)
    agree(loss(of(loss, z, labels), listed(triplets[::5])).value, formula(z, triplets[::5], degrees), z)


def test_it_equals_theirs_where_all_embeddings_are_of_unit_length() -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    labels = LABELS["unbalanced"]
    loss = made("angular")
    z = torch.nn.functional.normalize(rows(labels).detach(), dim=1)
    theirs = losses.AngularLoss(alpha=40)(z, torch.tensor(labels))
    torch.testing.assert_close(loss(of(loss, z, labels), None).value, theirs, rtol=1e-6, atol=0)


def test_it_does_not_depend_on_lengths() -> None:
    labels = LABELS["balanced"]
    loss, z = made("angular"), rows(labels)
    stretch = torch.linspace(0.5, 20, len(labels), dtype=torch.float64)[:, None]
    torch.testing.assert_close(loss(of(loss, z * stretch, labels)).value, loss(of(loss, z, labels)).value)
