"""The principal components of a snapshot, as a projection."""

from __future__ import annotations

from collections.abc import Callable

from explorer.core.registry import Parameters, register
from explorer.core.types import FloatArray, IntArray
from explorer.measure.lifts import Lift
from explorer.projection.methods.still import StillLayout


@register("projection", "pca", title="PCA", reference="Hotelling 1933")
class Pca(StillLayout):
    """The two directions in which the embeddings vary most: quick, linear, true to large distances.

    Where the distance is a straight line between lifted embeddings, such as unit vectors, it is of those.
    """

    class Params(Parameters):
        """None."""

    def __init__(self, params: Params, *, seed: int = 0) -> None:
        super().__init__("pca", seed)
        self.params = params

    def targets(
        self, rows: FloatArray, lift: Lift, labels: IntArray | None, cancelled: Callable[[], bool]
    ) -> tuple[FloatArray, float]:
        """Return the two principal components, (M, 2); no graph is needed."""
        return self.first(rows, lift)[0], 1.0
