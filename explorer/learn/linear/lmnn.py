"""Large margin nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.linear.base import Iterate, Problem, check_classes, dimension_parameter
from explorer.learn.linear.gradual import STARTS, Gradual, axes_parameter
from explorer.learn.linear.lbfgs import LBFGS, State
from explorer.learn.linear.pairs import Pairs, Search, nearest_of_class

SLACK = 2.0
"""How much farther than now they would count impostors are searched for: those that the next iterations bring in."""


MOST_OF_AN_ITEM, MOST_IN_ALL = 200, 3_000_000
"""Impostors that are kept where the user leaves it open."""


class Objective:
    """The objective of LMNN over known target neighbours and known impostors, an item, and its gradient.

    Parameters
    ----------
    y: (N, w) features. near: (N, k) target neighbours, −1 where there are fewer. push: μ.

    Attributes
    ----------
    impostors: the pairs (i, l) that are looked at; set before the first call. active: share of the pairs of an item
        and a target neighbour between which an impostor comes, in the last call.
    """

    impostors: Pairs

    def __init__(self, y: Tensor, near: Tensor, push: float) -> None:
        self.y = y
        self.push = push
        self.active = 0.0
        self._real = near >= 0
        items = torch.arange(len(y), device=y.device)[:, None].expand_as(near)
        self._targets = Pairs(items[self._real], near[self._real], len(y))

    def distances(self, z: Tensor) -> Tensor:
        """Return the squared distances of rows of z to their target neighbours, (N, k), −∞ where there are fewer."""
        distances = z.new_full(self._real.shape, -torch.inf)
        distances[self._real] = self._targets.squared(z)
        return distances

    def __call__(self, matrix: Tensor) -> tuple[float, Tensor]:
        """Return the objective of a map (D, w), and its gradient."""
        z, push, count = self.y @ matrix.T, self.push, len(self.y)
        near = self.distances(z)
        gaps = (1.0 + near)[self.impostors.first] - self.impostors.squared(z)[:, None]  # (P, k)
        broken = (gaps > 0).to(z.dtype)
        pull = near[self._real].double().sum()
        value = (1 - push) * pull + push * gaps.clamp(min=0).sum(dim=1).double().sum()
        by_target = self.impostors.sums(broken)[self._real]
        self.active = float((by_target > 0).double().mean())
        slope = self._targets.gradient(z, (1 - push) + push * by_target)
        slope += self.impostors.gradient(z, -push * broken.sum(dim=1))
        return float(value) / count, (slope.T @ self.y) / count


@register("fitter", "lmnn", title="LMNN (large margin)", reference="Weinberger and Saul 2009")
class LMNN(Gradual):
    """Pulls every item to its k nearest of the same class, and pushes all others a margin beyond them.

    (1 − μ) Σ |L(x_i − x_j)|² + μ Σ [1 + |L(x_i − x_j)|² − |L(x_i − x_l)|²]₊ over the items i, their k target
    neighbours j, chosen once in the space of the features, and the items l of other classes (impostors). Divided by
    the number of items and minimised over L by L-BFGS, from a map scaled so that targets are 1 apart. All impostors
    are searched for, exactly, every ``search`` iterations, within twice the radius in which
    they count; in between those found are looked at, of each item the nearest ``impostors``. Active is the share of
    the pairs (i, j) between which an impostor comes.
    """

    class Params(Parameters):
        """Parameters of the fitter."""

        dimension: int = dimension_parameter()
        neighbours: int = parameter(3, "Target neighbours of an item (k)", minimum=1, maximum=50)
        push: float = parameter(
            0.5, "Weight of pushing impostors out against pulling targets in (μ)", minimum=0.01, maximum=0.99, step=0.01
        )
        iterations: int = parameter(60, "Most iterations", minimum=1, maximum=10_000)
        tolerance: float = parameter(
            1e-3,
            "It ends where the objective has fallen by less than this share between two searches",
            minimum=0.0,
            maximum=0.1,
            step=1e-3,
            advanced=True,
        )
        start: str = parameter(
            "identity", "The map to begin with: auto is LDA where it has enough rows", choices=STARTS, advanced=True
        )
        search: int = parameter(
            10, "Iterations between two searches for impostors", minimum=1, maximum=1000, advanced=True
        )
        impostors: int = parameter(
            0,
            "Impostors of an item that are looked at, at most; auto: 200, fewer above 15,000 items",
            minimum=0,
            maximum=10_000,
            zero="auto",
            advanced=True,
        )
        axes: int = axes_parameter()

    def fit(self, problem: Problem, state: State) -> Iterator[Iterate | None]:
        """Fit iteration by iteration."""
        check_classes(problem)
        y = self.begin(problem, state)
        yield None
        near = torch.zeros(0)
        for found in nearest_of_class(y, problem.targets, int(self.params.neighbours)):
            if found is None:
                yield None
            else:
                near = found
        goal = Objective(y, near, float(self.params.push))
        if "map" not in state:  # the margin is 1: an objective of pulling or of pushing alone is slow to minimise
            mean = goal.distances(y @ state["l"].T)[near >= 0].mean()
            state["l"] = state["l"] / mean.clamp(min=1e-12).sqrt()
        search = Search(problem.targets, self._cap(len(y)), problem.random)
        lbfgs = LBFGS(goal, state)
        period, searched = int(self.params.search), state.get("searched", state["l"])
        if "searched" in state and int(state["iteration"]) % period:
            yield from self._look(goal, search, searched)  # going on within a period, with what was found at its start
        value = gradient = None
        before = state.get("before", torch.zeros((), dtype=torch.float64))
        due = "searched" not in state
        while int(state["iteration"]) < self.iterations:
            matrix = state["l"]
            at = int(state["iteration"])
            if look := due or at % period == 0:
                yield from self._look(goal, search, matrix)
                due, searched = False, matrix
                value, gradient = goal(matrix)
                if at % period == 0:
                    if at and value > float(before) * (1 - float(self.params.tolerance)):
                        return
                    before = torch.tensor(value, dtype=torch.float64)
            elif value is None or gradient is None:
                value, gradient = goal(matrix)
            norm = float(gradient.norm())
            moved = lbfgs.step(matrix, value, gradient)
            if moved is None and not look:
                due = True  # nothing is left to gain with these impostors: there may be others by now
                continue
            if moved is not None:
                matrix, value, gradient = moved
            elif at:
                return
            state["searched"], state["before"] = searched, before
            self.finish(state, matrix)
            yield Iterate(value, goal.active, norm, lbfgs.rate, len(y))
            if moved is None:
                return

    def _cap(self, items: int) -> int:
        """Return how many impostors of an item are kept: of many items fewer, so that time and memory stay bounded."""
        return int(self.params.impostors) or min(MOST_OF_AN_ITEM, max(1, MOST_IN_ALL // items))

    def _look(self, goal: Objective, search: Search, matrix: Tensor) -> Iterator[None]:
        """Search for the impostors of a map."""
        z = goal.y @ matrix.T
        for found in search.pairs(z, SLACK * (goal.distances(z).amax(dim=1) + 1.0)):
            if found is None:
                yield None
            else:
                goal.impostors = found
