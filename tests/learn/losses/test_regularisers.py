"""Losses that are meant to be added to others, against PyTorch Metric Learning and against their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from explorer.core.events import RunFinished
from explorer.core.registry import create
from explorer.core.types import UNLABELLED, FloatArray
from explorer.learn.batch import Batch
from explorer.learn.device import generator
from tests.learn.losses.common import LABELS, batch_of, gradient, gradients_are_right, make_loss, rows
from tests.learn.tasks import halves, made_up, quick_recipe, run, task

N = len(LABELS)
NAMES = ("threshold_consistent_margin", "uniformity", "orthogonal", "koleo")


def cosines_of(z: torch.Tensor) -> FloatArray:
    f = z.detach().numpy()
    f = f / np.linalg.norm(f, axis=1, keepdims=True)
    return np.asarray(f @ f.T)


def value_of(loss: Any, z: torch.Tensor) -> float:
    return float(loss(batch_of(loss, z), None).value.detach())


@pytest.mark.parametrize(("high", "low", "pull", "push"), [(0.9, 0.5, 1.0, 1.0), (0.3, -0.2, 2.0, 0.5)])
def test_the_consistent_margin_equals_theirs(high: float, low: float, pull: float, push: float) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    loss = make_loss("threshold_consistent_margin", positive_cosine=high, negative_cosine=low, pull=pull, push=push)
    theirs = losses.ThresholdConsistentMarginLoss(pull, push, high, low)
    for seed in range(3):
        z = rows(seed=seed)
        ours, expected = loss(batch_of(loss, z), None), theirs(z, torch.tensor(LABELS))
        torch.testing.assert_close(ours.value, expected, rtol=1e-7, atol=1e-9)
        torch.testing.assert_close(gradient(ours.value, z), gradient(expected, z), rtol=1e-6, atol=1e-9)
    batch = batch_of(loss, z)
    mined = create("miner", "semi_hard", {})(batch, 0.2, generator(0)).compact()
    ap, an = (
        torch.unique(torch.stack((mined.anchors, others)), dim=1) for others in (mined.positives, mined.negatives)
    )
    expected = theirs(z, torch.tensor(LABELS), (ap[0], ap[1], an[0], an[1]))
    torch.testing.assert_close(loss(batch, mined).value, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("power", "sharpness"), [(2.0, 2.0), (1.0, 5.0)])
def test_alignment_and_uniformity(power: float, sharpness: float) -> None:
    z = rows()
    s = cosines_of(z)
    near = [(2 - 2 * s[a, p]) ** (power / 2) for a in range(N) for p in range(N) if a != p and LABELS[a] == LABELS[p]]
    every = [np.exp(-sharpness * (2 - 2 * s[i, j])) for i in range(N) for j in range(i)]
    both: dict[str, Any] = {"power": power, "sharpness": sharpness}
    assert value_of(make_loss("uniformity", **both), z) == pytest.approx(np.mean(near) + np.log(np.mean(every)))
    weighted = make_loss("uniformity", alignment=0.3, uniformity=2.0, **both)
    assert value_of(weighted, z) == pytest.approx(0.3 * np.mean(near) + 2.0 * np.log(np.mean(every)))


@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0])
def test_right_angles(spread: float) -> None:
    z = rows()
    s = cosines_of(z)
    apart = [s[i, j] for i in range(N) for j in range(N) if LABELS[i] != LABELS[j]]
    expected = np.mean(apart) ** 2 + spread * max(0.0, float(np.mean(np.square(apart))) - 1 / 5)
    assert value_of(make_loss("orthogonal", spread=spread), z) == pytest.approx(expected)


def test_random_directions_are_at_right_angles() -> None:
    loss = make_loss("orthogonal", dimension=64)
    z = torch.randn(400, 64, dtype=torch.float64, generator=generator(0))
    labels = [row % 100 for row in range(400)]
    assert loss(batch_of(loss, z, labels), None).value.item() < 1e-4
    assert loss(batch_of(loss, z + 1.0, labels), None).value.item() > 0.1


def test_the_nearest_neighbour_is_pushed_away() -> None:
    loss, z = make_loss("koleo"), rows()
    f = z.detach().numpy()
    f = f / np.linalg.norm(f, axis=1, keepdims=True)
    terms, foreign = [], []
    for i in range(N):
        far = {j: float(np.linalg.norm(f[i] - f[j])) for j in range(N) if j != i}
        nearest = min(far, key=lambda j: far[j])
        terms.append(-np.log(far[nearest] + 1e-4))
        foreign.append(LABELS[nearest] != LABELS[i])
    output = loss(batch_of(loss, z), None)
    assert output.value.item() == pytest.approx(np.mean(terms), rel=1e-9)
    assert output.active.item() == pytest.approx(np.mean(foreign))
    twice = torch.cat((z.detach(), z.detach())).requires_grad_()
    value = loss(batch_of(loss, twice, LABELS * 2), None).value
    assert not gradient(value, twice).any(), "two equal rows have no direction"


@pytest.mark.parametrize("name", NAMES)
def test_gradients(name: str) -> None:
    assert gradients_are_right(make_loss(name))


@pytest.mark.parametrize("name", NAMES)
def test_remembered_rows_are_compared_with_but_judge_nothing(name: str) -> None:
    loss, z = make_loss(name), rows()
    labels = torch.tensor(LABELS)
    extended = batch_of(loss, z[:6], LABELS[:6]).extended(z[6:], labels[6:])
    judged = Batch(z, labels, loss.distance, anchors=torch.arange(N) < 6)
    torch.testing.assert_close(loss(extended, None).value, loss(judged, None).value)


@pytest.mark.parametrize("terms", ['nt_xent(views="two views") + 0.1*koleo', "triplet + 0.1*koleo + orthogonal"])
def test_they_train_beside_another_loss(terms: str) -> None:
    """Also where no item has a class: the nearest neighbour needs none."""
    pixels, labels = made_up(items=80)
    if "triplet" not in terms:
        labels = labels * 0 + UNLABELLED
    recipe = quick_recipe("loss=sum", f"loss.terms={terms}", epochs=1)
    events = run(task(recipe, pixels=pixels, labels=labels, split=halves(80, 20)))
    assert isinstance(events[-1], RunFinished), events[-1]
