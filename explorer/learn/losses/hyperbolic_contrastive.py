"""Contrastive learning in hyperbolic space."""

from __future__ import annotations

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.poincare import ball_matrix, clipped, to_ball
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import Contrast, ContrastLoss, temperature_parameter, views_parameter
from explorer.learn.losses.nt_xent import cross_entropy
from explorer.learn.losses.pairs import cosines


@register(
    "loss",
    "hyperbolic_contrastive",
    title="Hyperbolic contrastive",
    reference="Ermolov, Mirvakhabova, Khrulkov, Sebe and Oseledets 2022",
)
class HyperbolicContrastive(ContrastLoss):
    """Each positive shall be told from all negatives of its anchor by distances in a Poincaré ball.

    −log( exp(−d_ap / T) / (exp(−d_ap / T) + Σ_n exp(−d_an / T)) ), averaged over the positive pairs (a, p); n: rows of
    other classes; T: ``temperature``. Embeddings are shortened to at most ``clip``, mapped into the ball of curvature
    −c by x = tanh(√c |v|) v / (√c |v|) and compared by d(x, y) = (1/√c) arcosh(1 + 2c |x − y|² / ((1 − c|x|²)(1 −
    c|y|²))); c: ``curvature``, and 0 the sphere, with one minus the cosine, where T = 0.1 is usual (Ermolov,
    Mirvakhabova, Khrulkov, Sebe and Oseledets, 2022). Where the distance of the recipe is hyperbolic, that is d, with
    its curvature. O(B²) time and memory. A miner restricts the pairs to those of its triplets. Active is the share of
    positive pairs with a negative at least as near.
    """

    pairwise = False  # remembered rows have lost the lengths that say where in the ball they lie

    class Params(Parameters):
        """Parameters of the loss."""

        temperature: float = temperature_parameter(0.2)
        curvature: float = parameter(
            0.1, "How strongly the space is curved", minimum=0.0, maximum=5.0, step=0.05, zero="sphere"
        )
        clip: float = parameter(
            2.3, "Longer embeddings are shortened to it, away from the rim", minimum=0.1, maximum=10.0, step=0.1
        )
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean cross-entropy of the positive pairs."""
        params = self.params
        if str(self.distance.lift).startswith("hyperbolic"):
            logits = -batch.distances
        elif params.curvature == 0:
            logits = cosines(batch)
        else:
            points = to_ball(clipped(batch.embeddings, params.clip), params.curvature)
            logits = -ball_matrix(points, curvature=params.curvature)
        return cross_entropy(Contrast.of(batch, logits / params.temperature, triplets))
