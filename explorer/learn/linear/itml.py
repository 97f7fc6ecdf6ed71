"""Information-theoretic metric learning."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.linear.base import Iterate, Problem, dimension_parameter, padded
from explorer.learn.linear.gradual import Gradual, axes_parameter
from explorer.learn.linear.lbfgs import State
from explorer.learn.linear.learned_pairs import learned_pairs, pairs_parameter
from explorer.learn.linear.spectra import factor

Doubles = npt.NDArray[np.float64]

AT_ONCE = 1024
"""Projections between two looks at what was asked of the run."""
SAMPLE = 500
"""Items between which distances are looked at to choose the two bounds."""
FEWEST = 1e-6
"""Squared distances below this share of the middle one are none: no metric can change them by much."""


class Projections:
    """A metric M (w, w), projected onto the constraint of one pair after the other; all float64.

    Each projection is an exact step on one multiplier λ_p ≥ 0 of the dual problem: M⁻¹ = M₀⁻¹ + Σ δ_p λ_p v_p v_pᵀ.

    Parameters
    ----------
    v: (P, w) differences of the pairs. sign: (P,) δ: 1 of pairs that shall be near, −1 of those that shall be far.
    bounds: (P,) ξ₀. gamma: γ. prior: (w,) the diagonal of M₀.

    Attributes
    ----------
    metric: M. multipliers: (P,) λ. slacks: (P,) ξ.
    """

    def __init__(self, v: Doubles, sign: Doubles, bounds: Doubles, gamma: float, prior: Doubles) -> None:
        self.v, self.sign, self.bounds, self.gamma, self.prior = np.ascontiguousarray(v), sign, bounds, gamma, prior
        self.metric: Doubles = np.diag(prior)
        self.multipliers: Doubles = np.zeros(len(v))
        self.slacks: Doubles = bounds.copy()

    def cycle(self) -> Iterator[None]:
        """Project onto every constraint once, in turn; yields now and then."""
        from explorer.measure.bregman import project  # numba: not at start-up

        for first in range(0, len(self.v), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            if first:
                yield None
            project(
                self.metric, self.v[part], self.sign[part], self.multipliers[part], self.slacks[part], float(self.gamma)
            )

    def judge(self) -> tuple[float, float, float, float]:
        """Return the objective, its lower bound by the dual, the share of broken pairs and the length of the gradient.

        The objective is that of M with the best slacks for it: those of the bounds, except of pairs that break them.
        """
        d = np.maximum(np.einsum("pi,pi->p", self.v @ self.metric, self.v), np.finfo(np.float64).tiny)
        broken = self.sign * (d - self.bounds) > 0
        ratio = d[broken] / self.bounds[broken]
        log_det = float(np.linalg.slogdet(self.metric)[1] - np.log(self.prior).sum())
        moved = float((self.metric.diagonal() / self.prior).sum()) - log_det - len(self.prior)
        value = moved + self.gamma * float((ratio - np.log(ratio) - 1).sum())
        dual = -log_det - self.gamma * float(np.log(self.slacks / self.bounds).sum())
        weights = self.gamma * broken * (1 / self.bounds - 1 / d) - self.sign * self.multipliers
        gradient = self.v.T @ (weights[:, None] * self.v)
        return value, dual, float(broken.mean()) if len(d) else 0.0, float(np.linalg.norm(gradient))


@register("fitter", "itml", title="ITML (information theory)", reference="Davis et al. 2007")
class ITML(Gradual):
    """Changes a first metric as little as it takes to bring some pairs near and others far.

    D(M, M₀) + γ Σ D(ξ_p, ξ₀_p) is minimised over M ⪰ 0 and ξ, with D(A, B) = tr AB⁻¹ − log det AB⁻¹ − n (LogDet),
    where (x_i − x_j)ᵀ M (x_i − x_j) ≤ ξ_p for pairs p of one class (ξ₀ = u), and ≥ ξ_p for others (ξ₀ = l). u and l are
    percentiles of the squared distances between items by M₀. An iteration projects onto every constraint once
    (Bregman 1967). The loss is the objective, a pair; it ends where the dual problem says that little is left to gain.
    M stays positive definite, and L keeps its largest eigenvalues. Active is the share of pairs that break a bound.
    """

    given: ClassVar[frozenset[str]] = frozenset({"pairs"})

    class Params(Parameters):
        """Parameters of the fitter."""

        dimension: int = dimension_parameter()
        pairs: int = pairs_parameter()
        gamma: float = parameter(
            1.0,
            "Weight of the pairs against staying at the first metric (γ)",
            minimum=1e-4,
            maximum=1e4,
            logarithmic=True,
        )
        iterations: int = parameter(100, "Most iterations", minimum=1, maximum=10_000)
        prior: str = parameter(
            "identity",
            "The first metric (M₀): plain distances, or those of Mahalanobis, by the covariance of all items",
            choices=("identity", "covariance"),
            advanced=True,
        )
        near: float = parameter(
            5.0,
            "Pairs of one class shall be nearer than this percentile of all distances",
            minimum=0.0,
            maximum=50.0,
            step=1.0,
            advanced=True,
        )
        far: float = parameter(
            95.0,
            "Pairs of two classes shall be farther than this percentile of all distances",
            minimum=50.0,
            maximum=100.0,
            step=1.0,
            advanced=True,
        )
        tolerance: float = parameter(
            1e-3,
            "It ends where the objective is at most this share above the lowest it can be",
            minimum=0.0,
            maximum=0.1,
            step=1e-3,
            advanced=True,
        )
        axes: int = axes_parameter()

    def fit(self, problem: Problem, state: State) -> Iterator[Iterate | None]:
        """Fit iteration by iteration."""
        work = self._begun(problem, state)
        yield None
        value, dual, active, _ = work.judge()
        while (at := int(state["iteration"])) < self.iterations:
            if at and value - dual <= float(self.params.tolerance) * value:
                return
            before = work.metric.copy()
            yield from work.cycle()
            value, dual, active, norm = work.judge()
            step = float(np.linalg.norm(work.metric - before) / np.linalg.norm(before))
            for name in ("metric", "multipliers", "slacks"):
                state[name] = torch.from_numpy(getattr(work, name).copy())
            found = factor(torch.from_numpy(work.metric), problem.dimension)
            self.finish(state, found.to(state["basis"]))
            yield Iterate(value / max(len(work.v), 1), active, norm, step, len(work.v))

    def _first(self, problem: Problem, y: Tensor) -> Tensor:
        """Return the map to begin with, (D, w)."""
        return padded(self._prior(y).sqrt().diag(), problem.dimension).to(y.dtype)

    def _prior(self, y: Tensor) -> Tensor:
        """Return the diagonal of the first metric: along principal axes a covariance has no other entries."""
        if str(self.params.prior) == "identity":
            return torch.ones(y.shape[1], dtype=torch.float64, device=y.device)
        return 1 / y.double().square().mean(dim=0).clamp(min=torch.finfo(torch.float32).tiny)

    def _begun(self, problem: Problem, state: State) -> Projections:
        """Return the projections as the state has them, or at their start."""
        pairs = learned_pairs(problem, int(self.params.pairs))
        y = self.begin(problem, state)
        prior = self._prior(y).cpu()
        y = y.double().cpu()
        near, far, least = self._bounds(y * prior.sqrt(), problem.random)
        v = y[pairs.rows[:, 0]] - y[pairs.rows[:, 1]]
        kept = (v.square() @ prior) > least
        sign = torch.where(pairs.same[kept], 1.0, -1.0).double()
        bounds = torch.where(sign > 0, near, far).double()
        work = Projections(v[kept].numpy(), sign.numpy(), bounds.numpy(), float(self.params.gamma), prior.numpy())
        for name in ("metric", "multipliers", "slacks"):
            if name in state:
                setattr(work, name, state[name].cpu().numpy().copy())
        return work

    def _bounds(self, z: Tensor, random: torch.Generator) -> tuple[float, float, float]:
        """Return the squared distances that are near, and far, and the least that is more than none."""
        sample = z[torch.randperm(len(z), generator=random)[:SAMPLE]]
        d = torch.pdist(sample).square()
        least = max(FEWEST * float(d.mean()), math.ulp(0.0))
        shares = torch.tensor([self.params.near, self.params.far], dtype=torch.float64) / 100
        near, far = d.quantile(shares).clamp(min=least).tolist()
        return near, far, least
