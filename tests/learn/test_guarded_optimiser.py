from __future__ import annotations

import pytest
import torch
from torch import nn

from explorer.core.recipe import Part
from explorer.core.registry import Scalar
from explorer.learn.guarded_optimiser import GuardedOptimiser, NotFiniteError


def guarded(module: nn.Module, **params: Scalar) -> GuardedOptimiser:
    part = Part(name="sgd", params={"rate": 0.5, "momentum": 0.0, "decay": 0.0, **params})
    return GuardedOptimiser(part, {"encoder": module}, torch.device("cpu"))


def layer() -> nn.Linear:
    module = nn.Linear(2, 1, bias=False)
    nn.init.ones_(module.weight)
    return module


def test_a_step_goes_rate_times_factor_down_the_gradient() -> None:
    module = layer()
    norm = guarded(module).step(module(torch.tensor([3.0, 4.0])).sum(), 0.1)
    assert norm.item() == pytest.approx(5.0)
    torch.testing.assert_close(module.weight.detach(), torch.tensor([[1 - 0.05 * 3, 1 - 0.05 * 4]]))


def test_a_long_gradient_is_shortened_and_told_in_full() -> None:
    module = layer()
    norm = guarded(module, clip=1.0).step(module(torch.tensor([3.0, 4.0])).sum(), 1.0)
    assert norm.item() == pytest.approx(5.0)
    torch.testing.assert_close(module.weight.detach(), torch.tensor([[1 - 0.5 * 0.6, 1 - 0.5 * 0.8]]))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_no_step_is_taken_to_what_is_no_number(bad: float) -> None:
    module = layer()
    with pytest.raises(NotFiniteError):
        guarded(module).step(module(torch.tensor([bad, 1.0])).sum(), 1.0)
    assert module.weight.tolist() == [[1.0, 1.0]]


def test_the_length_of_a_gradient_is_that_of_torch_bit_for_bit() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Conv2d(8, 16, 3), nn.Flatten(), nn.Linear(64, 5))
    norm = guarded(module).step(module(torch.randn(4, 1, 6, 6)).square().sum(), 0.0)
    gradients = [weight.grad for weight in module.parameters() if weight.grad is not None]
    assert torch.equal(norm, torch.nn.utils.get_total_norm(gradients))
