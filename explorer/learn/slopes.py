"""Values whose gradient is known in closed form: the backward pass is one product, and keeps no matrix of pairs."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


class _WithSlope(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, argument: Tensor, value: Tensor, slope: Tensor) -> Tensor:
        ctx.save_for_backward(slope)
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (slope,) = ctx.saved_tensors
        return slope * gradients[0], None, None


def with_slope(argument: Tensor, value: Tensor, slope: Tensor) -> Tensor:
    """Return () ``value`` with the gradient ``slope`` by ``argument``, of its shape; both without a graph."""
    found: Tensor = _WithSlope.apply(argument, value, slope)  # type: ignore[no-untyped-call]
    return found


def one_plus_sum_exp(terms: Tensor) -> tuple[Tensor, Tensor]:
    """Return log(1 + Σ exp) of each row of (B, N) terms, (B,), and its gradient by them; the terms are overwritten.

    A term of −10³⁰ is none. One exponential a term: F.softplus(logsumexp) and its backward pass take two.
    """
    if not terms.shape[1]:
        return terms.sum(dim=1), terms
    top = terms.amax(dim=1, keepdim=True).clamp_(min=0.0)
    weights = terms.sub_(top).exp_()
    more = torch.expm1(-top) + weights.sum(dim=1, keepdim=True)  # the sum less one, relative to the largest term
    return (top + torch.log1p(more)).squeeze(1), weights.div_(1.0 + more)


def product(a: Tensor, b: Tensor) -> Tensor:
    """Return a bᵀ of (M, D) and (N, D), without a graph; oneDNN can be twice as fast as MKL."""
    known = torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()
    if a.is_cpu and a.dtype == torch.float32 and known and a.numel() and b.numel():
        return F.linear(a.to_mkldnn(), b.to_mkldnn()).to_dense()
    return a @ b.T


def both_ways(slope: Tensor, rows: Tensor) -> Tensor:
    """Return the gradient by (B, D) rows of what has the gradient ``slope`` by their products, which is overwritten."""
    return product(slope.add_(slope.T.contiguous()), rows.T.contiguous())
