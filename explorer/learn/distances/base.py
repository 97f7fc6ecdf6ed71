"""What a distance between embeddings is to losses, miners and the trainer."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from explorer.core.registry import Parameters


class Distance(nn.Module):
    """Compares embeddings: ``Distance(params, dimension=…)``; weights it owns are trained and saved with the run.

    ``lift`` names the numpy lift in ``explorer.measure.lifts`` that gives the same distance of prepared rows, with its
    parameters after a colon. ``symmetric``: whether d(a, b) = d(b, a). ``triangle``: whether it keeps the triangle
    inequality. ``zero``: whether d(a, a) = 0 and no distance is below zero. What depends on the parameters is set for
    each instance. ``learned``: it has weights, which are what they began as where nothing is trained by gradient steps.

    Parameters
    ----------
    dimension: D of the embeddings, for distances with weights; 0 where the caller needs none of these.
    """

    lift: str
    symmetric: bool = True
    triangle: bool = True
    zero: bool = True
    learned: ClassVar[bool] = False

    def __init__(self, params: Parameters, *, dimension: int = 0) -> None:
        super().__init__()
        self.params: Any = params
        self.dimension = dimension

    @classmethod
    def against_fitter(cls, fitter: str) -> str:
        """Return why it cannot be used with what a fitter of that name makes, in words; empty where it can."""
        if not cls.learned:
            return ""
        return (
            f"this distance learns its weights by gradient steps, and the fitter {fitter} takes none: "
            "choose another distance, such as euclidean, or fitter=none"
        )

    def prepare(self, z: Tensor) -> Tensor:
        """Return (B, D) embeddings as they are compared and stored, for example of unit length."""
        return z

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return the distances of prepared rows, (A, B); without ``b`` of ``a`` to itself, with a diagonal of zeros."""
        raise NotImplementedError

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distances of prepared rows, pair by pair: (M, D) and (M, D) to (M,)."""
        raise NotImplementedError


def unit(z: Tensor) -> Tensor:
    """Return rows scaled to unit length; a row of zeros stays zero and has a finite gradient."""
    return torch.nn.functional.normalize(z, dim=-1, eps=1e-6)


def without_diagonal(matrix: Tensor) -> Tensor:
    """Return a square matrix with its diagonal set to zero, without gradient there."""
    diagonal = torch.eye(len(matrix), dtype=torch.bool, device=matrix.device)
    return matrix.masked_fill(diagonal, 0.0)


def squared(a: Tensor, b: Tensor | None = None) -> Tensor:
    """Return squared Euclidean distances by one matrix product, |a|² + |b|² − 2 a·b, never negative; (A, B)."""
    lengths = a.square().sum(dim=1)
    others = lengths if b is None else b.square().sum(dim=1)
    product = torch.addmm(others[None], a, (a if b is None else b).T, alpha=-2.0)
    distances = (product + lengths[:, None]).clamp(min=0)
    return distances if b is not None else without_diagonal(distances)


def root(d: Tensor, noise: Tensor | float) -> Tensor:
    """Return the square root with a finite gradient: what is not above ``noise`` is zero, with a gradient of zero.

    The slope 1 / (2√d) has no bound at zero, and a squared distance below the rounding error of the product it was
    made by has no direction either.
    """
    real = d > noise
    return torch.where(real, torch.where(real, d, 1.0).sqrt(), 0.0)
