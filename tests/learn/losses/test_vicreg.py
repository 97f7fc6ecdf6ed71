"""VICReg against PyTorch Metric Learning."""

from __future__ import annotations

import pytest
import torch

from explorer.core.types import UNLABELLED, StepMetrics
from tests.learn.losses.common import batch_of, gradient, gradients_are_right, make_loss, rows
from tests.learn.tasks import halves, made_up, of, quick_recipe, run, task

TWICE = [0, 1, 2, 3, 4, 5] * 2


@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_value_and_gradient_equal_pytorch_metric_learning(scale: float) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    loss, z = make_loss("vicreg", covariance=2.0), rows()
    ours = loss(batch_of(loss, z * scale, TWICE), None).value
    theirs = losses.VICRegLoss(covariance_v=2.0)(z[:6] * scale, ref_emb=z[6:] * scale)
    torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)
    torch.testing.assert_close(gradient(ours, z), gradient(theirs, z), rtol=1e-6, atol=1e-9)


def test_gradients() -> None:
    assert gradients_are_right(make_loss("vicreg"), TWICE)


def test_it_trains_without_classes() -> None:
    pixels, labels = made_up(items=80)
    events = run(
        task(quick_recipe("loss=vicreg", epochs=1), pixels=pixels, labels=labels * 0 + UNLABELLED, split=halves(80, 20))
    )
    assert type(events[-1]).__name__ == "RunFinished", events[-1]
    assert of(StepMetrics, events)
