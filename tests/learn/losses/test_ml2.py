"""Losses over sets of labels against their formulas."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from explorer.learn.batch import Batch
from explorer.learn.distances.base import unit
from explorer.learn.losses.base import Loss
from tests.learn.losses.common import gradient, make_loss, rows

SETS = [{0}, {0, 1}, {1, 2}, {2}, {3}, {3, 4}, {0, 4}, set(), {5}, {1}]
"""One row has no label at all, one shares none with any other."""


def over_sets(loss: Loss, z: Tensor) -> Batch:
    member = torch.tensor([[label in labels for label in range(6)] for labels in SETS])
    return Batch(z, torch.arange(len(SETS)), loss.distance, label_sets=member)


def jaccard(a: set[int], b: set[int]) -> float:
    return len(a & b) / len(a | b) if a | b else 0.0


@pytest.mark.parametrize("form", ["hard", "smooth"])
@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_ml2_equals_its_formula(form: str, distance: str) -> None:
    loss, z = make_loss("ml2", distance=distance, form=form, margin=0.7), rows(len(SETS))
    batch, means = over_sets(loss, z), []
    for i, labels in enumerate(SETS):
        others = [j for j in range(len(SETS)) if j != i and labels and SETS[j]]
        near = [j for j in others if labels & SETS[j]]
        far = [j for j in others if not labels & SETS[j]]
        if not near or not far:
            continue
        intruding = 0.7 - torch.stack([batch.distances[i, k] for k in far])
        reach = intruding.max() if form == "hard" else intruding.logsumexp(dim=0)
        hinges = [torch.relu(batch.distances[i, j] - 0.7 * (1 - jaccard(labels, SETS[j])) + reach) for j in near]
        means.append(torch.stack(hinges).mean())
    expected, ours = torch.stack(means).mean(), loss(batch, None).value
    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(gradient(ours, z), gradient(expected, z))


def test_the_softmax_form_equals_its_formula() -> None:
    loss, z = make_loss("ml2", form="softmax", temperature=0.2, overlap=0.4), rows(len(SETS))
    s, means = unit(z) @ unit(z).T / 0.2, []
    for i, labels in enumerate(SETS):
        others = [j for j in range(len(SETS)) if j != i and labels and SETS[j]]
        near = [j for j in others if jaccard(labels, SETS[j]) >= 0.4]
        if near:
            total = s[i, others].logsumexp(dim=0)
            means.append(torch.stack([jaccard(labels, SETS[j]) * (total - s[i, j]) for j in near]).mean())
    torch.testing.assert_close(loss(over_sets(loss, z), None).value, torch.stack(means).mean())


def test_with_one_label_each_the_softmax_form_is_supervised_contrastive() -> None:
    loss, other, z = make_loss("ml2", form="softmax"), make_loss("supcon"), rows(6)
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    batch = Batch(z, labels, loss.distance, label_sets=torch.nn.functional.one_hot(labels).bool())
    torch.testing.assert_close(loss(batch, None).value, other(batch, None).value)


@pytest.mark.parametrize("form", ["hard", "smooth", "softmax"])
def test_gradients(form: str) -> None:
    loss = make_loss("ml2", form=form)
    assert torch.autograd.gradcheck(lambda z: loss(over_sets(loss, z), None).value, (rows(len(SETS)),))


@pytest.mark.parametrize("form", ["hard", "smooth", "softmax"])
def test_without_labels_there_is_nothing_to_learn_from(form: str) -> None:
    loss, z = make_loss("ml2", form=form), rows(4)
    sets = torch.zeros(4, 6, dtype=torch.bool)
    output = loss(Batch(z, torch.arange(4), loss.distance, label_sets=sets), None)
    output.value.backward()
    assert output.value.item() == output.active.item() == 0
    assert z.grad is not None
    assert math.isfinite(float(z.grad.abs().sum()))
    assert not z.grad.any()
