"""Losses over rankings against brute force and PyTorch Metric Learning."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.learn.batch import Batch
from explorer.learn.distances.base import unit
from tests.learn.losses.common import LABELS, batch_of, gradient, gradients_are_right, make_loss, rows


def test_smooth_ap_equals_its_formula() -> None:
    loss, z = make_loss("smooth_ap", temperature=0.1), rows()
    s = unit(z) @ unit(z).T
    n, losses = len(LABELS), []
    for a in range(n):
        positives = [j for j in range(n) if j != a and LABELS[j] == LABELS[a]]
        if not positives:
            continue
        parts = []
        for p in positives:
            steps = {j: torch.sigmoid((s[a, j] - s[a, p]) / 0.1) for j in range(n) if j not in (a, p)}
            every = torch.stack(list(steps.values()))
            among = every[[j in positives for j in steps]]
            parts.append((1 + among.sum()) / (1 + every.sum()))
        losses.append(1 - torch.stack(parts).mean())
    expected = torch.stack(losses).mean()
    ours = loss(batch_of(loss, z), None).value
    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(gradient(ours, z), gradient(expected, z))


@pytest.mark.parametrize("images", [2, 4, 8])
def test_smooth_ap_of_a_perfect_ranking_is_nothing(images: int) -> None:
    """Where that of PyTorch Metric Learning 2.9.0 is 0.3 to 0.4, unless there are as many classes as images a class."""
    loss = make_loss("smooth_ap", classes=8, dimension=8)
    z = torch.eye(8, dtype=torch.float64).repeat_interleave(images, dim=0).requires_grad_()
    output = loss(batch_of(loss, z, torch.arange(8).repeat_interleave(images).tolist()), None)
    assert output.value.item() == pytest.approx(0.0, abs=1e-9)
    assert output.active.item() == 0


def test_smooth_ap_comes_close_to_the_average_precision() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    loss, z = make_loss("smooth_ap", temperature=0.001), rows()
    s = (unit(z) @ unit(z).T).detach()
    exact = []
    for a, label in enumerate(LABELS):
        others = [j for j in range(len(LABELS)) if j != a]
        relevant = [LABELS[j] == label for j in others]
        if any(relevant):
            exact.append(metrics.average_precision_score(relevant, s[a, others]))
    assert loss(batch_of(loss, z), None).value.item() == pytest.approx(1 - sum(exact) / len(exact), abs=0.02)


@pytest.mark.parametrize(("largest", "ks"), [(1, [1]), (7, [1, 2, 4]), (16, [1, 2, 4, 8, 16])])
def test_the_recall_surrogate_equals_its_formula(largest: int, ks: list[int]) -> None:
    loss, z = make_loss("recall_at_k", temperature=0.1, largest=largest), rows()
    s = (unit(z) @ unit(z).T).detach().numpy()
    n, losses = len(LABELS), []
    for a in range(n):
        positives = [j for j in range(n) if j != a and LABELS[j] == LABELS[a]]
        if not positives:
            continue
        recalls = []
        for k in ks:
            ranks = [
                1 + sum(1 / (1 + np.exp((s[a, p] - s[a, j]) / 0.1)) for j in range(n) if j not in (a, p))
                for p in positives
            ]
            recalls.append(sum(1 / (1 + np.exp(rank - k)) for rank in ranks) / min(k, len(positives)))
        losses.append(1 - np.mean(recalls))
    assert loss(batch_of(loss, z), None).value.item() == pytest.approx(np.mean(losses), rel=1e-9)


def test_the_recall_surrogate_falls_when_a_positive_comes_nearer() -> None:
    loss = make_loss("recall_at_k", classes=2, dimension=2)
    labels, values = [0, 0, 1, 1, 1, 1], []
    for angle in (100.0, 60.0, 25.0, 5.0):
        angles = torch.tensor([0.0, angle, 10.0, 20.0, 30.0, 90.0], dtype=torch.float64).deg2rad()
        z = torch.stack((angles.cos(), angles.sin()), dim=1)
        first = Batch(z, torch.tensor(labels), loss.distance, anchors=torch.arange(6) == 0)
        values.append(loss(first, None).value.item())
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("bins", [10, 25])
def test_fast_ap_equals_pytorch_metric_learning(bins: int) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    loss, z = make_loss("fast_ap", bins=bins), rows()
    ours = loss(batch_of(loss, z), None).value
    theirs = losses.FastAPLoss(num_bins=bins)(z, torch.tensor(LABELS))
    torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)
    torch.testing.assert_close(gradient(ours, z), gradient(theirs, z), rtol=1e-6, atol=1e-9)


def test_gradients_of_fast_ap() -> None:
    assert gradients_are_right(make_loss("fast_ap"))
