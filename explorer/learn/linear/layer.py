"""A linear layer by any loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from pydantic import field_validator
from torch import Tensor

from explorer.core.formula import SUM, read, written
from explorer.core.registry import Parameters, create, parameter, register
from explorer.learn.batch import Batch
from explorer.learn.distances.base import Distance
from explorer.learn.linear.base import Iterate, Problem, check_classes, dimension_parameter
from explorer.learn.linear.gradual import STARTS, Gradual, axes_parameter
from explorer.learn.linear.lbfgs import State
from explorer.learn.losses.base import Loss
from explorer.learn.losses.formula import needs_of_formula, refuse, term_needs
from explorer.learn.seeding import seeded

DECAY = (0.9, 0.999)
"""Of the means of the gradient and of its square (Kingma and Ba 2015)."""
KNOWN = frozenset({"labels"})
"""What a batch of features can bring to a loss."""


@register("fitter", "layer", title="Linear layer by a loss")
class Layer(Gradual):
    """Trains z = L x on features by any loss that looks at embeddings and classes: ``loss`` is a formula of losses.

    A batch has ``images`` items of each of ``classes`` classes, everything in it counts, and Adam takes ``steps`` steps
    an iteration with a rate that falls to zero; weights of the loss, such as proxies, are trained along. Embeddings
    are compared by the distance of the recipe, while it is trained as later.
    """

    class Params(Parameters):
        """Parameters of the fitter."""

        loss: str = parameter("nt_xent", "The loss, or several with their weights", syntax="losses")
        dimension: int = dimension_parameter()
        iterations: int = parameter(60, "Iterations", minimum=1, maximum=10_000)
        steps: int = parameter(10, "Steps of an iteration", minimum=1, maximum=1000, advanced=True)
        classes: int = parameter(32, "Classes of a batch", minimum=2, maximum=512, advanced=True)
        images: int = parameter(4, "Items of each class", minimum=2, maximum=64, advanced=True)
        rate: float = parameter(
            0.01, "Step size, relative to the map", minimum=1e-5, maximum=1.0, logarithmic=True, advanced=True
        )
        start: str = parameter(
            "identity", "The map to begin with: auto is LDA where it has enough rows", choices=STARTS, advanced=True
        )
        axes: int = axes_parameter()

        @field_validator("loss")
        @classmethod
        def _read(cls, loss: str) -> str:
            return written(read(loss))

    def fit(self, problem: Problem, state: State) -> Iterator[Iterate | None]:
        """Fit iteration by iteration."""
        check_classes(problem)
        training = _Training(self.params, self.begin(problem, state), problem, state)
        yield None
        while (at := int(state["iteration"])) < self.iterations:
            rate = float(self.params.rate) * (1 - at / self.iterations)
            loss, active, norm = training.steps(rate)
            training.keep(state)
            self.finish(state, training.map.detach().clone())
            yield Iterate(loss, active, norm, rate, int(self.params.steps) * training.batch)


class _Training:
    """The map, the loss and their moments between two steps."""

    def __init__(self, params: Any, y: Tensor, problem: Problem, state: State) -> None:
        self._params, self._targets, self._random = params, problem.targets, problem.random
        self._distance = problem.distance or _euclidean()
        with torch.inference_mode(False):
            self._y = y.clone()
            self._make(problem, state)
        order = problem.targets.cpu().argsort(stable=True)
        counts = torch.bincount(problem.targets.cpu())
        starts = counts.cumsum(0) - counts
        self._members = [order[s : s + n] for s, n in zip(starts.tolist(), counts.tolist(), strict=True) if n > 1]
        self.batch = min(int(params.classes), len(self._members)) * int(params.images)
        if "random" in state:
            problem.random.set_state(state["random"])

    def _make(self, problem: Problem, state: State) -> None:
        first = state["l"]
        self.map = torch.nn.Parameter(first.clone())
        if "typical" not in state:
            state["typical"] = first.square().mean().sqrt()
        self._typical = float(state["typical"])
        with seeded(problem.random.initial_seed() % 2**31):
            self.loss = made_loss(
                str(self._params.loss), self._distance, classes=int(problem.targets.max()) + 1, dimension=len(first)
            ).to(first.device, first.dtype)
        self.weights = [self.map, *self.loss.parameters()]
        self._buffers = list(self.loss.buffers())
        for at, weight in enumerate(self.weights):
            if at and f"weight{at}" in state:
                weight.data.copy_(state[f"weight{at}"])
        for at, buffer in enumerate(self._buffers):
            if f"buffer{at}" in state:
                buffer.copy_(state[f"buffer{at}"])
        zeros = [torch.zeros_like(weight.data) for weight in self.weights]
        self._means = [state.get(f"mean{at}", zero).clone() for at, zero in enumerate(zeros)]
        self._squares = [state.get(f"square{at}", zero).clone() for at, zero in enumerate(zeros)]
        self._taken = int(state["iteration"]) * int(self._params.steps)

    def steps(self, rate: float) -> tuple[float, float, float]:
        """Take the steps of an iteration; return the means of the loss, of what is active and of the gradient."""
        with torch.inference_mode(False), torch.enable_grad():
            found = torch.stack([self._step(rate) for _ in range(int(self._params.steps))])
        loss, active, norm = found.double().mean(dim=0).tolist()
        return loss, active, norm

    def _step(self, rate: float) -> Tensor:
        rows = self._drawn().to(self._y.device)
        batch = Batch(self._y[rows] @ self.map.T, self._targets[rows], self._distance, indices=rows)
        output = self.loss(batch, None)
        gradients = torch.autograd.grad(output.value, self.weights, allow_unused=True)
        self._taken += 1
        for at, (weight, gradient) in enumerate(zip(self.weights, gradients, strict=True)):
            if gradient is None:
                continue
            mean, square = self._means[at], self._squares[at]
            mean.lerp_(gradient, 1 - DECAY[0])
            square.lerp_(gradient.square(), 1 - DECAY[1])
            step = mean / (1 - DECAY[0] ** self._taken)
            scale = (square / (1 - DECAY[1] ** self._taken)).sqrt() + 1e-12
            weight.data.sub_(step / scale, alpha=rate * (self._typical if at == 0 else 1.0))
        norm = gradients[0].norm() if gradients[0] is not None else output.value.new_zeros(())
        return torch.stack([output.value.detach(), output.active.to(output.value), norm])

    def _drawn(self) -> Tensor:
        """Return the rows of a batch, class by class."""
        images, random = int(self._params.images), self._random
        chosen = torch.randperm(len(self._members), generator=random)[: int(self._params.classes)]
        members = [self._members[at] for at in chosen.tolist()]
        return torch.cat([rows[torch.randperm(len(rows), generator=random)[:images]] for rows in members])

    def keep(self, state: State) -> None:
        """Write down what it takes to go on with the next iteration; the map is written by who asked for it."""
        for at, (mean, square) in enumerate(zip(self._means, self._squares, strict=True)):
            state[f"mean{at}"], state[f"square{at}"] = mean.clone(), square.clone()
        for at, weight in enumerate(self.weights[1:], start=1):
            state[f"weight{at}"] = weight.detach().clone()
        for at, buffer in enumerate(self._buffers):
            state[f"buffer{at}"] = buffer.clone()
        state["random"] = self._random.get_state()


def made_loss(formula: str, distance: Distance, *, classes: int, dimension: int) -> Loss:
    """Return the loss of a formula for embeddings and classes alone.

    Raises
    ------
    UserError: if one of its losses needs more than these.
    """
    terms = read(formula)
    if not needs_of_formula(formula) <= KNOWN:
        refuse(formula, terms, lambda _entry, term: "" if term_needs(term) <= KNOWN else "needs more than embeddings")
    context = {"distance": distance, "classes": classes, "dimension": dimension}
    if len(terms) == 1 and terms[0].weight == 1:
        loss: Loss = create("loss", terms[0].name, terms[0].params, **context)
        return loss
    summed: Loss = create("loss", SUM, {"terms": formula}, **context)
    return summed


def _euclidean() -> Distance:
    made: Distance = create("distance", "euclidean", {"normalise": False})
    return made
