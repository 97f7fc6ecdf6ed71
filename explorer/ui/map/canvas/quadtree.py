"""Which points of many are drawn: those in sight, and where they are crowded a random sample of them.

The map is halved in both directions until a leaf has few points. The points of a leaf are in random order, so that the
first of them are a fair sample of the leaf, and the first k + 1 hold the first k: looking closer only adds points.
Where points are sparse all are drawn; where they are crowded, a sample. Each of that counts for those it stands for
where the density is shaded, and takes their room where the ground would be bare without them, so that a picture has
the colours that all points would give it. What it costs is then bounded by what can be seen, however many there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.types import BoolArray, ByteArray, FloatArray
from explorer.ui.map.canvas import quadtree_kernels, raster_kernels
from explorer.ui.map.canvas.lasso import Corners, EdgesByRow
from explorer.ui.map.canvas.picking import Grid, near_path_leaves

BUDGET = 1_000_000
"""Points of a picture at most: if there are no more in sight, all are drawn."""

SAMPLE = 700_000
"""Points of a picture at most where not all are drawn."""

CROWDED = 4.0
"""Points of a pixel that are drawn at most where not all are; fewer, by halves of halves, until they fit a sample."""

OWN_TREE = 0.5
"""Share of all points up to which some of them get a tree of their own, so that all of these are drawn sooner."""

Frame = tuple[np.float32, np.float32, np.float32, int, int, int]
"""Scale, left and top in pixels, and margin, width and height of the buffer: see ``raster_kernels.place``."""


class Chosen(NamedTuple):
    """How many points of each leaf are ``taken`` (L,), on so many pixels (``areas``), and how many that is in all."""

    taken: npt.NDArray[np.int32]
    areas: FloatArray
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class Quadtree:
    """Points by leaf, leaves in Morton order.

    ``items`` (n,) and their ``places`` (n, 2); leaf k has ``starts[k]`` to ``starts[k + 1]`` of them, within
    ``boxes[k]`` ``(x0, y0, x1, y1)``.
    """

    items: npt.NDArray[np.uint32]
    places: FloatArray
    starts: npt.NDArray[np.int64]
    boxes: FloatArray

    @classmethod
    def of(cls, xy: FloatArray) -> Quadtree:
        """Build the tree of the points (N, 2) that have a place: about 0.2 s for a million; in any thread."""
        corners = np.zeros(4, np.float32)
        raster_kernels.box(xy, np.ones(len(xy), np.uint8), corners)
        left, low, right, high = corners.astype(np.float64).tolist()
        scale = 65535.0 / max(right - left, high - low, 1e-30)
        keys = np.empty(len(xy), np.uint64)
        keys = keys[: quadtree_kernels.morton_keys(xy, left, low, scale, keys)]
        keys.sort()
        most = 3 * quadtree_kernels.DEPTH * (len(keys) // quadtree_kernels.LEAF + 1) + 2
        starts = np.empty(most, np.int64)
        leaves = quadtree_kernels.split(keys, starts)
        return cls._filled(keys, xy, starts[: leaves + 1].copy())

    @classmethod
    def _filled(cls, keys: npt.NDArray[np.uint64], xy: FloatArray, starts: npt.NDArray[np.int64]) -> Quadtree:
        items, places = np.empty(len(keys), np.uint32), np.empty((len(keys), 2), np.float32)
        boxes = np.empty((len(starts) - 1, 4), np.float32)
        quadtree_kernels.fill(keys, xy, starts, items, places, boxes)
        return cls(items, places, starts, boxes)

    def only(self, flags: ByteArray, wanted: int) -> Quadtree:
        """Return the tree of the items with ``flags == wanted``: the same leaves with fewer points."""
        begins, rows = np.empty(len(self.starts), np.int64), np.empty(len(self.items), np.uint32)
        rows = rows[: quadtree_kernels.pick_out(self.items, self.starts, flags, np.uint8(wanted), begins, rows)]
        return Quadtree(self.items[rows], self.places[rows], begins, self.boxes)

    def inside(self, flags: ByteArray, outline: Corners, edges: EdgesByRow, found: BoolArray) -> None:
        """Set ``found`` (N,) of the visible items in a polygon: its edges (E, 4), and those of each row."""
        quadtree_kernels.inside_leaves(
            self.places, self.items, self.starts, self.boxes, flags, np.ascontiguousarray(outline), *edges, found
        )

    def near(self, flags: ByteArray, grid: Grid, radius: float, found: BoolArray) -> None:
        """Set ``found`` (N,) of the visible items within ``radius`` of a path, see ``grid_of``."""
        near_path_leaves(self.places, self.items, self.starts, self.boxes, flags, *grid, radius, found)

    def choose(self, frame: Frame, budget: int = BUDGET, sample: int = SAMPLE) -> Chosen:
        """Return how many points of each leaf are drawn.

        All in leaves in sight if they fit the ``budget``; else the most a pixel that fit a ``sample``, and one of each
        leaf at least.
        """
        scale, left, top, margin, width, height = frame
        areas, taken = np.empty(len(self.boxes), np.float32), np.empty(len(self.boxes), np.int32)
        edges = np.float32(margin), np.float32(width - margin), np.float32(height - margin)
        total = quadtree_kernels.areas_in_sight(self.boxes, self.starts, scale, left, top, *edges, areas)
        most = np.float32(np.inf if total <= budget else CROWDED)
        total = quadtree_kernels.share_out(self.starts, areas, most, taken)
        least = np.count_nonzero(taken)
        while total > max(sample, least) and np.isfinite(most):
            most *= np.float32(0.5**0.25)
            total = quadtree_kernels.share_out(self.starts, areas, most, taken)
        return Chosen(taken, areas, total)


class Look(NamedTuple):
    """How rows look: flags, colours and shapes as in ``Style``, and their ``items``; of all items if that is empty."""

    items: npt.NDArray[np.uint32]
    flags: ByteArray
    colours: npt.NDArray[np.uint16]
    shapes: ByteArray


class Choice:
    """Which of many points are drawn, and how these look; kept until flags, colours, shapes or the tree change."""

    def __init__(self) -> None:
        self._of: tuple[ByteArray | None, Quadtree | None] = (None, None)
        self._trees: dict[int, Quadtree] = {}
        self._looks: dict[int, tuple[Look, Look]] = {}

    def forget(self) -> None:
        """Keep nothing."""
        self._of = (None, None)
        self._trees.clear()
        self._looks.clear()

    def of(self, tree: Quadtree, look: Look, wanted: int) -> tuple[Quadtree, Look]:
        """Return the points with ``look.flags == wanted`` of a tree of all items, and how its rows look.

        Others may be among them.
        """
        if self._of[0] is not look.flags or self._of[1] is not tree:
            self._of = (look.flags, tree)
            self._trees.clear()
        if wanted not in self._trees:
            few = np.count_nonzero(look.flags == wanted) <= OWN_TREE * len(look.flags)
            self._trees[wanted] = tree.only(look.flags, wanted) if few else tree
        own = self._trees[wanted]
        return own, self._by_row(own, look, wanted)

    def _by_row(self, tree: Quadtree, look: Look, wanted: int) -> Look:
        """Return how the rows of a tree look.

        Because a look-up by item for each point that is drawn takes longer than all the rest.
        """
        whole, own = self._looks.get(wanted, (None, None))
        if whole is None or own is None or own.items is not tree.items:
            made = Look(tree.items, *(_gathered(part, tree.items) for part in look[1:]))
        else:
            made = Look(
                tree.items,
                own.flags if whole.flags is look.flags else _gathered(look.flags, tree.items),
                own.colours if whole.colours is look.colours else _gathered(look.colours, tree.items),
                own.shapes if whole.shapes is look.shapes else _gathered(look.shapes, tree.items),
            )
        self._looks[wanted] = look, made
        return made


def _gathered(values: npt.NDArray[Any], items: npt.NDArray[np.uint32]) -> npt.NDArray[Any]:
    found = np.empty(len(items), values.dtype)
    quadtree_kernels.gather(np.ascontiguousarray(values), items, found)
    return found
