"""The loss of t-STE against a loop over its triplets, with its gradient, and on given triplets."""

from __future__ import annotations

import math

import pytest

from tests.learn.losses.batches import LABELS, every_triplet, listed
from tests.learn.losses.common import batch_of, gradients_are_right, make_loss, rows

CASE = LABELS["unbalanced"]


@pytest.mark.parametrize(("alpha", "degrees"), [(1.5, 1.5), (0.0, 4.0)])
def test_it_is_the_paper_s_probability_of_every_triplet(alpha: float, degrees: float) -> None:
    loss, z = make_loss("t_ste", alpha=alpha), rows(len(CASE))
    prepared = loss.distance.prepare(z)
    d = (prepared[:, None] - prepared[None]).square().sum(dim=2).tolist()

    def term(a: int, p: int, n: int) -> float:
        near, far = ((1 + d[a][i] / degrees) ** (-(degrees + 1) / 2) for i in (p, n))
        return -math.log(near / (near + far))

    triplets = every_triplet(CASE)
    found = loss(batch_of(loss, z, CASE))
    assert found.value.item() == pytest.approx(sum(term(*one) for one in triplets) / len(triplets), rel=1e-9)
    assert found.active.item() == pytest.approx(sum(d[a][n] < d[a][p] for a, p, n in triplets) / len(triplets))
    some = triplets[::7]
    mined = loss(batch_of(loss, z, CASE), listed(some))
    assert mined.value.item() == pytest.approx(sum(term(*one) for one in some) / len(some), rel=1e-9)
    assert mined.active.item() == pytest.approx(sum(d[a][n] < d[a][p] for a, p, n in some) / len(some))


def test_its_gradient_is_its_finite_difference() -> None:
    assert gradients_are_right(make_loss("t_ste", alpha=1.0))
