"""Batches in float64 for the tests of losses, and how two losses are compared on them."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Scalar, create
from explorer.learn.batch import Batch, Triplets
from explorer.learn.device import generator
from explorer.learn.losses.base import Loss

LABELS: dict[str, list[int]] = {
    "pairs": [0, 0, 1, 1, 2, 2, 3, 3],
    "balanced": [0, 1, 2, 3] * 4,
    "unbalanced": [0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 0, 1, 4, 4],
    "two classes": [0, 0, 0, 1, 1],
}
"""Classes of at least two items each: what a loss does with lone items is not the same everywhere."""


def rows(labels: list[int], seed: int = 0, dimension: int = 6) -> Tensor:
    """Return (B, D) float64 embeddings with a gradient, near enough to their classes for every sort of triplet."""
    random = generator(seed)
    centres = torch.randn(max(labels) + 1, dimension, dtype=torch.float64, generator=random)
    noise = torch.randn(len(labels), dimension, dtype=torch.float64, generator=random)
    return (centres[labels] + 1.5 * noise).requires_grad_()


def made(name: str, distance: str = "euclidean", *, normalise: bool = True, **params: Scalar) -> Loss:
    """Return a loss with a distance."""
    return build(name, params, distance, normalise=normalise)


def build(name: str, params: dict[str, Scalar], distance: str = "euclidean", *, normalise: bool = True) -> Loss:
    """Return a loss with a distance, the parameters as a dictionary."""
    options: dict[str, Scalar] = {} if distance == "cosine" else {"normalise": normalise}
    loss: Loss = create("loss", name, params, distance=create("distance", distance, options), classes=6, dimension=6)
    return loss


def of(loss: Loss, z: Tensor, labels: list[int]) -> Batch:
    """Return the batch of some rows."""
    return Batch(z, torch.tensor(labels), loss.distance)


def every_triplet(labels: list[int], anchors: int | None = None) -> list[tuple[int, int, int]]:
    """Return all triplets (a, p, n), or those of the first ``anchors`` rows."""
    n = len(labels)
    return [
        (a, p, k)
        for a in range(n if anchors is None else anchors)
        for p in range(n)
        for k in range(n)
        if a != p and labels[a] == labels[p] != labels[k]
    ]


def listed(triplets: list[tuple[int, int, int]]) -> Triplets:
    """Return a list of triplets as a miner does, with padding between them."""
    padded = [row for triplet in triplets for row in (triplet, (0, 0, 0))]
    a, p, k = torch.tensor(padded).T
    return Triplets(a, p, k, torch.tensor([True, False] * len(triplets)))


def pairs_of(triplets: list[tuple[int, int, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the distinct pairs of triplets: anchors, positives, anchors, negatives."""
    near, far = sorted({(a, p) for a, p, _ in triplets}), sorted({(a, n) for a, _, n in triplets})
    return (*torch.tensor(near).T, *torch.tensor(far).T)


def agree(ours: Tensor, theirs: Tensor, z: Tensor, *, rtol: float = 1e-6) -> None:
    """Compare two losses of ``z`` and their gradients, to six digits."""
    torch.testing.assert_close(ours, theirs, rtol=rtol, atol=1e-9)
    assert ours.item() > 0
    gradients = [torch.autograd.grad(value, z, retain_graph=True)[0] for value in (ours, theirs)]
    torch.testing.assert_close(*gradients, rtol=rtol, atol=1e-8)
