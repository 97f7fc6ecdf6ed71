"""Clustering by facility location against a plain greedy search."""

from __future__ import annotations

import pytest
import torch

from tests.learn.losses.common import LABELS, batch_of, gradient, make_loss, rows


@pytest.mark.parametrize(("margin", "seed"), [(0.5, 0), (1.0, 1), (20.0, 2)])
def test_value_and_gradient_equal_a_plain_greedy_search(margin: float, seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    loss, z = make_loss("facility_location", margin=margin), rows(seed=seed)
    batch = batch_of(loss, z)
    d, n = batch.distances, len(LABELS)

    def gain(medoids: list[int]) -> tuple[float, torch.Tensor]:
        served = d[:, medoids].min(dim=1)
        nmi = metrics.normalized_mutual_info_score(LABELS, served.indices, average_method="geometric")
        return margin * (1 - nmi), -served.values.sum()

    def height(medoids: list[int]) -> float:
        bonus, service = gain(medoids)
        return bonus + service.item()

    chosen: list[int] = []
    for _ in range(5):
        chosen.append(max((j for j in range(n) if j not in chosen), key=lambda j: height([*chosen, j])))
    right = torch.zeros(())
    for k in range(5):
        members = [i for i in range(n) if LABELS[i] == k]
        right = right - torch.stack([d[members, j].sum() for j in members]).min()
    bonus, service = gain(chosen)
    expected = torch.relu(service + bonus - right) / n
    output = loss(batch, None)
    torch.testing.assert_close(output.value, expected)
    torch.testing.assert_close(gradient(output.value, z), gradient(expected, z))
    medoid = d[:, chosen].min(dim=1).indices
    wrong = sum(LABELS[chosen[int(m)]] != label for m, label in zip(medoid, LABELS, strict=True))
    assert output.active.item() == pytest.approx(wrong / n)


def test_classes_far_apart_cost_nothing() -> None:
    loss = make_loss("facility_location", dimension=4, classes=4)
    corners = torch.eye(4, dtype=torch.float64).repeat_interleave(3, dim=0)
    z = (corners + 0.01 * torch.randn(12, 4, dtype=torch.float64)).requires_grad_()
    output = loss(batch_of(loss, z, torch.arange(4).repeat_interleave(3).tolist()), None)
    output.value.backward()
    assert output.value.item() == output.active.item() == 0
    assert z.grad is not None
    assert not z.grad.any()
