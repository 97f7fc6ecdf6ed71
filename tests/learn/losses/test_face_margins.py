"""The margins that depend on the row, and the combined one, against their formulas written as loops in float64."""

from __future__ import annotations

from collections.abc import Callable
from math import acos, cos, pi, radians, sin
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from explorer.core.types import FloatArray
from tests.learn.losses.common import LABELS, batch_of, gradients_are_right, make_loss, rows

Parts = tuple[FloatArray, FloatArray, FloatArray]


def parts(loss: Any, z: Tensor) -> Parts:
    """Return embeddings, their lengths, and the angles to all proxies."""
    f, p = z.detach().numpy(), loss.proxies.detach().numpy()
    lengths = np.linalg.norm(f, axis=1)
    angles = np.arccos(f @ p.T / lengths[:, None] / np.linalg.norm(p, axis=1))
    return f, lengths, angles


def cross_entropy(angles: FloatArray, own: Callable[[int, float], float], scale: float) -> float:
    """Return the mean cross-entropy of cosines in which ``own`` makes that of the own class from its angle."""
    terms = []
    for i, y in enumerate(LABELS):
        logits = [scale * cos(t) for t in angles[i]]
        logits[y] = scale * own(i, angles[i, y])
        terms.append(np.log(np.sum(np.exp(np.array(logits) - logits[y]))))
    return float(np.mean(terms))


def past_the_turn(theta: float, margin: float) -> float:
    return cos(theta + margin) if theta + margin <= pi else cos(theta) - margin * sin(margin)


def value_of(loss: Any, z: Tensor) -> float:
    return float(loss(batch_of(loss, z), None).value.detach())


@pytest.mark.parametrize("params", [{}, {"margin": 80.0, "factor": 1.35, "cosine_margin": 0.3, "scale": 10.0}])
def test_the_combined_margin(params: dict[str, Any]) -> None:
    loss, z = make_loss("combined_margin", **params), rows()
    given = loss.params
    turns = []

    def own(_: int, theta: float) -> float:
        angle = given.factor * theta + radians(given.margin)
        turns.append(int(angle // pi))
        return float((-1) ** turns[-1] * cos(angle) - 2 * turns[-1] - given.cosine_margin)

    expected = cross_entropy(parts(loss, z)[2], own, given.scale)
    assert value_of(loss, z) == pytest.approx(expected, rel=1e-9)
    assert max(turns) > 0 or not params, "some angles are beyond half a turn"


@pytest.mark.parametrize(("alone", "margin"), [("arcface", "margin"), ("cosface", "cosine_margin")])
def test_the_combined_margin_has_those_of_others_in_it(alone: str, margin: str) -> None:
    one = make_loss(alone, scale=16.0)
    none: dict[str, Any] = {"margin": 0.0, "cosine_margin": 0.0}
    both = make_loss("combined_margin", scale=16.0, **(none | {margin: one.params.margin}))
    both.proxies.data = one.proxies.detach().clone()
    z = torch.cat([one.proxies.detach()[y : y + 1] for y in LABELS]) + 0.3 * rows()  # none beyond the turn
    assert value_of(both, z) == pytest.approx(value_of(one, z), rel=1e-9)


def test_the_curriculum_looks_at_hard_classes_as_its_level_rises() -> None:
    loss, z = make_loss("curricularface", scale=8.0), rows()
    m, level = radians(loss.params.margin), 0.0
    for seed in range(3):
        z = rows(seed=seed)
        angles = parts(loss, z)[2]
        own = [acos(cos(angles[i, y])) for i, y in enumerate(LABELS)]
        level = 0.99 * level + 0.01 * float(np.mean(np.cos(own)))
        terms, hard = [], 0
        for i, y in enumerate(LABELS):
            turned = past_the_turn(own[i], m)
            logits = []
            for k, theta in enumerate(angles[i]):
                is_hard = k != y and cos(theta) > turned
                hard += is_hard
                logits.append(turned if k == y else cos(theta) * (level + cos(theta)) if is_hard else cos(theta))
            terms.append(np.log(np.sum(np.exp(8.0 * (np.array(logits) - turned)))))
        assert hard > 0
        assert value_of(loss, z) == pytest.approx(float(np.mean(terms)), rel=1e-9)
        assert loss.level.item() == pytest.approx(level)
    loss.eval()
    value_of(loss, z)
    assert loss.level.item() == pytest.approx(level), "it stands still out of training"


def test_the_margin_of_magface_grows_with_the_length() -> None:
    loss = make_loss("magface", shortest=1.0, longest=3.0, scale=8.0, reward=2.0)
    z = rows() * torch.linspace(0.05, 3.0, len(LABELS), dtype=torch.float64)[:, None]
    _, lengths, angles = parts(loss, z)
    assert lengths.min() < 1.0
    assert lengths.max() > 3.0
    held = np.clip(lengths, 1.0, 3.0)
    margins = [radians(25.8) + radians(45.8 - 25.8) * (a - 1.0) / 2.0 for a in held]
    expected = cross_entropy(angles, lambda i, theta: past_the_turn(theta, margins[i]), 8.0)
    slope = -1.0 / 1.0 + 1.0 / 9.0
    reward = [1 / a + a / 9.0 + slope * min(length - 1.0, 0.0) for a, length in zip(held, lengths, strict=True)]
    assert value_of(loss, z) == pytest.approx(expected + 2.0 * float(np.mean(reward)), rel=1e-9)


def test_short_embeddings_of_magface_grow() -> None:
    loss, z = make_loss("magface", margin=30.0, least_margin=30.0), rows()
    (gradient,) = torch.autograd.grad(loss(batch_of(loss, z), None).value, z)
    assert ((gradient * z).sum(dim=1) < 0).all()


@pytest.mark.parametrize("concentration", [0.333, 1.5])
def test_the_margin_of_adaface_follows_the_length(concentration: float) -> None:
    loss = make_loss("adaface", scale=8.0, concentration=concentration, momentum=0.2)
    mean = deviation = 0.0
    for seed in range(3):
        z = rows(seed=seed) * (1.0 + 0.1 * seed)
        _, lengths, angles = parts(loss, z)
        moved = 1.0 if seed == 0 else 0.2
        mean += moved * (float(np.mean(lengths)) - mean)
        deviation += moved * (float(np.std(lengths, ddof=1)) - deviation)
        quality = np.clip(concentration * (lengths - mean) / (deviation + 1e-3), -1.0, 1.0)
        assert quality.min() < 0 < quality.max()

        def own(i: int, theta: float, q: FloatArray = quality) -> float:
            return cos(min(max(theta - 0.4 * q[i], 1e-3), pi - 1e-3)) - 0.4 - 0.4 * float(q[i])

        assert value_of(loss, z) == pytest.approx(cross_entropy(angles, own, 8.0), rel=1e-9)
        assert loss.lengths.tolist() == pytest.approx([mean, deviation, 1.0])
    loss.eval()
    value_of(loss, rows())
    assert loss.lengths.tolist() == pytest.approx([mean, deviation, 1.0])


def test_the_length_itself_is_not_taught_by_adaface() -> None:
    loss, z = make_loss("adaface"), rows()
    (gradient,) = torch.autograd.grad(loss(batch_of(loss, z), None).value, z)
    torch.testing.assert_close((gradient * z).sum(dim=1), torch.zeros(len(z), dtype=torch.float64), atol=1e-9, rtol=0)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("combined_margin", {"scale": 8.0, "factor": 1.2, "margin": 50.0}),
        ("curricularface", {"scale": 8.0}),
        ("magface", {"scale": 8.0, "shortest": 1.0, "longest": 3.0}),
        ("adaface", {"scale": 8.0, "concentration": 0.0}),
    ],
)
def test_gradients(name: str, params: dict[str, Any]) -> None:
    """That of AdaFace where its quality, which has no gradient, is out of play."""
    loss = make_loss(name, **params)
    loss(batch_of(loss, rows()), None)
    assert gradients_are_right(loss.eval())
