"""The metric of Xing et al., learned from side information."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import torch
from torch import Tensor

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.learn.linear.base import Iterate, Problem, dimension_parameter, padded
from explorer.learn.linear.gradual import Gradual, axes_parameter
from explorer.learn.linear.lbfgs import HALVINGS, SUFFICIENT, State
from explorer.learn.linear.lda import shrink_parameter
from explorer.learn.linear.learned_pairs import learned_pairs, pairs_parameter
from explorer.learn.linear.spectra import factor, whitening

LEAST = 1e-12
"""Different pairs whose squared distance is below this share of that of same pairs are apart by rounding alone."""
RATES = (1e-6, 1e6)
"""The least and the largest first step of an iteration."""


class Spread:
    """g(B) = mean of √(wᵀ B w) over different pairs w, to be raised over all B ⪰ 0 with tr B = 1; g is concave.

    Parameters
    ----------
    w: (P, r) float64 differences of the different pairs, none of them zero.
    """

    def __init__(self, w: Tensor) -> None:
        self.w = w

    def distances(self, metric: Tensor) -> Tensor:
        """Return √(wᵀ B w) of every pair, (P,), never zero."""
        squares = torch.einsum("pi,pi->p", self.w @ metric, self.w)
        return squares.clamp(min=torch.finfo(squares.dtype).tiny).sqrt()

    def value(self, metric: Tensor) -> float:
        """Return g."""
        return float(self.distances(metric).mean())

    def slope(self, metric: Tensor) -> tuple[float, Tensor]:
        """Return g and its gradient, (r, r)."""
        d = self.distances(metric)
        return float(d.mean()), self.w.T @ (self.w / (2.0 * len(d) * d)[:, None])

    def gap(self, metric: Tensor, gradient: Tensor) -> float:
        """Return how far g can be from its maximum at most: λ_max(∇g) − ⟨∇g, B⟩, the gap of Frank and Wolfe (1956).

        As g is concave, it lies below its tangent, which is highest at the eigenvector of the largest eigenvalue.
        """
        return float(torch.linalg.eigvalsh(gradient)[-1] - (gradient * metric).sum())


def on_the_spectrahedron(matrix: Tensor) -> Tensor:
    """Return the nearest B ⪰ 0 with tr B = 1 of a symmetric matrix: its eigenvalues are moved onto the simplex."""
    values, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
    falling = values.flip(0)
    excess = (falling.cumsum(0) - 1.0) / torch.arange(1, len(values) + 1, dtype=values.dtype)
    kept = int((falling > excess).sum())
    found: Tensor = (vectors * (values - excess[kept - 1]).clamp(min=0)) @ vectors.T
    return found


@register("fitter", "mmc", title="MMC (side information)", reference="Xing, Ng, Jordan and Russell 2002")
class MMC(Gradual):
    """Draws the same pairs together, as far as different ones stay apart: from given pairs, or pairs of the classes.

    Σ (x_i − x_j)ᵀ M (x_i − x_j) over pairs of one class is minimised over M ⪰ 0, where Σ √((x_i − x_j)ᵀ M (x_i − x_j))
    over pairs of two classes is at least 1. Only the ratio of the two counts, so that the second is maximised with the
    first held: with the scatter C of the same pairs and W C Wᵀ = 1, the mean of √(wᵀ B w) over w = W (x_i − x_j), with
    B ⪰ 0, tr B = 1 and M = Wᵀ B W. An iteration is one step along the gradient, back onto these B, with the step size
    of Barzilai and Borwein (Birgin, Martínez and Raydan 2000). It ends where the gap of Frank and Wolfe says that
    little is left to gain. Directions in which no same pair differs are left out, unless ``shrink`` is above 0. With
    many classes the best B keeps few directions, and neighbours suffer: LMNN and ITML find them better then. The
    loss is the mean squared distance of same pairs by the squared mean distance of different ones; active is the share
    of different pairs that are nearer than same ones are (in the root of the mean square).
    """

    given: ClassVar[frozenset[str]] = frozenset({"pairs"})

    class Params(Parameters):
        """Parameters of the fitter."""

        dimension: int = dimension_parameter()
        pairs: int = pairs_parameter()
        shrink: float = shrink_parameter()
        iterations: int = parameter(200, "Most iterations", minimum=1, maximum=10_000)
        tolerance: float = parameter(
            1e-3,
            "It ends where the mean distance of different pairs is at most this share below the most it can be",
            minimum=0.0,
            maximum=0.1,
            step=1e-3,
            advanced=True,
        )
        axes: int = axes_parameter()

    def fit(self, problem: Problem, state: State) -> Iterator[Iterate | None]:
        """Fit iteration by iteration."""
        pairs = learned_pairs(problem, int(self.params.pairs))
        y = self.begin(problem, state).double().cpu()
        v = y[pairs.rows[:, 0]] - y[pairs.rows[:, 1]]
        white = self._white(v[pairs.same])
        goal = Spread(_apart(v[~pairs.same] @ white.T))
        yield None
        if "metric" not in state:
            state["metric"] = torch.eye(len(white), dtype=torch.float64) / len(white)
            state["rate"] = torch.ones((), dtype=torch.float64)
        metric, rate = state["metric"].cpu(), float(state["rate"])
        value, gradient = goal.slope(metric)
        while (at := int(state["iteration"])) < self.iterations:
            if at and goal.gap(metric, gradient) <= float(self.params.tolerance) * value:
                return
            moved = _searched(goal, metric, value, gradient, rate)
            if moved is None and at:
                return
            before, old = metric, gradient
            metric = before if moved is None else moved
            value, gradient = goal.slope(metric)
            rate = _next_rate(metric - before, old - gradient)
            state["metric"], state["rate"] = metric, torch.tensor(rate, dtype=torch.float64)
            found = factor(white.T @ metric @ white, problem.dimension)
            self.finish(state, found.to(state["basis"]))
            active = float((goal.distances(metric) < 1.0).double().mean())
            step = float((metric - before).norm() / before.norm())
            yield Iterate(value**-2, active, float(gradient.norm()), step, len(v))

    def _first(self, problem: Problem, y: Tensor) -> Tensor:
        """Return the map to begin with, (D, w)."""
        return padded(torch.eye(y.shape[1], dtype=torch.float64), problem.dimension).to(y)

    def _white(self, same: Tensor) -> Tensor:
        """Return W (r, w) with W C Wᵀ = 1 for the scatter C of (P, w) differences."""
        if not bool(same.any()):
            raise UserError(
                "The items of every same pair are alike: there is no width to measure distances by",
                remedy="Choose fitter=itml, which needs none, or other features",
            )
        rows, _ = whitening(same.T @ same / len(same), float(self.params.shrink))
        return rows


def _apart(w: Tensor) -> Tensor:
    """Return the differences (P, r) of which something is left.

    Raises
    ------
    UserError: if there is none.
    """
    kept: Tensor = w[w.square().sum(dim=1) > LEAST]
    if not len(kept):
        raise UserError(
            "Different pairs differ only where no same pair does: the distances among these say nothing of them",
            remedy="Set fitter.shrink above 0, or learn from more pairs",
        )
    return kept


def _searched(goal: Spread, metric: Tensor, value: float, gradient: Tensor, rate: float) -> Tensor | None:
    """Return a metric of a higher value on the way to the projected step, None where there is none."""
    towards = on_the_spectrahedron(metric + rate * gradient) - metric
    slope, share = float((gradient * towards).sum()), 1.0
    for _ in range(HALVINGS):
        trial = metric + share * towards
        if (found := goal.value(trial)) >= value + SUFFICIENT * share * slope and found > value:
            return trial
        share *= 0.5
    return None


def _next_rate(step: Tensor, fall: Tensor) -> float:
    """Return the step size of Barzilai and Borwein: the inverse of the curvature along the last ``step``."""
    curvature = float((step * fall).sum())
    rate = float(step.square().sum()) / curvature if curvature > 0 else RATES[1]
    return min(max(rate, RATES[0]), RATES[1])
