"""The Poincaré ball: a space of constant negative curvature −c in a ball of radius 1/√c.

Room grows exponentially with the distance from its centre, so that trees fit into few dimensions (Nickel and Kiela,
2017). Formulas after Khrulkov, Mirvakhabova, Ustinova, Oseledets and Lempitsky (2020).
"""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor

from explorer.learn.distances.base import root, squared

RIM = 1e-3
"""How close to the rim points may come, as a share of the radius: nearer, float32 cannot tell distances apart."""


def clipped(z: Tensor, length: float) -> Tensor:
    """Return (B, D) rows shortened to at most ``length`` (Guo, Wang, Chen and Yu, 2022)."""
    return z * torch.clamp(length / _lengths(z), max=1.0)


def to_ball(z: Tensor, curvature: float) -> Tensor:
    """Return the exponential map at the centre, tanh(√c |z|) z / (√c |z|), kept off the rim; (B, D) rows."""
    scaled = sqrt(curvature) * _lengths(z)
    return z * (scaled.tanh().clamp(max=1.0 - RIM) / scaled)


def ball_matrix(a: Tensor, b: Tensor | None = None, *, curvature: float) -> Tensor:
    """Return the distances of points of the ball, (A, B); without ``b`` of ``a`` to itself, with a diagonal of zeros.

    d(x, y) = (2/√c) arsinh( √c |x − y| / √((1 − c|x|²)(1 − c|y|²)) ), the arcosh and artanh forms without their loss
    of digits near zero, by one matrix product.
    """
    noise = 4 * torch.finfo(a.dtype).eps
    largest = a.detach().square().sum(dim=1).amax() if len(a) else a.new_zeros(())
    chords = root(squared(a, b), noise * largest)
    widths = _widths(a, curvature)[:, None] * _widths(a if b is None else b, curvature)[None]
    return _arc(chords * widths, curvature)


def ball_between(a: Tensor, b: Tensor, *, curvature: float) -> Tensor:
    """Return the distances of points of the ball, pair by pair: (M, D) and (M, D) to (M,)."""
    chords = root((a - b).square().sum(dim=1), 0.0)
    return _arc(chords * _widths(a, curvature) * _widths(b, curvature), curvature)


def _lengths(z: Tensor) -> Tensor:
    """Return the length of each row, (B, 1), never zero."""
    return z.square().sum(dim=1, keepdim=True).clamp(min=1e-24).sqrt()


def _widths(points: Tensor, curvature: float) -> Tensor:
    """Return 1 / √(1 − c|x|²), how much the space stretches at each point, (B,)."""
    shrunk = 1.0 - curvature * points.square().sum(dim=1)
    return torch.rsqrt(shrunk.clamp(min=RIM))


def _arc(chords: Tensor, curvature: float) -> Tensor:
    return (sqrt(curvature) * chords).asinh() * (2.0 / sqrt(curvature))
