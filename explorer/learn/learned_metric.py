"""The matrix M = LᵀL of what is linear in a run, in the size in which it is looked at."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from explorer.core.types import LearnedMetric, frozen
from explorer.learn.distances.base import Distance
from explorer.learn.distances.mahalanobis import Mahalanobis
from explorer.learn.encoders.base import Encoder
from explorer.learn.encoders.linear import Linear
from explorer.learn.encoders.pixels import Pixels

SIDE = 128
"""Rows of the matrix at most; a larger one is averaged over blocks."""

Doubles = npt.NDArray[np.float64]


@torch.no_grad()
def learned_metric(encoder: Encoder, distance: Distance, run: str, step: int) -> LearnedMetric | None:
    """Return the Mahalanobis matrix of a linear map of the inputs, of frozen features, or of the embeddings.

    That is of the encoder ``linear``, of the map that a fitter or the encoder ``kernel`` has put behind features, of
    the distance ``mahalanobis``, or of both one after the other where nothing lies between them. None where a run has
    none of these. M itself, which may have a hundred million entries, is never made.
    """
    over: str = "embedding"
    grid: tuple[int, ...] = (encoder.dimension,)
    layer = getattr(encoder, "map", None)
    found = layer.weight if isinstance(layer, nn.Linear) else None
    if found is not None:
        over, grid = _inputs(encoder, found.shape[1])
    if isinstance(distance, Mahalanobis) and distance.weight is not None:
        weight = distance.weight.diag() if distance.weight.ndim == 1 else distance.weight
        if found is not None and not distance.params.normalise:
            found = weight @ found
        else:
            found, over, grid = weight, "embedding", (encoder.dimension,)
    if found is None:
        return None
    linear = found.detach().double().cpu().numpy()
    return LearnedMetric(
        run,
        step,
        matrix=frozen(_blocks(linear), np.float32),
        eigenvalues=frozen(_eigenvalues(linear), np.float32),
        size=linear.shape[1],
        over=over,
        diagonal=frozen(_diagonal(linear, grid), np.float32),
    )


def _inputs(encoder: Encoder, size: int) -> tuple[str, tuple[int, ...]]:
    """Return what a linear map is over, and how that lies: (C, H, W) of pictures, else (n,)."""
    inner = getattr(encoder, "features", None)
    source = inner if isinstance(inner, Encoder) else encoder
    if not isinstance(source, Linear | Pixels):
        return "features", (size,)
    if source.reads_columns:
        return "columns", (size,)
    height, width, channels = source.shape
    if isinstance(source, Pixels):
        height, width = source.size
    whole = math.prod((channels, height, width)) == size
    return ("pixels", (channels, height, width)) if whole else ("features", (size,))


def _blocks(linear: Doubles) -> Doubles:
    """Return M (n, n), or its means over blocks, (128, 128): the same of the means over columns of L."""
    size = linear.shape[1]
    if size > SIDE:
        starts = np.arange(SIDE) * size // SIDE
        linear = np.add.reduceat(linear, starts, axis=1) / np.diff(starts, append=size)
    return np.asarray(linear.T @ linear, np.float64)


def _eigenvalues(linear: Doubles) -> Doubles:
    """Return the eigenvalues of M that a thin L leaves, largest first, by the smaller of LLᵀ and LᵀL."""
    gram = linear @ linear.T if linear.shape[0] < linear.shape[1] else linear.T @ linear
    return np.asarray(np.maximum(np.linalg.eigvalsh(gram)[::-1], 0), np.float64)


def _diagonal(linear: Doubles, grid: tuple[int, ...]) -> Doubles:
    """Return the diagonal of M, (n,), of pictures (H, W): the sum over channels."""
    diagonal = np.einsum("ij,ij->j", linear, linear)
    return np.asarray(diagonal.reshape(grid).sum(axis=0) if len(grid) == 3 else diagonal, np.float64)
