"""Covariances of features and what follows from their eigenvectors: axes, whitening, discriminants."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.errors import UserError
from explorer.learn.linear.base import class_means, padded

FLOOR = 1e-6
"""Eigenvalues below this share of the largest are noise: no axis is stretched by them."""


def covariance(x: Tensor) -> Tensor:
    """Return XᵀX / N of centred rows, (d, d) float64; in pieces, so that only they are held in that precision."""
    total = torch.zeros(x.shape[1], x.shape[1], dtype=torch.float64, device=x.device)
    for piece in x.split(16384):
        total += (piece.T @ piece).double()
    return total / max(len(x), 1)


def axes(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return the eigenvalues of a symmetric matrix, largest first, never negative, and its eigenvectors as rows.

    The sign of a vector is such that its largest entry is positive: the same data give the same axes.
    """
    values, vectors = torch.linalg.eigh(matrix)
    values, rows = values.flip(0).clamp(min=0), vectors.T.flip(0)
    largest = rows.gather(1, rows.abs().argmax(dim=1, keepdim=True))
    return values, rows * torch.where(largest < 0, -1.0, 1.0)


def factor(metric: Tensor, dimension: int) -> Tensor:
    """Return L (D, d) with LᵀL = M, a positive semidefinite (d, d); with fewer rows the nearest of so low a rank."""
    values, rows = axes(metric)
    return padded(rows * values.sqrt()[:, None], dimension)


def whitening(matrix: Tensor, shrink: float = 0.0) -> tuple[Tensor, Tensor]:
    """Return W with W C Wᵀ = 1 over the directions in which C is not zero, (r, d), and their eigenvalues (r,).

    ``shrink``: C is replaced by (1 − s) C + s tr(C)/d · 1, which is not singular where s > 0.

    Raises
    ------
    UserError: if C is zero.
    """
    if shrink:
        size = len(matrix)
        mean = matrix.trace() / size
        matrix = (1 - shrink) * matrix + shrink * mean * torch.eye(size, dtype=matrix.dtype, device=matrix.device)
    values, rows = axes(matrix)
    kept = values > FLOOR * values[0]
    if not bool(kept.any()):
        raise UserError(
            "The items of every class are all the same: there is no width to measure distances by",
            remedy="Choose fitter=pca, or other features",
        )
    return rows[kept] / values[kept].sqrt()[:, None], values[kept]


def within(x: Tensor, targets: Tensor) -> Tensor:
    """Return the covariance within the classes, (d, d) float64."""
    return covariance(x - class_means(x, targets)[targets])


def discriminants(x: Tensor, targets: Tensor, shrink: float) -> tuple[Tensor, Tensor]:
    """Return the discriminants as rows, (r, d), and the ratio of scatter between and within the classes along each.

    Along each of them the scatter within the classes is 1; r is at most the number of classes less one.
    """
    centred = x - x.mean(dim=0)
    inside = within(x, targets)
    white, _ = whitening(inside, shrink)
    between = covariance(centred) - inside
    values, rows = axes(white @ between @ white.T)
    count = min(int(targets.unique().numel()) - 1, len(rows))
    return rows[:count] @ white, values[:count]
