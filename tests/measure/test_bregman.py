"""Projections onto one bound of a distance after the other, against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.measure.bregman import Doubles, project


def plain(metric: Doubles, v: Doubles, sign: Doubles, multipliers: Doubles, slacks: Doubles, gamma: float) -> None:
    """Algorithm 1 of Davis et al. (2007), as it is written."""
    for i in range(len(v)):
        p = v[i] @ metric @ v[i]
        if p <= 0:
            continue
        alpha = min(multipliers[i], sign[i] * gamma / (gamma + 1) * (1 / p - 1 / slacks[i]))
        beta = sign[i] * alpha / (1 - sign[i] * alpha * p)
        slacks[i] = gamma * slacks[i] / (gamma + sign[i] * alpha * slacks[i])
        multipliers[i] -= alpha
        metric += beta * metric @ np.outer(v[i], v[i]) @ metric


@pytest.mark.parametrize("gamma", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("width", [1, 5, 33])
def test_a_cycle_is_that_of_a_plain_loop(gamma: float, width: int) -> None:
    draw = np.random.default_rng(width)
    v = draw.normal(size=(80, width))
    v[7] = 0.0  # two items in one place
    sign = draw.choice([-1.0, 1.0], 80)
    metric, multipliers, slacks = np.eye(width), np.zeros(80), np.where(sign > 0, 0.5, 2.0) * width
    of_plain = metric.copy(), multipliers.copy(), slacks.copy()
    for _ in range(5):
        project(metric, v, sign, multipliers, slacks, gamma)
        plain(of_plain[0], v, sign, of_plain[1], of_plain[2], gamma)
        for one, other in zip((metric, multipliers, slacks), of_plain, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-12)
    assert np.linalg.eigvalsh(metric)[0] > 0
    assert (multipliers != 0).any()
