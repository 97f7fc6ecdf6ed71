"""Neighbourhood components analysis."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.linear.base import Iterate, Problem, check_classes, dimension_parameter
from explorer.learn.linear.gradual import STARTS, Gradual, axes_parameter
from explorer.learn.linear.lbfgs import LBFGS, State

ENTRIES = 1 << 19
"""Probabilities held at a time: 2 MB, which stay in the cache."""

DECAY = (0.9, 0.999)
"""Of the means of the gradient and of its square (Kingma and Ba 2015)."""


class Objective:
    """Minus the mean probability that a neighbour drawn at random is of an item's own class, and its gradient.

    Parameters
    ----------
    y: (N, w) features. targets: (N,) their classes.

    Attributes
    ----------
    active: share of the items of the last call that are more likely wrong than right.
    """

    def __init__(self, y: Tensor, targets: Tensor) -> None:
        self.order = targets.argsort(stable=True)  # so that the items of some classes lie side by side
        self.y = y[self.order]
        self.targets = targets[self.order]
        self.active = 0.0

    def __call__(self, matrix: Tensor, anchors: Tensor | None = None) -> tuple[float, Tensor]:
        """Return the objective of a map (D, w), and its gradient, over some items or all; O(A N D), in pieces.

        ``anchors`` (A,): places in the order of the classes.
        """
        z = self.y @ matrix.T
        chosen = torch.arange(len(z), device=z.device) if anchors is None else anchors.sort().values
        lengths = z.square().sum(dim=1)
        ones = torch.cat((z, torch.ones_like(z[:, :1])), dim=1)
        slope, back = torch.zeros_like(z), torch.zeros_like(ones)
        right = [z.new_zeros(0)]
        for rows in chosen.split(max(1, ENTRIES // len(z))):
            weights, own = self._weights(z, lengths, rows)
            slope.index_add_(0, rows, weights @ z, alpha=-1.0)  # the weights of a row add up to 0
            back.addmm_(weights.T, ones[rows])
            right.append(own)
        slope += back[:, -1:] * z - back[:, :-1]
        probability = torch.cat(right).double()
        self.active = float((probability < 0.5).double().mean())
        return -float(probability.mean()), 2.0 * (slope.T @ self.y) / len(chosen)

    def _weights(self, z: Tensor, lengths: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return p_ij (s_ij − p_i) of some rows i, (A, N), and the probability p_i of their class, (A,).

        s_ij: the two are of one class. Of the squared distances |z_i|² is left out: it is the same along a row.
        """
        logits = torch.addmm(-lengths[None], z[rows], z.T, alpha=2.0)
        logits[torch.arange(len(rows), device=z.device), rows] = -torch.inf
        likely = torch.softmax(logits, dim=1)
        first, last = self.targets[rows[0]], self.targets[rows[-1]]
        begin = int(torch.searchsorted(self.targets, first))
        end = int(torch.searchsorted(self.targets, last, right=True))
        near = likely[:, begin:end]
        near = near * (self.targets[rows][:, None] == self.targets[begin:end])
        own = near.sum(dim=1)
        weights = likely.mul_(-own[:, None])
        weights[:, begin:end] += near
        return weights, own


@register("fitter", "nca", title="NCA (neighbourhoods)", reference="Goldberger et al. 2004")
class NCA(Gradual):
    """Makes it likely that a neighbour drawn at random is of the same class.

    Item i draws j with p_ij = exp(−|L x_i − L x_j|²) / Σ_k exp(−|L x_i − L x_k|²), and Σ p_ij over the j of its class
    is maximised over L. Up to ``batch`` items that is done exactly, by L-BFGS; more of them are taken ``batch`` at a
    time, each against all, by Adam with a rate that falls to zero. The loss is minus the mean probability.
    """

    class Params(Parameters):
        """Parameters of the fitter."""

        dimension: int = dimension_parameter()
        iterations: int = parameter(100, "Most iterations", minimum=1, maximum=10_000)
        start: str = parameter(
            "auto", "The map to begin with: auto is LDA where it has enough rows", choices=STARTS, advanced=True
        )
        batch: int = parameter(
            2048,
            "Items of an iteration; with no more than so many it is exact",
            minimum=16,
            maximum=65536,
            advanced=True,
        )
        rate: float = parameter(
            0.1,
            "Step of an iteration on a batch, relative to the map",
            minimum=1e-4,
            maximum=1.0,
            logarithmic=True,
            advanced=True,
        )
        axes: int = axes_parameter()

    def fit(self, problem: Problem, state: State) -> Iterator[Iterate | None]:
        """Fit iteration by iteration."""
        check_classes(problem)
        goal = Objective(self.begin(problem, state), problem.targets)
        yield None
        exact = len(problem.features) <= int(self.params.batch)
        yield from self._exactly(goal, state) if exact else self._by_batches(goal, problem, state)

    def _exactly(self, goal: Objective, state: State) -> Iterator[Iterate]:
        lbfgs = LBFGS(goal, state)
        value, gradient = goal(state["l"])
        while int(state["iteration"]) < self.iterations:
            norm = float(gradient.norm())
            moved = lbfgs.step(state["l"], value, gradient)
            if moved is None and int(state["iteration"]):
                return
            matrix, value, gradient = moved or (state["l"], value, gradient)
            self.finish(state, matrix)
            yield Iterate(value, goal.active, norm, lbfgs.rate, len(goal.y))
            if moved is None:
                return

    def _by_batches(self, goal: Objective, problem: Problem, state: State) -> Iterator[Iterate]:
        if "random" in state:
            problem.random.set_state(state["random"])
        else:
            state["typical"] = state["l"].square().mean().sqrt()
            state["mean"], state["square"] = torch.zeros_like(state["l"]), torch.zeros_like(state["l"])
        while (at := int(state["iteration"])) < self.iterations:
            drawn = torch.randperm(len(goal.y), generator=problem.random)[: int(self.params.batch)]
            value, gradient = goal(state["l"], drawn.to(goal.y.device))
            state["mean"] = DECAY[0] * state["mean"] + (1 - DECAY[0]) * gradient
            state["square"] = DECAY[1] * state["square"] + (1 - DECAY[1]) * gradient.square()
            mean, square = (state[n] / (1 - d ** (at + 1)) for n, d in zip(("mean", "square"), DECAY, strict=True))
            rate = float(self.params.rate) * float(state["typical"]) * (1 - at / self.iterations)
            state["random"] = problem.random.get_state()
            self.finish(state, state["l"] - rate * mean / (square.sqrt() + 1e-12))
            yield Iterate(value, goal.active, float(gradient.norm()), rate, len(drawn))
