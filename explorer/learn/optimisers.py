"""Optimisers: registered as kind ``optimiser``, ``Optimiser(params)``. The parameter ``rate`` is live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from explorer.core.registry import Parameters, parameter, register


class Optimiser:
    """Makes the torch optimiser of a run."""

    def __init__(self, params: Parameters) -> None:
        self.params: Any = params

    def make(self, modules: Iterable[nn.Module], device: torch.device) -> torch.optim.Optimizer:
        """Return an optimiser of all weights of some modules; its rate is set before every step."""
        raise NotImplementedError


def weight_groups(modules: Iterable[nn.Module], decay: float) -> list[dict[str, Any]]:
    """Return two groups: matrices and kernels, which decay, and biases and scales, which do not."""
    weights = [weight for module in modules for weight in module.parameters() if weight.requires_grad]
    groups = [
        {"params": [w for w in weights if w.ndim > 1], "weight_decay": decay},
        {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


@register("optimiser", "adamw", title="AdamW", reference="Loshchilov and Hutter 2019")
class AdamW(Optimiser):
    """Adam with weight decay apart from the gradient."""

    class Params(Parameters):
        """Parameters of the optimiser."""

        rate: float = parameter(
            0.002, "Learning rate at its peak", minimum=1e-6, maximum=1.0, live=True, logarithmic=True
        )
        decay: float = parameter(0.05, "Weight decay", minimum=0.0, maximum=1.0, step=0.01)

    def make(self, modules: Iterable[nn.Module], device: torch.device) -> torch.optim.Optimizer:
        """Return a fused AdamW."""
        return torch.optim.AdamW(weight_groups(modules, self.params.decay), lr=self.params.rate, fused=True)


@register("optimiser", "sgd", title="SGD with momentum", reference="Sutskever, Martens, Dahl and Hinton 2013")
class SGD(Optimiser):
    """Stochastic gradient descent with Nesterov's momentum."""

    class Params(Parameters):
        """Parameters of the optimiser."""

        rate: float = parameter(
            0.05, "Learning rate at its peak", minimum=1e-6, maximum=10.0, live=True, logarithmic=True
        )
        momentum: float = parameter(0.9, "Momentum", minimum=0.0, maximum=0.999, step=0.01)
        decay: float = parameter(5e-4, "Weight decay", minimum=0.0, maximum=1.0)

    def make(self, modules: Iterable[nn.Module], device: torch.device) -> torch.optim.Optimizer:
        """Return a fused SGD."""
        momentum = self.params.momentum
        return torch.optim.SGD(
            weight_groups(modules, self.params.decay),
            lr=self.params.rate,
            momentum=momentum,
            nesterov=momentum > 0,
            fused=True,
        )


def warm_up() -> None:
    """Load what torch loads with its first optimiser: 800 modules, 1 to 2 s, better not once Train was pressed."""
    torch.optim.AdamW([nn.Parameter(torch.zeros(1))], fused=True)
