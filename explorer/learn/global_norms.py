"""Batch normalisation by the statistics of a batch whose rows are on several ranks, on a CPU as well as on a GPU.

torch's own (``SyncBatchNorm``) refuses a CPU. This one is exact: mean and variance are added up over the ranks, and so
are the two sums that their gradient takes,

    dx = γ/σ (g − mean(g) − x̂ mean(g x̂)),    x̂ = (x − μ) / σ,

of which torch's kernel for fixed statistics gives this rank's part of both sums, Σ g = dβ and Σ g x̂ = dγ.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.errors import UserError
from explorer.learn.ranks import Ranks

Statistics = tuple[Tensor, Tensor, Tensor]
"""Mean and variance (C,) of all rows, wherever they are, and how many places they are of, ()."""


class _Normalised(torch.autograd.Function):
    """Normalise by given statistics of all ranks, (C,) each, and pass the gradient through them as well."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, stats: Statistics, eps: float, ranks: Ranks
    ) -> Tensor:
        mean, variance, count = stats
        ctx.save_for_backward(x, weight, mean, variance, count)
        ctx.eps, ctx.ranks = eps, ranks
        return F.batch_norm(x, mean, variance, weight, bias, False, 0.0, eps)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, variance, count = ctx.saved_tensors
        wanted = [False, True, True]
        _, dweight, dbias = torch.ops.aten.native_batch_norm_backward(
            gradient, x, weight, mean, variance, None, None, False, ctx.eps, wanted
        )
        sums = torch.stack((dbias, dweight)).to(mean.dtype)
        ctx.ranks.sum([sums])
        scale = weight * torch.rsqrt(variance + ctx.eps)
        slope = -scale * torch.rsqrt(variance + ctx.eps) * sums[1] / count
        offset = -scale * sums[0] / count - slope * mean
        shape = [1, -1] + [1] * (x.ndim - 2)
        scale, slope, offset = (each.view(shape).to(x.dtype) for each in (scale, slope, offset))
        dx = torch.addcmul(offset, x, slope).addcmul_(gradient, scale)
        return dx, dweight, dbias, None, None, None


class _OverRanks:
    """What a batch normalisation does while it trains on several ranks."""

    ranks: Ranks

    def forward(self: Any, input: Tensor) -> Tensor:
        """Normalise (B, C, …)."""
        if not self.training:
            return super().forward(input)  # type: ignore[misc, no-any-return]
        stats = self._statistics(input.detach())
        if self.running_mean is not None:
            self._remember(*stats)
        channels = input.shape[1]
        weight = self.weight if self.affine else stats[0].new_ones(channels)
        bias = self.bias if self.affine else stats[0].new_zeros(channels)
        made = _Normalised.apply(input, weight, bias, stats, self.eps, self.ranks)  # type: ignore[no-untyped-call]
        assert isinstance(made, Tensor)
        return made

    def _statistics(self: Any, x: Tensor) -> Statistics:
        channels = x.shape[1]
        here = x.numel() // channels
        full = x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
        mean, variance = full.new_zeros(channels), full.new_zeros(channels)
        if here:  # there may be fewer rows than ranks; var_mean takes twenty times as long
            mean, variance = torch.batch_norm_update_stats(full, None, None, 0.0)
        own = torch.cat((mean, variance, mean.new_tensor([here])))
        means, variances, counts = self.ranks.gather(own[None], self.ranks.size).split([channels, channels, 1], dim=1)
        count = counts.sum()
        common = (means * counts).sum(dim=0) / count
        spread = ((variances + (means - common).square()) * counts).sum(dim=0)  # nothing is cancelled
        return common, spread / count, count

    @torch.no_grad()
    def _remember(self: Any, mean: Tensor, variance: Tensor, count: Tensor) -> None:
        self.num_batches_tracked.add_(1)
        share = self.momentum if self.momentum is not None else 1.0 / float(self.num_batches_tracked)
        unbiased = variance * (count / (count - 1).clamp(min=1))
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), share)


class GlobalBatchNorm1d(_OverRanks, nn.BatchNorm1d):
    """``BatchNorm1d`` over all ranks."""


class GlobalBatchNorm2d(_OverRanks, nn.BatchNorm2d):
    """``BatchNorm2d`` over all ranks."""


class GlobalBatchNorm3d(_OverRanks, nn.BatchNorm3d):
    """``BatchNorm3d`` over all ranks."""


KINDS: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: GlobalBatchNorm1d,
    nn.BatchNorm2d: GlobalBatchNorm2d,
    nn.BatchNorm3d: GlobalBatchNorm3d,
}


def normalise_over_ranks(module: nn.Module, ranks: Ranks) -> None:
    """Let every batch normalisation within a module go by the whole batch; weights and buffers stay what they are.

    Raises
    ------
    UserError: if there is one of a kind that is not known here.
    """
    for name, child in module.named_children():
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            kind = KINDS.get(type(child))
            if kind is None:
                raise UserError(
                    f"The normalisation {type(child).__name__} of this network does not go by a batch on several ranks",
                    remedy="Train in one process, or choose another encoder",
                )
            made = kind.__new__(kind)
            made.__dict__ = {**child.__dict__, "ranks": ranks}
            setattr(module, name, made)
        else:
            normalise_over_ranks(child, ranks)
