"""What lies near many queries at once: products in tiles that stay in the cache, of which only what is near is kept.

How far is near enough is estimated from a sample of the items. A query for which it was not is said to lack something,
and needs another way: all of its distances, put in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.kernels import CANCELLING, FAST
from explorer.measure.lifts import Lift
from explorer.measure.pairs import Operands, never

TILE = 512
"""Rows and columns of one product: OpenBLAS is fastest there, and the core's own cache still holds the megabyte."""
_FEWEST_ROWS = 64
_PANEL_BYTES = 64 << 20
_SAMPLE = 1024
_CERTAIN = 3
"""By how many standard deviations more of a sample are within reach than are needed of it."""
_SPARE = 4096
_AT_ONCE = 16
_COMMON = 20
"""Among the nearest twentieth of all items there is a right one, or all are looked through."""
_ROUNDING = np.float32(2e-6)
"""How much a squared distance taken from a product may be off, as a part of the sizes of both, with room to spare."""
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")

Names = npt.NDArray[np.int32]


class Panel(NamedTuple):
    """Some queries (B,): which rows of the operands, which item each is itself (-1: none), its class, what it needs.

    ``need`` (B,): how many of the nearest. Queries of one class stand together.
    """

    rows: IntArray
    own: IntArray
    asked: IntArray
    need: IntArray


class Near(NamedTuple):
    """What was gathered for a panel.

    ``distances`` (B, C) and ``names`` (B, C) of items, those of right ones inverted (``~name``), are valid in the
    ``found`` (B,) first places of each row, in no order, and hold for certain all items up to the distance ``sure``
    (B,). ``before`` (B,): how many items come before the first right one, -1 where that was not looked for. All are
    overwritten by the next panel.
    """

    distances: FloatArray
    names: Names
    found: IntArray
    sure: FloatArray
    before: IntArray


class _Asked(NamedTuple):
    """Lifted queries (B, D) with their squared lengths, what they are themselves, and which columns are right for them.

    ``limit`` (B,): up to which score items are kept; ``best`` (B,): that of the nearest right one, which is called
    ``item``; ``reach`` (B,): what ``bias - product`` is no larger of either, whatever rounding did.
    """

    vectors: FloatArray
    norms: FloatArray
    own: IntArray
    right_from: IntArray
    right_to: IntArray
    limit: FloatArray
    best: FloatArray
    item: Names
    reach: FloatArray

    def of(self, rows: slice) -> _Asked:
        """Return some of the queries."""
        floats = (self.limit[rows], self.best[rows], self.item[rows], self.reach[rows])
        own, right_from, right_to = self.own[rows], self.right_from[rows], self.right_to[rows]
        return _Asked(self.vectors[rows], self.norms[rows], own, right_from, right_to, *floats)


class _Tile(NamedTuple):
    """Some of the lifted items (T, D), with their squared lengths, halves of those (or 0), and what they are called."""

    vectors: FloatArray
    norms: FloatArray
    bias: FloatArray
    names: Names


class _Kept(NamedTuple):
    """What was kept: see ``Near``. ``found`` counts on where there is no room left."""

    scores: FloatArray
    names: Names
    found: IntArray
    before: IntArray


class Gatherer:
    """Gathers what is near, panel by panel, in one thread.

    Parameters
    ----------
    codes: (M,) the classes of the items of the operands, ascending: so what is near stands together more often.
    names: (M,) what the items are called; equal distances rank by it. first: look for the first right item as well.
    """

    def __init__(self, operands: Operands, lift: Lift, codes: IntArray, names: Names, *, first: bool) -> None:
        self._lift, self._codes, self._first = lift, codes, first
        self._l2 = lift.metric == "l2"
        norms = operands.item_norms if self._l2 else np.zeros(len(names), np.float32)
        self._all = _Tile(operands.items, norms, norms / np.float32(2), names)
        self._asked = operands.asked
        self._asked_norms = operands.asked_norms if self._l2 else np.zeros(len(operands.asked), np.float32)
        self._largest = norms.max(initial=0)
        self._sample = np.random.default_rng(0).permutation(len(names))[:_SAMPLE]
        self._products = np.empty((TILE, TILE), np.float32)
        self._room: tuple[FloatArray, Names] = np.zeros(0, np.float32), np.zeros(0, np.int32)

    def near(self, panel: Panel, cancelled: Callable[[], bool] = never) -> Near:
        """Gather for a panel of at most ``TILE`` queries.

        Raises
        ------
        Cancelled: if ``cancelled()`` turns true.
        """
        count = len(panel.rows)
        vectors, norms = self._asked[panel.rows], self._asked_norms[panel.rows]
        right_from, right_to = (np.searchsorted(self._codes, panel.asked, side) for side in _SIDES)
        bound = self._bounds(vectors, norms, panel.need)
        best, item = np.full(count, -np.inf, np.float32), np.full(count, -1, np.int32)
        asked = _Asked(vectors, norms, panel.own, right_from, right_to, self._beyond(bound), best, item, best)
        kept = _Kept(*self._space(panel.need), np.zeros(count, np.int64), np.full(count, -1, np.int64))
        if self._first and panel.need.max() * _COMMON < len(self._all.names):
            kept.before[:] = 0
            self._nearest_right(panel, asked)
        furthest = np.maximum(asked.limit, best)
        asked = asked._replace(reach=(furthest - norms) / np.float32(2) + _ROUNDING * (norms + self._largest))
        for start, tile in self._tiles(0, len(self._all.names)):
            if cancelled():
                raise Cancelled
            products = np.matmul(vectors, tile.vectors.T, out=self._products[:count, : len(tile.names)])
            _keep(products, start, asked, tile, kept, self._l2)
        scores, found = kept.scores, np.minimum(kept.found, kept.scores.shape[1])
        sure = np.where(kept.found > found, np.float32(-np.inf), self._distance(bound))
        for some in range(0, count, _AT_ONCE):
            part = scores[some : some + _AT_ONCE, : found[some : some + _AT_ONCE].max()]
            part[:] = self._distance(part)
        return Near(scores, kept.names, found, sure, kept.before)

    def _tiles(self, first: int, end: int) -> Iterator[tuple[int, _Tile]]:
        """Yield the items from ``first`` to before ``end`` tile by tile, and where each begins."""
        for start in range(first, end, TILE):
            those = slice(start, min(start + TILE, end))
            vectors, norms, bias, names = self._all
            yield start, _Tile(vectors[those], norms[those], bias[those], names[those])

    def _distance(self, scores: FloatArray) -> FloatArray:
        """Return true distances; scores are |a|² + |b|² − 2ab where that is a squared L2, and −2ab otherwise."""
        distances: FloatArray = self._lift.to_distance(scores if self._l2 else scores / np.float32(-2))
        return distances

    def _space(self, need: IntArray) -> tuple[FloatArray, Names]:
        """Return room for scores and names of what each query needs (B,)."""
        shape = len(need), room_for(int(need.max()), len(self._all.names))
        if self._room[0].size < shape[0] * shape[1]:
            self._room = np.zeros(shape[0] * shape[1], np.float32), np.zeros(shape[0] * shape[1], np.int32)
        scores, names = self._room
        return scores[: shape[0] * shape[1]].reshape(shape), names[: shape[0] * shape[1]].reshape(shape)

    def _bounds(self, asked: FloatArray, norms: FloatArray, need: IntArray) -> FloatArray:
        """Return scores (B,) up to which there most likely are as many items as needed, from a sample of them."""
        size, sample = len(self._sample), self._sample
        share = size * need / max(1, len(self._all.names))
        place = (share + _CERTAIN * np.sqrt(share) + _CERTAIN).astype(np.int64)
        bound = np.full(len(need), np.inf, np.float32)
        few = place < size
        if not few.any():
            return bound
        products = asked[few] @ self._all.vectors[sample].T
        scores = norms[few, None] + self._all.norms[sample] - np.float32(2) * products
        for wanted in np.unique(place[few]):
            those = place[few] == wanted
            bound[np.flatnonzero(few)[those]] = np.partition(scores[those], wanted, axis=1)[:, wanted]
        return np.maximum(bound, np.float32(0)) if self._l2 else bound

    def _beyond(self, bound: FloatArray) -> FloatArray:
        """Return scores (B,) that are certainly further away than ``bound``: different scores may be one distance."""
        slack = np.maximum(np.abs(bound), np.float32(1e-30)) * np.float32(1e-6)
        distance = self._distance(bound)
        with np.errstate(over="ignore", invalid="ignore"):
            while True:
                limit = bound + slack
                level = np.isfinite(limit) & (self._distance(limit) <= distance)
                if not level.any():
                    return limit
                slack = np.where(level, slack * np.float32(8), slack)

    def _nearest_right(self, panel: Panel, asked: _Asked) -> None:
        """Write the score of the nearest right item of each query, and what it is called, into ``asked``."""
        asked.best[:] = np.inf
        edges = [0, *(np.flatnonzero(np.diff(panel.asked)) + 1).tolist(), len(panel.asked)]
        for first, end in pairwise(edges):
            some = asked.of(slice(first, end))
            for _, tile in self._tiles(int(some.right_from[0]), int(some.right_to[0])):
                _nearest(some.vectors @ tile.vectors.T, some, tile, self._l2)


def panels(asked: IntArray, need: IntArray, items: int) -> list[IntArray]:
    """Return which queries (B,) to gather for together: those of a class, and of not too many bytes."""
    order = np.lexsort((asked, need))
    found, start = [], 0
    while start < len(order):
        # need ascends: that of the last one decides; a first guess by the largest there may be is not too many
        widest = int(need[order[min(start + TILE, len(order)) - 1]])
        size = int(np.clip(_PANEL_BYTES // (8 * room_for(widest, items)), _FEWEST_ROWS, TILE))
        found.append(order[start : start + size])
        start += size
    return found


def room_for(need: int, items: int) -> int:
    """Return for how many items a query has room that needs so many of them."""
    return max(1, min(items, need + need // 2 + _SPARE))


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _summed(a: FloatArray, b: FloatArray) -> np.float32:
    """Return the squared L2 between two vectors (D,), summed directly: 0 where they are equal."""
    square = np.float32(0)
    for d in range(a.shape[0]):
        gap = a[d] - b[d]
        square += gap * gap
    return square


@nb.njit(nogil=True, cache=True)
def _hits(near: npt.NDArray[np.uint8], hits: Names) -> np.uint64:
    """Write which of ``near`` (T,), T a multiple of 8, are 1 into ``hits`` (T + 1,), and return how many.

    Most are 0, which is seen of 8 at once. Without a sign an index needs no look at whether it counts from the end.
    """
    eights, count = near.view(np.uint64), np.uint64(0)
    for k in range(eights.shape[0]):
        if eights[k] == 0:
            continue
        start = np.uint32(8 * k)
        for c in range(start, start + np.uint32(8)):
            hits[count] = c
            count += np.uint64(near[c])
    return count


@nb.njit(nogil=True, cache=True)
def _keep(products: FloatArray, start: int, asked: _Asked, tile: _Tile, kept: _Kept, l2: bool) -> None:
    """Keep what is near enough of the products (B, T) with a tile of the items, which begins at ``start``."""
    width = products.shape[1]
    vectors, norms, bias, names = tile
    near = np.zeros((width + 7) // 8 * 8, np.uint8)
    hits = np.empty(len(near) + 1, np.int32)
    for r in range(products.shape[0]):
        row, reach = products[r], asked.reach[r]
        for c in range(width):
            near[c] = bias[c] - row[c] <= reach
        right = asked.right_from[r] - start, asked.right_to[r] - start
        own, limit, best, item = asked.own[r], asked.limit[r], asked.best[r], asked.item[r]
        kept.found[r], before = _keep_hits(
            row, hits, _hits(near, hits), asked.vectors[r], asked.norms[r], vectors, norms, names, l2,
            own, right, limit, best, item, kept.scores[r], kept.names[r], kept.found[r],
        )  # fmt: skip
        kept.before[r] += before


@nb.njit(nogil=True, cache=True)
def _keep_hits(
    products: FloatArray,
    hits: Names,
    count: int,
    asked: FloatArray,
    size: np.float32,
    vectors: FloatArray,
    norms: FloatArray,
    names: Names,
    l2: bool,
    own: int,
    right: tuple[int, int],
    limit: np.float32,
    best: np.float32,
    item: int,
    kept: FloatArray,
    kept_names: Names,
    place: int,
) -> tuple[int, int]:
    """Keep those of the ``hits`` of one query that are near enough; see ``_Asked``, ``_Tile``, ``_Kept`` of one query.

    Arrays are no part of tuples here: to take them out costs more than the arithmetic. Returns the next place, and how
    many come before the nearest right one.
    """
    before = 0
    for h in range(count):
        c = np.uint32(hits[h])
        name, is_right = names[c], right[0] <= np.int64(c) < right[1]
        if name == own:
            continue
        sizes = size + norms[c]
        score = sizes - np.float32(2) * products[c]
        if l2 and score < CANCELLING * sizes:
            score = _summed(asked, vectors[c])
        if score <= limit:
            if place < len(kept):
                kept[place] = score
                kept_names[place] = ~name if is_right else name
            place += 1
        before += not is_right and (score < best or (score == best and name < item))
    return place, before


@nb.njit(nogil=True, cache=True)
def _nearest(products: FloatArray, asked: _Asked, tile: _Tile, l2: bool) -> None:
    """Keep the smallest score of products (B, T) with the items of a tile, and whose it is, in ``asked``."""
    vectors, norms, _, names = tile
    asking, sizes, own, best, item = asked.vectors, asked.norms, asked.own, asked.best, asked.item
    for r in range(products.shape[0]):
        for c in range(products.shape[1]):
            both = sizes[r] + norms[c]
            score = both - np.float32(2) * products[r, c]
            if l2 and score < CANCELLING * both:
                score = _summed(asking[r], vectors[c])
            if names[c] != own[r] and score < best[r]:
                best[r], item[r] = score, names[c]
