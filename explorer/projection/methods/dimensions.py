"""Two dimensions of the embedding as they are, as a projection."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import FloatArray, IntArray
from explorer.core.words import several
from explorer.measure.lifts import Lift
from explorer.projection.methods.still import StillLayout
from explorer.projection.pca import EXTENT


@register("projection", "dimensions", title="Two dimensions")
class Dimensions(StillLayout):
    """Two dimensions of the embedding itself, against each other.

    Both are scaled by one factor, so that the outermost point is as far out as on every map; 0 stays in the middle, and
    the map is never turned: right and up are the dimensions.
    """

    turns = False

    class Params(Parameters):
        """Parameters of the projection."""

        x: int = parameter(1, "Which dimension of the embedding goes to the right, counted from 1", minimum=1)
        y: int = parameter(2, "Which dimension of the embedding goes up, counted from 1", minimum=1)

    def __init__(self, params: Params, *, seed: int = 0) -> None:
        super().__init__("dimensions", seed)
        self.params = params

    def first(self, rows: FloatArray, lift: Lift) -> tuple[FloatArray, str]:
        """Return the two dimensions, or PCA where the embedding has fewer."""
        if max(self.params.x, self.params.y) > rows.shape[1]:
            return super().first(rows, lift)
        return self._scaled(rows), "dimensions"

    def targets(
        self, rows: FloatArray, lift: Lift, labels: IntArray | None, cancelled: Callable[[], bool]
    ) -> tuple[FloatArray, float]:
        """Return the two dimensions, (M, 2); no graph is needed.

        Raises
        ------
        UserError: if the embedding has fewer dimensions.
        """
        asked, has = max(self.params.x, self.params.y), rows.shape[1]
        if asked > has:
            raise UserError(
                f"The embedding has {several(has, 'dimension')}, and the map asks for number {asked:,}",
                remedy=f"Choose two from 1 to {has:,}" if has else "Choose another projection",
            )
        return self._scaled(rows), 1.0

    def _scaled(self, rows: FloatArray) -> FloatArray:
        xy = np.stack([rows[:, self.params.x - 1], rows[:, self.params.y - 1]], axis=1).astype(np.float64)
        reach = np.abs(xy).max(initial=0)
        return np.asarray(xy * (EXTENT / reach) if reach > 0 else xy, np.float32)
