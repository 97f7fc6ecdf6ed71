"""Barlow Twins against its formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.types import UNLABELLED, StepMetrics
from tests.learn.losses.common import batch_of, gradients_are_right, make_loss, rows
from tests.learn.tasks import halves, made_up, of, quick_recipe, run, task

TWICE = [0, 1, 2, 3, 4, 5] * 2


@pytest.mark.parametrize("redundancy", [0.0, 0.005, 0.3])
def test_value_equals_its_formula(redundancy: float) -> None:
    loss, z = make_loss("barlow_twins", redundancy=redundancy), rows()
    one, other = z[:6].detach().numpy(), z[6:].detach().numpy()
    expected, count = 0.0, one.shape[1]
    for j in range(count):
        for k in range(count):
            a, b = one[:, j] - one[:, j].mean(), other[:, k] - other[:, k].mean()
            c = np.mean(a * b) / np.sqrt((np.mean(a**2) + 1e-5) * (np.mean(b**2) + 1e-5))
            expected += (1 - c) ** 2 if j == k else redundancy * c**2
    assert loss(batch_of(loss, z, TWICE), None).value.item() == pytest.approx(expected, rel=1e-9)


def test_gradients() -> None:
    assert gradients_are_right(make_loss("barlow_twins", redundancy=0.1), TWICE)


def test_equal_views_of_independent_numbers_cost_next_to_nothing() -> None:
    loss = make_loss("barlow_twins", dimension=3)
    signs = torch.tensor([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=torch.float64)
    output = loss(batch_of(loss, torch.cat((signs, signs)), [0, 1, 2, 3] * 2), None)
    assert output.value.item() < 1e-8
    assert output.active.item() == 0
    alike = signs[:, :1].expand(-1, 3)
    output = loss(batch_of(loss, torch.cat((alike, alike)), [0, 1, 2, 3] * 2), None)
    assert output.active.item() == 1


def test_it_trains_without_classes() -> None:
    pixels, labels = made_up(items=80)
    recipe = quick_recipe("loss=barlow_twins", epochs=1)
    events = run(task(recipe, pixels=pixels, labels=labels * 0 + UNLABELLED, split=halves(80, 20)))
    assert type(events[-1]).__name__ == "RunFinished", events[-1]
    assert of(StepMetrics, events)
