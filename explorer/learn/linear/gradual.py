"""Fitters that improve their map iteration by iteration, in a small space of their own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explorer.core.registry import parameter
from explorer.learn.linear.base import Fitter, Problem, padded
from explorer.learn.linear.lbfgs import State
from explorer.learn.linear.spectra import FLOOR, axes, covariance, discriminants

STARTS = ("auto", "identity", "pca", "lda")


def axes_parameter() -> Any:
    """Declare ``axes``, the principal axes that features are reduced to."""
    return parameter(
        64,
        "Principal axes that the features are reduced to before; all: slow above some hundreds",
        minimum=0,
        maximum=4096,
        zero="all",
        advanced=True,
    )


class Gradual(Fitter):
    """Fits ``l`` (D, w) to y = B x, and the map is l B.

    B (w, d) are the principal axes of the features, at most ``axes`` of them, scaled by one factor: the features then
    have variance 1 on average. With w = d that is a rotation, and changes no distance but by that factor.
    """

    def begin(self, problem: Problem, state: State) -> Tensor:
        """Return y (N, w); sets up ``basis``, ``l`` and ``iteration`` in a new state."""
        x = problem.features
        if "basis" not in state:
            values, rows = axes(covariance(x))
            most = max(int(self.params.axes) or len(rows), problem.dimension)
            kept = rows[: min(most, max(int((values > FLOOR * values[0]).sum()), 1))]
            scale = (len(values) / values.sum().clamp(min=torch.finfo(values.dtype).tiny)).sqrt()
            state["basis"] = (kept * scale).to(x.dtype)
            y = x @ state["basis"].T
            state["l"] = self._first(problem, y)
            state["iteration"] = torch.zeros((), dtype=torch.int64)
            return y
        return x @ state["basis"].T

    def finish(self, state: State, matrix: Tensor) -> None:
        """Take note of one more iteration that led to ``matrix``."""
        state["l"] = matrix
        state["map"] = matrix @ state["basis"]
        state["iteration"] = state["iteration"] + 1

    def _first(self, problem: Problem, y: Tensor) -> Tensor:
        """Return the map to begin with, (D, w)."""
        start, width = str(self.params.start), y.shape[1]
        if start == "auto":
            classes = int(problem.targets.unique().numel())
            start = "lda" if problem.dimension <= min(classes - 1, width) else "identity"
        if start == "lda":
            rows, _ = discriminants(y, problem.targets, shrink=1e-3)
        else:
            rows = torch.eye(width, dtype=torch.float64, device=y.device)
        if start == "pca":  # the axes are those of y already
            rows = rows / y.double().square().mean(dim=0).sqrt().clamp(min=1e-6)
        return padded(rows, problem.dimension).to(y.dtype)
