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


WHOLE = 4096
"""Up to so many items all impostors are looked at, where the user leaves it open: 16 MB say which are of one class."""

ENTRIES = 1 << 19
"""Distances held at a time then: 2 MB, which stay in the cache."""

MOST_OF_AN_ITEM, MOST_IN_ALL = 200, 3_000_000
"""Impostors that are kept of more of them."""


class Objective:
    """The objective of LMNN over known target neighbours and known impostors, an item, and its gradient.

    Parameters
    ----------
    y: (N, w) features. near: (N, k) target neighbours, −1 where there are fewer. push: μ. margin: m.

    Attributes
    ----------
    impostors: the pairs (i, l) that are looked at; set before the first call. active: share of the pairs of an item
        and a target neighbour between which an impostor comes, in the last call.
    """

    impostors: Pairs

    def __init__(self, y: Tensor, near: Tensor, push: float, margin: float = 1.0) -> None:
        self.y = y
        self.push, self.margin = push, margin
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
        pull = float(near[self._real].double().sum())
        pushed, broken, slope = self._pushed(z, near + self.margin)
        by_target = broken[self._real]
        self.active = float((by_target > 0).double().mean())
        slope = push * slope + self._targets.gradient(z, (1 - push) + push * by_target)
        return ((1 - push) * pull + push * pushed) / count, (slope.T @ self.y) / count

    def _pushed(self, z: Tensor, limits: Tensor) -> tuple[float, Tensor, Tensor]:
        """Return the sum of how far impostors come within ``limits`` (N, k), how many there are of each, (N, k).

        And its gradient with regard to z, (N, D), by the distances of the impostors.
        """
        gaps = limits[self.impostors.first] - self.impostors.squared(z)[:, None]  # (P, k)
        broken = (gaps > 0).to(z.dtype)
        slope = self.impostors.gradient(z, -broken.sum(dim=1))
        return float(gaps.clamp(min=0).sum(dim=1).double().sum()), self.impostors.sums(broken), slope


class Whole(Objective):
    """The same, with all items of other classes for impostors: of few items that is quicker than to search for some.

    Parameters
    ----------
    targets: (N,) classes.
    """

    def __init__(self, y: Tensor, near: Tensor, push: float, margin: float, targets: Tensor) -> None:
        super().__init__(y, near, push, margin)
        self._same = targets[:, None] == targets

    def _pushed(self, z: Tensor, limits: Tensor) -> tuple[float, Tensor, Tensor]:
        """Look at all pairs, some rows of them at a time."""
        lengths, ones = z.square().sum(dim=1), torch.cat((z, torch.ones_like(z[:, :1])), dim=1)
        slope, back, found = torch.zeros_like(z), torch.zeros_like(ones), torch.zeros_like(limits)
        value = torch.zeros((), dtype=torch.float64, device=z.device)
        step = max(1, ENTRIES // len(z))
        for rows in (slice(at, at + step) for at in range(0, len(z), step)):
            d = torch.addmm(lengths[None], z[rows], z.T, alpha=-2.0).add_(lengths[rows, None])
            d.masked_fill_(self._same[rows], torch.inf)
            broken = torch.zeros_like(d)
            for rank, limit in enumerate(limits[rows].T):
                gaps = (limit[:, None] - d).clamp_(min=0)
                value += gaps.sum(dim=1).double().sum()
                found[rows, rank] = gaps.sign_().sum(dim=1)
                broken += gaps
            slope[rows] = broken @ z
            slope[rows] -= broken.sum(dim=1, keepdim=True) * z[rows]
            back.addmm_(broken.T, ones[rows])
        slope += back[:, :-1] - back[:, -1:] * z
        return float(value), found, 2.0 * slope


@register("fitter", "lmnn", title="LMNN (large margin)", reference="Weinberger and Saul 2009")
class LMNN(Gradual):
    """Pulls every item to its k nearest of the same class, and pushes all others a margin beyond them.

    (1 − μ) Σ |L(x_i − x_j)|² + μ Σ [m + |L(x_i − x_j)|² − |L(x_i − x_l)|²]₊ over the items i, their k target
    neighbours j, chosen once in the space of the features, and the items l of other classes (impostors). Divided by
    the number of items and minimised over L by L-BFGS, from a map scaled so that targets are √m apart. All impostors
    are searched for, exactly, every ``search`` iterations, within twice the radius in which
    they count; in between those found are looked at, of each item the nearest ``impostors``. Of up to 4,096 items all
    are looked at always. Active is the share of
    the pairs (i, j) between which an impostor comes. The margin m is the unit of the squared distances: nothing else
    has a scale, so that four times the margin makes every distance twice as long, and neighbours stay what they are.
    In M = LᵀL the problem is convex, a semidefinite program, of which this is the form with M ⪰ 0 built in.
    """

    class Params(Parameters):
        """Parameters of the fitter."""

        dimension: int = dimension_parameter()
        neighbours: int = parameter(3, "Target neighbours of an item (k)", minimum=1, maximum=50)
        push: float = parameter(
            0.5, "Weight of pushing impostors out against pulling targets in (μ)", minimum=0.01, maximum=0.99, step=0.01
        )
        margin: float = parameter(
            1.0,
            "How much farther than targets impostors shall be, in squared distance (m): the unit of the metric",
            minimum=1e-3,
            maximum=1e3,
            logarithmic=True,
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
            "Impostors of an item that are looked at, at most; auto: all of up to 4,096 items, then 200 and fewer",
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
        goal = self._goal(y, near, problem.targets)
        if "map" not in state:  # as wide as the margin: an objective of pulling or of pushing alone is slow to minimise
            mean = goal.distances(y @ state["l"].T)[near >= 0].mean()
            state["l"] = state["l"] * (goal.margin / mean.clamp(min=1e-12)).sqrt()
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

    def _goal(self, y: Tensor, near: Tensor, targets: Tensor) -> Objective:
        """Return the objective over all impostors, or over those that are searched for."""
        push, margin = float(self.params.push), float(self.params.margin)
        whole = len(y) <= WHOLE and not int(self.params.impostors)
        return Whole(y, near, push, margin, targets) if whole else Objective(y, near, push, margin)

    def _cap(self, items: int) -> int:
        """Return how many impostors of an item are kept: of many items fewer, so that time and memory stay bounded."""
        return int(self.params.impostors) or min(MOST_OF_AN_ITEM, max(1, MOST_IN_ALL // items))

    def _look(self, goal: Objective, search: Search, matrix: Tensor) -> Iterator[None]:
        """Search for the impostors of a map, where not all are looked at."""
        if isinstance(goal, Whole):
            yield None
            return
        z = goal.y @ matrix.T
        for found in search.pairs(z, SLACK * (goal.distances(z).amax(dim=1) + goal.margin)):
            if found is None:
                yield None
            else:
                goal.impostors = found
