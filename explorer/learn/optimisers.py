"""Optimisers: registered as kind ``optimiser``, ``Optimiser(params)``. The parameter ``rate`` is live."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import unwrap
from typing import Any, TypeVar

import torch
from torch import nn

from explorer.core.registry import Parameters, parameter, register

Kind = TypeVar("Kind", bound=torch.optim.Optimizer)


class Optimiser:
    """Makes the torch optimiser of a run."""

    def __init__(self, params: Parameters) -> None:
        self.params: Any = params

    def make(self, modules: Mapping[str, nn.Module], device: torch.device) -> torch.optim.Optimizer:
        """Return an optimiser of all weights of some modules; its rate is set before every step."""
        raise NotImplementedError


def weight_groups(modules: Mapping[str, nn.Module], decay: float) -> list[dict[str, Any]]:
    """Return groups of weights that share a decay and a ``scale`` of the learning rate.

    Of the encoder matrices and kernels decay; biases and scales do not, nor does anything that a loss or a distance
    owns. A module may say with ``rate_scale`` how much faster or slower it learns, and what is in it, unless that does.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, module in modules.items():
        scales = _scales(module, 1.0)
        for weight in module.parameters():
            scale = scales[weight]
            if weight.requires_grad:
                key = (decay if name == "encoder" and weight.ndim > 1 else 0.0, scale)
                groups.setdefault(key, []).append(weight)
    return [{"params": weights, "weight_decay": key[0], "scale": key[1]} for key, weights in groups.items()]


def _scales(module: nn.Module, outer: float) -> dict[nn.Parameter, float]:
    """Return the ``rate_scale`` of every weight of a module: that of the innermost module which says one."""
    scale = float(getattr(module, "rate_scale", outer))
    scales = dict.fromkeys(module.parameters(recurse=False), scale)
    for child in module.children():
        scales.update(_scales(child, scale))
    return scales


def uncompiled(kind: type[Kind]) -> type[Kind]:
    """Return an optimiser of torch, whose steps are the same, without the compiler that torch would load for them.

    ``torch.optim`` asks ``torch._dynamo`` to leave these functions alone: 800 modules, 1 to 2 s before the first step,
    for nothing where no step is compiled.
    """
    own: dict[str, Any] = {name: unwrap(getattr(kind, name)) for name in ("add_param_group", "zero_grad", "step")}
    return type(kind.__name__, (kind,), own | {"step": torch.no_grad()(own["step"])})


def _clip() -> float:
    value: float = parameter(
        0.0, "Longest gradient: a longer one is shortened to it", minimum=0.0, maximum=1000.0, zero="off", advanced=True
    )
    return value


@register("optimiser", "adamw", title="AdamW", reference="Loshchilov and Hutter 2019")
class AdamW(Optimiser):
    """Adam with weight decay apart from the gradient."""

    class Params(Parameters):
        """Parameters of the optimiser."""

        rate: float = parameter(
            0.002, "Learning rate at its peak", minimum=1e-6, maximum=1.0, live=True, logarithmic=True
        )
        decay: float = parameter(0.05, "Weight decay", minimum=0.0, maximum=1.0, step=0.01)
        clip: float = _clip()

    def make(self, modules: Mapping[str, nn.Module], device: torch.device) -> torch.optim.Optimizer:
        """Return a fused AdamW."""
        groups = weight_groups(modules, self.params.decay)
        return uncompiled(torch.optim.AdamW)(groups, lr=self.params.rate, fused=True)


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
        clip: float = _clip()

    def make(self, modules: Mapping[str, nn.Module], device: torch.device) -> torch.optim.Optimizer:
        """Return a fused SGD."""
        momentum = self.params.momentum
        return uncompiled(torch.optim.SGD)(
            weight_groups(modules, self.params.decay),
            lr=self.params.rate,
            momentum=momentum,
            nesterov=momentum > 0,
            fused=True,
        )
