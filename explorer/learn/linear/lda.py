"""Linear discriminant analysis."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.core.registry import Parameters, parameter, register
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
from explorer.learn.linear.spectra import discriminants


def shrink_parameter() -> float:
    """Declare ``shrink``, how far a covariance is drawn towards a multiple of the identity."""
    value: float = parameter(
        0.0,
        "How far the scatter within classes is drawn towards a sphere; helps where items are few",
        minimum=0.0,
        maximum=1.0,
        step=0.01,
    )
    return value


@register("fitter", "lda", title="LDA (linear discriminants)", reference="Fisher 1936; Rao 1948")
class LDA(Fitter):
    """The directions along which classes lie far apart for how wide they are.

    The rows l of L maximise lᵀ S_b l / lᵀ S_w l, with S_w and S_b the scatter within and between the classes, scaled so
    that L S_w Lᵀ = 1. There are at most C − 1 of them for C classes: further dimensions of the embedding are zero. The
    loss shown is the share of the scatter of the embeddings that lies within the classes.
    """

    class Params(Parameters):
        """Parameters of the fitter."""

        dimension: int = dimension_parameter()
        shrink: float = shrink_parameter()

    def fit(self, problem: Problem, state: State) -> Iterator[Iterate | None]:
        """Fit in one step."""
        check_classes(problem)
        x, targets = problem.features, problem.targets
        rows, _ = discriminants(x, targets, self.params.shrink)
        yield None
        state["map"] = padded(rows, problem.dimension).to(x.dtype)
        yield Iterate(separation(x @ state["map"].T, targets), 0.0, 0.0, 0.0, len(x))
