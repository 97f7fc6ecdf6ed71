"""The map of given triplets, as a projection: what people said is near, whatever was trained."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import FloatArray, IntArray
from explorer.measure.lifts import Lift
from explorer.projection.methods.still import StillLayout
from explorer.projection.pca import EXTENT
from explorer.projection.triplet_map import triplet_map

INNER = 0.85
"""The share of the map's reach that is for the items of triplets, where there are others around them."""
GOLDEN = np.pi * (3 - np.sqrt(5))
"""The angle between one item of the ring and the next: they never lie on each other."""


@register("projection", "t_ste", title="Given triplets (t-STE)", reference="van der Maaten and Weinberger 2012")
class TSte(StillLayout):
    """Where items belong by given triplets alone, such as the answers of many people: nothing else of them counts.

    Points are sought for which Σ log p is largest over the triplets (anchor i, nearer j, farther k), with p = s_ij /
    (s_ij + s_ik) and s = (1 + d² / α)^(−(α + 1) / 2), the kernel of Student's t: answers that contradict the others
    pull little, since it falls slowly. By L-BFGS from three random places, of which the best end is taken. It needs
    neither pictures nor a trained network, and does not change while one trains. Items that no triplet names are in a
    ring around the others.
    """

    class Params(Parameters):
        """Parameters of the projection."""

        alpha: float = parameter(
            1.0,
            "Degrees of freedom of the kernel (α): 1 of a map; the more, the more contradictions weigh",
            minimum=0.1,
            maximum=100.0,
            logarithmic=True,
        )

    def __init__(self, params: Params, *, seed: int = 0) -> None:
        super().__init__("t_ste", seed)
        self.params = params
        self._triplets: IntArray = np.empty((0, 3), np.int64)
        self._found: tuple[IntArray, FloatArray] | None = None  # items that were mapped, and where they belong

    def take(self, triplets: IntArray) -> None:
        """Lay out by these triplets (T, 3) of items from the next snapshot on."""
        if not np.array_equal(triplets, self._triplets):
            self._triplets, self._found = np.array(triplets, np.int64).reshape(-1, 3), None

    def targets(
        self, rows: FloatArray, lift: Lift, labels: IntArray | None, cancelled: Callable[[], bool]
    ) -> tuple[FloatArray, float]:
        """Return where items belong by the triplets, (M, 2); no graph is needed.

        Raises
        ------
        Cancelled: if ``cancelled()`` turns true. UserError: if no triplets are given.
        """
        if not len(self._triplets):
            raise UserError("This map is of given triplets, and none are given", remedy="Give a file of triplets first")
        if self._found is None:
            items, places = np.unique(self._triplets, return_inverse=True)
            found = triplet_map(places.reshape(-1, 3), len(items), self.params.alpha, self._seed, cancelled)
            reach = max(float(np.linalg.norm(found, axis=1).max()), 1e-12)
            self._found = items, (found * (EXTENT * INNER / reach)).astype(np.float32)
        items, places_of = self._found
        row = np.searchsorted(items, self._asked).clip(max=len(items) - 1)
        named = items[row] == self._asked
        angles = GOLDEN * self._asked
        ring = EXTENT * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return np.where(named[:, None], places_of[row], ring).astype(np.float32), 1.0
