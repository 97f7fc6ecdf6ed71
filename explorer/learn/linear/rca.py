"""Relevant component analysis."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.core.registry import Parameters, register
from explorer.learn.linear.base import (
    Fitter,
    Iterate,
    Problem,
    check_classes,
    dimension_parameter,
    padded,
    separation,
)
from explorer.learn.linear.lbfgs import State
from explorer.learn.linear.lda import shrink_parameter
from explorer.learn.linear.spectra import axes, covariance, whitening, within


@register("fitter", "rca", title="RCA (relevant components)", reference="Shental et al. 2002; Bar-Hillel et al. 2005")
class RCA(Fitter):
    """Makes the directions in which items of one class differ count less: L = C^(−1/2), M = C⁻¹.

    C = Σ (x_i − m)(x_i − m)ᵀ / N is the covariance within the classes (m: mean of the class of x_i). With fewer
    dimensions than features, L keeps those in which the whitened features differ most, that is, in which the classes
    differ most for how wide they are. Where C is singular, directions in which no class has any width are left out,
    unless ``shrink`` is above 0. The loss shown is the share of the scatter that lies within the classes.
    """

    class Params(Parameters):
        """Parameters of the fitter."""

        dimension: int = dimension_parameter()
        shrink: float = shrink_parameter()

    def fit(self, problem: Problem, state: State) -> Iterator[Iterate | None]:
        """Fit in one step."""
        counts = check_classes(problem)
        pairs = counts[problem.targets] > 1  # a lone item says nothing of the width of its class
        x, targets = problem.features[pairs], problem.targets[pairs]
        white, _ = whitening(within(x, targets), self.params.shrink)
        yield None
        _, rows = axes(white @ covariance(problem.features) @ white.T)
        state["map"] = padded(rows @ white, problem.dimension).to(x.dtype)
        yield Iterate(separation(x @ state["map"].T, targets), 0.0, 0.0, 0.0, len(x))
