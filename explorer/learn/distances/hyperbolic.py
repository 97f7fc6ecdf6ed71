"""The distance in the Poincaré ball."""

from __future__ import annotations

from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.distances.base import Distance
from explorer.learn.distances.poincare import ball_between, ball_matrix, clipped, to_ball


@register("distance", "hyperbolic", title="Hyperbolic (Poincaré)", reference="Khrulkov et al. 2020")
class Hyperbolic(Distance):
    """Length of the shortest curve in a Poincaré ball, where room grows exponentially towards the rim; a metric.

    d(x, y) = (1/√c) arcosh( 1 + 2c |x − y|² / ((1 − c|x|²)(1 − c|y|²)) ) of the points x = tanh(√c |v|) v / (√c |v|),
    c: ``curvature``; v: the embedding, shortened to at most ``clip``, without which points end at the rim and learn
    nothing more. x is what is stored. Trees fit with little distortion into few dimensions (Nickel and Kiela, 2017;
    Khrulkov, Mirvakhabova, Ustinova, Oseledets and Lempitsky, 2020; clipping: Guo, Wang, Chen and Yu, 2022). Symmetric,
    d(a, a) = 0, and the triangle inequality holds.
    """

    class Params(Parameters):
        """Parameters of the distance."""

        curvature: float = parameter(0.1, "How strongly the space is curved", minimum=0.01, maximum=5.0, step=0.05)
        clip: float = parameter(
            2.3, "Longer embeddings are shortened to it, away from the rim", minimum=0.1, maximum=10.0, step=0.1
        )

    def __init__(self, params: Parameters, *, dimension: int = 0) -> None:
        super().__init__(params, dimension=dimension)
        self.curvature = float(self.params.curvature)
        self.lift = f"hyperbolic:{self.curvature!r}"

    def prepare(self, z: Tensor) -> Tensor:
        """Return points of the ball, off its rim."""
        return to_ball(clipped(z, self.params.clip), self.curvature)

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return the distances of points of the ball by one matrix product."""
        return ball_matrix(a, b, curvature=self.curvature)

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distances pair by pair."""
        return ball_between(a, b, curvature=self.curvature)
