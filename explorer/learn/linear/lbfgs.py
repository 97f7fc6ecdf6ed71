"""Minimising a function of one matrix, step by step, with a state that can be saved between any two steps."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

HISTORY = 8
"""Pairs of steps and changes of the gradient that stand for the curvature."""

HALVINGS = 25

SUFFICIENT = 1e-4
"""The share of the promised decrease that a step has to keep (Armijo)."""

FIRST_STEP = 0.05
"""Length of the very first step, relative to the matrix."""

State = dict[str, Tensor]
Function = Callable[[Tensor], tuple[float, Tensor]]


class LBFGS:
    """Limited-memory BFGS (Nocedal 1980) with a backtracking line search.

    The state is in ``state``: ``steps`` and ``changes`` (h, n) of the last h ≤ 8 moves. That is all of it, since value
    and gradient follow from the matrix.

    Parameters
    ----------
    function: a matrix → its value and gradient. state: read and written.
    """

    def __init__(self, function: Function, state: State) -> None:
        self.function = function
        self.state = state
        self.rate = 0.0

    def step(self, matrix: Tensor, value: float, gradient: Tensor) -> tuple[Tensor, float, Tensor] | None:
        """Return a better matrix with its value and gradient, or None where there is none."""
        if not bool(gradient.any()):
            return None
        moved = self._searched(matrix, value, gradient, self._direction(gradient))
        if moved is None and "steps" in self.state:  # the memory misleads: begin anew along the gradient
            self.forget()
            moved = self._searched(matrix, value, gradient, self._direction(gradient))
        return moved

    def forget(self) -> None:
        """Drop the memory: the function has become another one."""
        self.state.pop("steps", None)
        self.state.pop("changes", None)

    def _direction(self, gradient: Tensor) -> Tensor:
        """Return the direction of the two-loop recursion."""
        q = gradient.flatten().clone()
        if "steps" not in self.state:
            return -q.view_as(gradient)
        steps, changes = self.state["steps"], self.state["changes"]
        inner = (steps * changes).sum(dim=1)
        alphas = torch.zeros_like(inner)
        for at in reversed(range(len(steps))):
            alphas[at] = steps[at] @ q / inner[at]
            q -= alphas[at] * changes[at]
        q *= inner[-1] / changes[-1].square().sum()
        for at in range(len(steps)):
            q += (alphas[at] - changes[at] @ q / inner[at]) * steps[at]
        return -q.view_as(gradient)

    def _searched(
        self, matrix: Tensor, value: float, gradient: Tensor, direction: Tensor
    ) -> tuple[Tensor, float, Tensor] | None:
        slope = float((gradient * direction).sum())
        if slope >= 0:
            return None
        rate = 1.0 if "steps" in self.state else FIRST_STEP * float(matrix.norm() / gradient.norm())
        for _ in range(HALVINGS):
            trial = matrix + rate * direction
            found, change = self.function(trial)
            if found <= value + SUFFICIENT * rate * slope:
                if found >= value:  # nothing below the rounding error is left to gain
                    return None
                self.rate = rate
                self._remember((trial - matrix).flatten(), (change - gradient).flatten())
                return trial, found, change
            rate *= 0.5
        return None

    def _remember(self, step: Tensor, change: Tensor) -> None:
        if float(step @ change) <= 1e-10 * float(step.norm() * change.norm()):
            return  # no curvature to speak of: it would make the next direction meaningless
        for name, row in (("steps", step), ("changes", change)):
            kept = self.state.get(name, row.new_zeros(0, len(row)))
            self.state[name] = torch.cat((kept, row[None]))[-HISTORY:]
