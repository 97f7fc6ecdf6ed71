"""Losses over rankings against brute force and PyTorch Metric Learning."""

from __future__ import annotations

import pytest
import torch

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
