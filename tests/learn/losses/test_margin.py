"""The margin loss against PyTorch Metric Learning 2.9.0, and the boundary that it learns."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from explorer.learn.losses.base import Loss
from tests.learn.losses.batches import LABELS, agree, every_triplet, listed, made, of, rows


def boundary(loss: Loss) -> Tensor:
    assert isinstance(loss.boundary, Tensor)
    return loss.boundary


@pytest.mark.parametrize("case", list(LABELS))
@pytest.mark.parametrize("learned", ["shared", "class", "none"])
def test_values_and_gradients_equal_theirs(case: str, learned: str) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    labels = LABELS[case]
    loss = made("margin", learned=learned, boundary=1.1)
    theirs = losses.MarginLoss(
        beta=1.1, learn_beta=learned != "none", num_classes=6 if learned == "class" else None, margin=0.2
    )
    for seed in range(3):
        z = rows(labels, seed)
        batch = of(loss, z, labels)
        mined = every_triplet(labels)[::5]
        for triplets, found in ((None, None), (listed(mined), tuple(torch.tensor(mined).T))):
            ours, expected = loss(batch, triplets).value, theirs(z, batch.labels, found)
            agree(ours, expected, z)
            if learned != "none":
                slopes = (torch.autograd.grad(ours, boundary(loss)), torch.autograd.grad(expected, theirs.beta))
                torch.testing.assert_close(*slopes, rtol=1e-5, atol=1e-7)


def test_pressure_on_a_shared_boundary_equals_theirs() -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    labels = LABELS["unbalanced"]
    loss, z = made("margin", pressure=0.3), rows(labels)
    batch = of(loss, z, labels)
    agree(loss(batch, None).value, losses.MarginLoss(nu=0.3, learn_beta=True)(z, batch.labels).squeeze(), z)


def test_there_is_a_boundary_for_all_or_for_each_class_and_it_can_stay() -> None:
    assert boundary(made("margin")).shape == (1,)
    assert boundary(made("margin", learned="class")).shape == (6,)
    assert boundary(made("margin", learned="none")).requires_grad is False
    assert made("margin", boundary_rate=25.0).rate_scale == 25.0


def test_the_boundary_settles_between_the_two_sorts_of_pairs() -> None:
    labels = LABELS["balanced"]
    loss, z = made("margin", boundary=0.2), rows(labels)
    batch = of(loss, z.detach(), labels)
    optimiser = torch.optim.Adam(loss.parameters(), lr=0.02)
    for _ in range(200):
        optimiser.zero_grad()
        loss(batch, None).value.backward()
        optimiser.step()
    d = batch.distances
    assert d[batch.same].median() < boundary(loss).item() < d[batch.different].median()
