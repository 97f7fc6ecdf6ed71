"""The ranked list loss against its formula and against PyTorch Metric Learning 2.9.0."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.learn.losses.batches import LABELS, agree, made, of, rows


def formula(d: Tensor, labels: list[int], temperatures: tuple[float, float]) -> Tensor:
    value, n = d.sum() * 0, len(labels)
    for a in range(n):
        near = [d[a, p] - 0.8 for p in range(n) if p != a and labels[p] == labels[a] and d[a, p] > 0.8]
        far = [1.2 - d[a, k] for k in range(n) if labels[k] != labels[a] and d[a, k] < 1.2]
        for excesses, temperature in ((near, temperatures[0]), (far, temperatures[1])):
            if excesses:
                weights = [(temperature * excess).exp() for excess in excesses]
                total = torch.stack([w * e for w, e in zip(weights, excesses, strict=True)]).sum()
                value = value + total / torch.stack(weights).sum() / 2
    return value / n


@pytest.mark.parametrize("case", list(LABELS))
@pytest.mark.parametrize("temperatures", [(0.0, 10.0), (3.0, 2.0)])
def test_it_is_its_formula(case: str, temperatures: tuple[float, float]) -> None:
    labels = LABELS[case]
    loss, z = made("ranked_list", pull=temperatures[0], push=temperatures[1]), rows(labels)
    batch = of(loss, z, labels)
    agree(loss(batch, None).value, formula(batch.distances, labels, temperatures), z)


def test_it_equals_theirs_but_for_a_constant_beside_their_weights() -> None:
    """They add 1e-5 to every weight of a row before they divide by their sum."""
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    labels = LABELS["unbalanced"]
    loss, z = made("ranked_list"), rows(labels)
    batch = of(loss, z, labels)
    with pytest.warns(UserWarning, match="too high"):
        theirs = losses.RankedListLoss(margin=0.4, Tn=10, alpha=1.2)
    torch.testing.assert_close(loss(batch).value, theirs(z, batch.labels), rtol=2e-4, atol=0)
