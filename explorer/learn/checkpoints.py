"""The state of a run as named arrays and back, bit for bit on the CPU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from explorer.core.errors import UserError
from explorer.core.events import LIVE, Checkpoint
from explorer.core.registry import Scalar
from explorer.core.types import frozen
from explorer.learn.learner import Learner

SMALLER = f"{LIVE}sampler."
"""What batches were made smaller by, where the memory of the device did not hold them."""


def capture(
    learner: Learner,
    *,
    run: str,
    step: int,
    epoch: int,
    position: int,
    epoch_random: Tensor,
    changed: Mapping[str, Scalar],
) -> Checkpoint:
    """Return everything needed to go on.

    Parameters
    ----------
    step, epoch: done so far. position: batches taken of the epoch that is under way.
    epoch_random: state of the sampler's generator when that epoch began.
    changed: live parameters that differ from the recipe the run began with.
    """
    tensors = {name: _array(tensor) for name, tensor in _tensors(learner)}
    tensors["random.sampler"] = _array(epoch_random)
    tensors["random.device"] = _array(learner.random.get_state())
    scalars: dict[str, Scalar] = {"position": position, **{LIVE + path: value for path, value in changed.items()}}
    return Checkpoint(run, step, epoch, tensors, scalars)


def of_modules(modules: Mapping[str, nn.Module]) -> Checkpoint:
    """Return weights and buffers of modules by their names, enough to embed with and not to go on."""
    tensors = {f"{name}.{key}": _array(t) for name, module in modules.items() for key, t in module.state_dict().items()}
    return Checkpoint("", 0, 0, tensors, {})


def _tensors(learner: Learner) -> Iterator[tuple[str, Tensor]]:
    for name, module in learner.modules.items():
        yield from ((f"{name}.{key}", tensor) for key, tensor in module.state_dict().items())
    yield from ((f"sampler.{key}", tensor) for key, tensor in learner.sampler.state().items())
    if learner.memory is not None and learner.memory.saved:
        yield "memory.embeddings", learner.memory.embeddings
        yield "memory.seen", learner.memory.seen
    for index, weight in enumerate(_weights(learner)):
        state = learner.optimiser.inner.state.get(weight, {})
        yield from ((f"optimiser.{index}.{key}", value) for key, value in state.items() if isinstance(value, Tensor))


def _weights(learner: Learner) -> list[Tensor]:
    return [weight for group in learner.optimiser.inner.param_groups for weight in group["params"]]


def _array(tensor: Tensor) -> npt.NDArray[Any]:
    return frozen(tensor.detach().cpu().numpy())


def restore(learner: Learner, checkpoint: Checkpoint) -> Tensor:
    """Put the state of a checkpoint into a learner of the same recipe; return the random state its epoch began with.

    Raises
    ------
    UserError: if it is of another network, or its weights are not finite.
    """
    for name, module in learner.modules.items():
        load_module(module, name, checkpoint)
    for index, weight in enumerate(_weights(learner)):
        prefix = f"optimiser.{index}."
        stored = {name.removeprefix(prefix): a for name, a in checkpoint.tensors.items() if name.startswith(prefix)}
        if stored:
            learner.optimiser.inner.state[weight] = {key: _like(weight, array) for key, array in stored.items()}
    for path, value in checkpoint.scalars.items():
        if path.startswith(SMALLER):
            learner.draw_smaller(path.removeprefix(LIVE), value)
        elif path.startswith(LIVE):
            learner.change(path.removeprefix(LIVE), value)
    _restore_memory(learner, checkpoint)
    learner.random.set_state(_tensor(checkpoint.tensors["random.device"]))
    epoch_random = _tensor(checkpoint.tensors["random.sampler"])
    learner.host_random.set_state(epoch_random)
    return epoch_random


def _restore_memory(learner: Learner, checkpoint: Checkpoint) -> None:
    """Put back what loss, miner and sampler remember; after the live changes, since a miner may be among them."""
    state = {n.removeprefix("sampler."): _tensor(a) for n, a in checkpoint.tensors.items() if n.startswith("sampler.")}
    learner.sampler.load_state(state)
    known = len(checkpoint.tensors.get("memory.seen", ()))
    if learner.memory is not None and known == len(learner.memory.seen):  # else of items some of which left since
        learner.memory.embeddings.copy_(_tensor(checkpoint.tensors["memory.embeddings"]))
        learner.memory.seen.copy_(_tensor(checkpoint.tensors["memory.seen"]))


def load_module(module: nn.Module, name: str, checkpoint: Checkpoint) -> None:
    """Load the weights and buffers called ``name.…`` into a module.

    Raises
    ------
    UserError: if names or shapes differ, or a weight is not finite.
    """
    expected = module.state_dict()
    prefix = f"{name}."
    stored = {key.removeprefix(prefix): a for key, a in checkpoint.tensors.items() if key.startswith(prefix)}
    wrong = sorted(set(expected) ^ set(stored)) or sorted(
        key for key, tensor in expected.items() if tuple(tensor.shape) != stored[key].shape
    )
    if wrong:
        raise UserError(
            f"The checkpoint at step {checkpoint.step} is of another {name}: {', '.join(wrong[:3])} does not fit",
            remedy="Resume with the recipe that it was trained with",
        )
    if bad := sorted(key for key, array in stored.items() if not np.isfinite(array).all()):
        raise UserError(
            f"The checkpoint at step {checkpoint.step} holds weights that are not finite: {', '.join(bad[:3])}",
            remedy="Resume from an earlier one, with a smaller optimiser.rate",
        )
    module.load_state_dict({key: _tensor(array) for key, array in stored.items()})


def _tensor(array: npt.NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.array(array))


def _like(weight: Tensor, array: npt.NDArray[Any]) -> Tensor:
    """Return a state of the optimiser in the memory order of its weight: fused kernels walk both as flat memory."""
    value = _tensor(array)
    if value.shape == weight.shape:
        return torch.empty_like(weight).copy_(value)
    return value.to(weight.device)
