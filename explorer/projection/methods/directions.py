"""Two chosen directions of the embedding as a projection: each from one item or class mean to another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explorer.core.directions import place_of
from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import FloatArray, IntArray
from explorer.measure.lifts import Lift, laid_out
from explorer.projection.methods.still import StillLayout
from explorer.projection.pca import EXTENT, finite

Doubles = npt.NDArray[np.float64]
SAME = 1e-6
"""Two places that are nearer than this share of how far the items reach give no direction."""


@register("projection", "directions", title="Two directions")
class Directions(StillLayout):
    """Where items lie along the way from A to B (right) and from C to D (up), in the space of the embedding itself.

    A and C are at 0. Both axes are scaled by one factor and never turned. What is ``orthogonal`` has of the upward
    direction only what is not along the other one, so that distances are not drawn twice; else the axes are the
    directions themselves, which may be skew. All other directions are left out: the fidelity says how much that is.
    """

    turns = False

    class Params(Parameters):
        """Parameters of the projection."""

        x_from: str = parameter("", "Where x begins: item 17, or class 3 for its mean; empty: the mean of all")
        x_to: str = parameter("", "Where x leads to; both ends empty: the first principal component")
        y_from: str = parameter("", "Where y begins: item 17, or class 3 for its mean; empty: the mean of all")
        y_to: str = parameter("", "Where y leads to; both ends empty: the second principal component")
        orthogonal: bool = parameter(True, "Of y only what is not along x; else both as they are, which may be skew")

    def __init__(self, params: Params, *, seed: int = 0) -> None:
        super().__init__("directions", seed)
        self.params = params
        self._before: dict[int, Doubles] = {}  # the principal components of the last snapshot, by their axes

    def targets(
        self, rows: FloatArray, lift: Lift, labels: IntArray | None, cancelled: Callable[[], bool]
    ) -> tuple[FloatArray, float]:
        """Return where items lie along both directions, (M, 2); no graph is needed.

        Raises
        ------
        UserError: if an item or class is not there, or a direction begins where it ends.
        """
        flat = np.asarray(laid_out(lift, rows), np.float64)
        ends = (self.params.x_from, self.params.x_to), (self.params.y_from, self.params.y_to)
        (a, x), (c, y) = (self._way(axis, of, flat, labels) for axis, of in enumerate(ends))
        chosen = any(text.strip() for of in ends for text in of)
        if self.params.orthogonal:
            y = y - (y @ x) * x
            size = np.linalg.norm(y)
            if size <= SAME and chosen:
                raise UserError("Both directions are the same", remedy="Choose another start or end of y")
            y = y / size if size > SAME else 0 * y
        xy = np.stack([(flat - a) @ x, (flat - c) @ y], axis=1)
        reach = np.abs(xy).max(initial=0)
        return finite(np.asarray(xy * (EXTENT / reach) if reach > 0 else xy, np.float32)), 1.0

    def _way(self, axis: int, of: tuple[str, str], rows: Doubles, labels: IntArray | None) -> tuple[Doubles, Doubles]:
        """Return where a direction begins, and the unit vector along it; of length 0 where all items are one."""
        middle = rows.mean(axis=0) if len(rows) else np.zeros(rows.shape[1])
        if not any(text.strip() for text in of):
            return middle, self._upright(axis, principal(rows - middle)[axis])
        start, end = (self._place(text, rows, labels) if text.strip() else middle for text in of)
        way, reach = end - start, float(np.abs(rows - start).max(initial=0))
        if np.linalg.norm(way) <= SAME * reach:
            raise UserError("A direction begins where it ends", remedy="Choose another start or end")
        return start, way / np.linalg.norm(way)

    def _upright(self, axis: int, way: Doubles) -> Doubles:
        """Return a principal component with the sign that it had in the last snapshot, so that no map turns over."""
        before = self._before.get(axis)
        if before is not None and len(before) == len(way) and before @ way < 0:
            way = -way
        self._before[axis] = way
        return way

    def _place(self, text: str, rows: Doubles, labels: IntArray | None) -> Doubles:
        """Return where an item, or the mean of a class, is."""
        sort, number = place_of(text)
        found = self._asked == number if sort == "item" else _of_class(labels, number, len(rows))
        if not found.any():
            raise UserError(
                f"{sort.capitalize()} {number} is not among the items of the map",
                remedy="Choose another one: right-click an item, Direction",
            )
        return np.asarray(rows[found].mean(axis=0))


def _of_class(labels: IntArray | None, number: int, count: int) -> npt.NDArray[np.bool_]:
    return np.zeros(count, np.bool_) if labels is None else labels == number


def principal(centred: Doubles) -> Doubles:
    """Return the two directions of largest variance of rows (M, D) around 0, (2, D); their largest entry is above 0."""
    axes = np.zeros((2, centred.shape[1]))
    if centred.size:
        _, vectors = np.linalg.eigh(centred.T @ centred)
        found = vectors[:, ::-1][:, :2].T
        signs = np.sign(found[np.arange(len(found)), np.abs(found).argmax(axis=1)])
        axes[: len(found)] = found * signs[:, None]
    return axes
