"""The Kullback–Leibler divergence."""

from __future__ import annotations

from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.distances.base import without_diagonal
from explorer.learn.distances.distributions import DistributionDistance, DistributionParams


@register("distance", "kullback_leibler", title="Kullback–Leibler", reference="Kullback and Leibler 1951")
class KullbackLeibler(DistributionDistance):
    """Information lost where one distribution stands for another: KL(p, q) = Σ pᵢ ln(pᵢ/qᵢ); no metric.

    p = softmax(z / T) of the embedding z, T: ``temperature``; or, with ``share = relu``, its positive part over its
    sum. With ``symmetric`` it is Jeffreys' divergence, J(p, q) = KL(p, q) + KL(q, p) = Σ (pᵢ − qᵢ) ln(pᵢ/qᵢ); without,
    d(p, q) differs from d(q, p), and the anchor or the query is p. d(p, p) = 0; the triangle inequality does not hold
    (Kullback and Leibler, 1951; Jeffreys, 1946).
    """

    triangle = False

    class Params(DistributionParams):
        """Parameters of the distance."""

        symmetric: bool = parameter(True, "Add both directions (Jeffreys); off: from the anchor or query only")

    def __init__(self, params: Parameters, *, dimension: int = 0) -> None:
        super().__init__(params, dimension=dimension)
        self.symmetric = bool(self.params.symmetric)
        self.lift = "jeffreys" if self.symmetric else "kullback_leibler"

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return Σ p ln p − p · ln q by one matrix product, two where both directions are added."""
        b_or_a = a if b is None else b
        own, others = _scaled_logarithm(a), _scaled_logarithm(b_or_a)  # ln(D p): near 0 where rounding matters
        distances = (a * own).sum(dim=1)[:, None] - a @ others.T
        if self.symmetric:
            distances = distances + (b_or_a * others).sum(dim=1)[None] - own @ b_or_a.T
        distances = distances.clamp(min=0)
        return distances if b is not None else without_diagonal(distances)

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distances pair by pair."""
        gap = a.log() - b.log()
        return ((a - b if self.symmetric else a) * gap).sum(dim=1).clamp(min=0)


def _scaled_logarithm(p: Tensor) -> Tensor:
    return (p * p.shape[1]).log()
