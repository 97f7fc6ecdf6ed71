"""Contrastive learning in the Poincaré ball against its formulas in Möbius arithmetic."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from explorer.learn.distances.poincare import ball_between, ball_matrix, clipped, to_ball
from tests.learn.losses.common import LABELS, batch_of, gradient, make_loss, rows


def moebius(x: Tensor, y: Tensor, c: float) -> Tensor:
    """x ⊕ y of two points of the ball."""
    xy, xx, yy = x @ y, x @ x, y @ y
    return ((1 + 2 * c * xy + c * yy) * x + (1 - c * xx) * y) / (1 + 2 * c * xy + c * c * xx * yy)


def distance(x: Tensor, y: Tensor, c: float) -> Tensor:
    """(2/√c) artanh(√c |−x ⊕ y|)."""
    return torch.mul(torch.atanh(c**0.5 * torch.linalg.vector_norm(moebius(-x, y, c))), 2 / c**0.5)


@pytest.mark.parametrize("c", [0.01, 0.1, 1.0])
def test_distances_in_the_ball_equal_moebius_arithmetic(c: float) -> None:
    points = to_ball(clipped(rows(6) * 2, 2.3), c).detach()
    expected = torch.stack(
        [torch.stack([distance(x, y, c) if x is not y else x.sum() * 0 for y in points]) for x in points]
    )
    torch.testing.assert_close(ball_matrix(points, curvature=c), expected)
    torch.testing.assert_close(ball_matrix(points, points[:3], curvature=c)[3:], expected[3:, :3])
    torch.testing.assert_close(ball_between(points[:3], points[3:], curvature=c), expected[:3, 3:].diagonal())


def test_the_map_keeps_the_direction_and_the_distance_from_the_centre() -> None:
    """The exponential map at the centre doubles lengths: d(0, exp(v)) = 2 |v|."""
    z = rows(4) * 0.3
    points = to_ball(z, 0.5)
    torch.testing.assert_close(torch.nn.functional.normalize(points), torch.nn.functional.normalize(z))
    centre = torch.zeros_like(points)
    torch.testing.assert_close(ball_between(points, centre, curvature=0.5), 2 * z.norm(dim=1))


def test_far_points_stay_off_the_rim_and_finite() -> None:
    z = (torch.randn(8, 3) * 1e6).requires_grad_()
    distances = ball_matrix(to_ball(z, 1.0), curvature=1.0)
    distances.sum().backward()
    assert distances.isfinite().all()
    assert z.grad is not None
    assert z.grad.isfinite().all()


def test_value_and_gradient_equal_the_formula() -> None:
    loss, z = make_loss("hyperbolic_contrastive", curvature=0.4, temperature=0.3, clip=2.0), rows()
    lengths = z.norm(dim=1, keepdim=True)
    short = z * (2.0 / lengths).clamp(max=1)
    lengths = short.norm(dim=1, keepdim=True) * 0.4**0.5
    points, terms = lengths.tanh() * short / lengths, []
    for a, label in enumerate(LABELS):
        negatives = [-distance(points[a], points[n], 0.4) / 0.3 for n, other in enumerate(LABELS) if other != label]
        for p, other in enumerate(LABELS):
            if p != a and other == label:
                positive = -distance(points[a], points[p], 0.4) / 0.3
                terms.append(torch.stack([positive, *negatives]).logsumexp(dim=0) - positive)
    expected, ours = torch.stack(terms).mean(), loss(batch_of(loss, z), None).value
    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(gradient(ours, z), gradient(expected, z))


def test_without_curvature_it_is_nt_xent() -> None:
    flat, other, z = make_loss("hyperbolic_contrastive", curvature=0.0), make_loss("nt_xent", temperature=0.2), rows()
    torch.testing.assert_close(flat(batch_of(flat, z), None).value, other(batch_of(other, z), None).value)


def test_a_hyperbolic_distance_of_the_recipe_is_the_one_it_uses() -> None:
    plain, z = make_loss("hyperbolic_contrastive"), rows()
    curved = make_loss("hyperbolic_contrastive", distance="hyperbolic", curvature=3.0)  # its own has no say
    torch.testing.assert_close(curved(batch_of(curved, z), None).value, plain(batch_of(plain, z), None).value)
