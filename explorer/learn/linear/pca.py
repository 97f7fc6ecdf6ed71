"""Principal components, whitened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.linear.base import Fitter, Iterate, Problem, dimension_parameter, padded
from explorer.learn.linear.lbfgs import State
from explorer.learn.linear.spectra import FLOOR, axes, covariance


@register("fitter", "pca", title="PCA (principal components)", reference="Hotelling 1933")
class PCA(Fitter):
    """The directions in which the features differ most, each scaled to variance 1; needs no labels.

    With C = XᵀX / N = V Λ Vᵀ, the map is L = Λ^(−1/2) Vᵀ of the D largest eigenvalues: with all of them M = C⁻¹, the
    distance of Mahalanobis (1936). Without ``whiten`` L = Vᵀ, and distances are those of the features, as far as D
    dimensions go. The loss shown is the share of the variance that is left out.
    """

    labels_needed: ClassVar[bool] = False

    class Params(Parameters):
        """Parameters of the fitter."""

        dimension: int = dimension_parameter()
        whiten: bool = parameter(True, "Scale every direction to variance 1")

    def fit(self, problem: Problem, state: State) -> Iterator[Iterate | None]:
        """Fit in one step."""
        values, rows = axes(covariance(problem.features))
        yield None
        kept = (values > FLOOR * values[0])[: problem.dimension]
        rows = rows[: problem.dimension][kept]
        if self.params.whiten:
            rows = rows / values[: problem.dimension][kept].sqrt()[:, None]
        state["map"] = padded(rows, problem.dimension).to(problem.features.dtype)
        total = float(values.sum())
        left_out = 1.0 - float(values[: problem.dimension].sum()) / total if total else 0.0
        yield Iterate(max(left_out, 0.0), 0.0, 0.0, 0.0, len(problem.features))
