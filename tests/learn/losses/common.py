"""A batch in float64 for tests of losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from explorer.core.registry import Scalar, create
from explorer.learn.batch import Batch
from explorer.learn.losses.base import Loss

LABELS = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4]


def make_loss(name: str, *, distance: str = "euclidean", classes: int = 5, dimension: int = 5, **params: Scalar) -> Any:
    """Return a loss in float64; Any, for the attributes that it has of its own."""
    compared = create("distance", distance, {})
    loss = create("loss", name, params, distance=compared, classes=classes, dimension=dimension)
    return loss.double()


def rows(count: int = len(LABELS), dimension: int = 5, seed: int = 0) -> Tensor:
    torch.manual_seed(seed)
    return torch.randn(count, dimension, dtype=torch.float64, requires_grad=True)


def batch_of(loss: Loss, z: Tensor, labels: Sequence[int] = LABELS, support: Tensor | None = None) -> Batch:
    return Batch(z, torch.tensor(labels), loss.distance, indices=torch.arange(len(z)), support=support)


def gradient(value: Tensor, z: Tensor) -> Tensor:
    found: Tensor = torch.autograd.grad(value, z, retain_graph=True)[0]
    return found


def gradients_are_right(loss: Loss, labels: Sequence[int] = LABELS, *, support: Tensor | None = None) -> bool:
    """Whether the gradient equals finite differences, of the embeddings and of the weights of the loss."""
    weights = list(loss.parameters())

    def value(z: Tensor, *_: Tensor) -> Tensor:
        found: Tensor = loss(batch_of(loss, z, labels, support), None).value
        return found

    return bool(torch.autograd.gradcheck(value, (rows(len(labels)), *weights)))
