"""The potential field against a plain loop, and what its forces do with distance."""

from __future__ import annotations

import pytest
import torch

from tests.learn.losses.common import LABELS, batch_of, gradient, gradients_are_right, make_loss, rows


@pytest.mark.parametrize(("reach", "decay"), [(0.4, 1.0), (0.9, 3.0)])
def test_the_value_is_the_mean_potential_of_the_rows(reach: float, decay: float) -> None:
    loss, z = make_loss("potential_field", reach=reach, decay=decay), rows()
    f = torch.nn.functional.normalize(z.detach(), dim=1)
    p = torch.nn.functional.normalize(loss.proxies.detach(), dim=1)
    sources = [(f[i], label, i) for i, label in enumerate(LABELS)]
    sources += [(p[i], i // 2, -1) for i in range(len(p))]
    total = 0.0
    for row, label in enumerate(LABELS):
        for place, other, number in sources:
            d = float((f[row] - place).norm())
            if other == label and number != row:
                total += max(0.0, 1 - (reach / max(d, 1e-12)) ** decay)
            elif other != label:
                total += max(0.0, (reach / max(d, reach / 4)) ** decay - 1)
    assert loss(batch_of(loss, z)).value.item() == pytest.approx(total / len(LABELS), rel=1e-9)


def test_the_gradient_is_that_of_finite_differences() -> None:
    assert gradients_are_right(make_loss("potential_field", reach=0.9))


def test_the_pull_fades_with_distance_and_ends_within_reach() -> None:
    loss = make_loss("potential_field", classes=1, dimension=2, decay=2.0, reach=0.4)
    loss.proxies.data = torch.tensor([[0.0, -1.0]] * 2, dtype=torch.float64)
    pulls = []
    for degrees in (10.0, 40.0, 80.0):
        angle = torch.deg2rad(torch.tensor(degrees, dtype=torch.float64))
        z = torch.stack((torch.tensor([1.0, 0.0]).double(), torch.stack((angle.cos(), angle.sin()))))
        z = z.requires_grad_()
        alone = loss(batch_of(loss, z[:1], [0])).value + loss(batch_of(loss, z[1:], [0])).value
        pair = 2 * loss(batch_of(loss, z, [0, 0])).value - alone
        pulls.append(float(gradient(pair, z)[0].norm()))
    assert pulls[0] == pytest.approx(0.0, abs=1e-9)
    assert pulls[1] > pulls[2] > 0.0


def test_rows_without_a_class_make_no_field() -> None:
    loss, z = make_loss("potential_field", classes=2), rows(4)
    with_one = loss(batch_of(loss, z, [0, 0, 1, -1])).value
    without = loss(batch_of(loss, z[:3], [0, 0, 1])).value
    assert with_one.item() == pytest.approx(without.item())
