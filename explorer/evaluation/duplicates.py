"""Duplicates: pictures that show the same picture again, exactly or after a re-encoding, a resize or a little light.

Candidates are the nearest by a coarse picture and by the embedding; the pixels decide. Compared is a band of the grey
picture, 32 pixels a side: what is finer is lost in re-encodings, what is coarser is alike in all pictures of a kind.
The similarity is the correlation of two bands. From ``SAME`` on two pictures are one; from ``NEAR`` on only where no
other picture comes close, so that two alike trousers are not taken for one, but a copy that was made small is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import BoolArray, ByteArray, FloatArray, IntArray
from explorer.measure.lifts import Lift, lift
from explorer.measure.pairs import never

SAME, NEAR = 0.9955, 0.97
ALONE = 0.15
"""How much of the way to the nearest other picture a copy from ``NEAR`` on may be apart."""

SIDE, COARSE = 32, 12
FINE_SIGMA, BROAD_SIGMA = 1.0, 3.0
"""Of the band, in pixels of the small picture."""

CROPS = (0.0, 0.03)
"""Shares of a side that are taken off all round before two pictures are compared once more."""

CANDIDATES = 8
AT_ONCE = 4096


class Duplicates(NamedTuple):
    """Pairs of rows ``pairs`` (P, 2), first < second, with their ``similarity`` (P,) and whether they are ``exact``.

    ``groups`` (N,): a number of each item that others of its group share, −1 where it has no duplicate.
    """

    pairs: IntArray
    similarity: FloatArray
    exact: BoolArray
    groups: IntArray

    def leaks(self, train: BoolArray, held_out: BoolArray) -> BoolArray:
        """Return which items (N,) have a duplicate in the other part, of ``train`` (N,) and ``held_out`` (N,)."""
        known = self.groups >= 0
        both = np.intersect1d(self.groups[known & train], self.groups[known & held_out])
        leaking: BoolArray = known & np.isin(self.groups, both) & (train | held_out)
        return leaking


def find_duplicates(
    pictures: ByteArray,
    x: FloatArray | None = None,
    of: Lift | None = None,
    *,
    cancelled: Callable[[], bool] = never,
) -> Duplicates:
    """Find the duplicates among ``pictures`` (N, H, W, C) uint8.

    ``x`` (N, D), compared by the lift ``of``: embeddings, whose neighbours are candidates as well.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    if len(pictures) < 2:
        return equal_rows(pictures)
    found = [_neighbours(bands(pictures, COARSE, cancelled=cancelled), lift("squared_euclidean"), cancelled)]
    if x is not None and of is not None and len(x):
        found.append(_neighbours(x, of, cancelled))
    equal = _equal(pictures)
    pairs = np.unique(np.concatenate([*found, equal]), axis=0)
    similarity = _similarities(pictures, pairs, cancelled)
    exact = _listed_in(pairs, equal, len(pictures))
    similarity[exact] = 1
    kept = _kept(pairs, similarity, len(pictures))
    groups = joined(pairs[kept], len(pictures))
    return Duplicates(pairs[kept], similarity[kept], exact[kept], groups)


def equal_rows(rows: npt.NDArray[np.generic]) -> Duplicates:
    """Return the duplicates among rows (N, …) that are no pictures: those that are equal number by number."""
    pairs = _equal(rows)
    return Duplicates(pairs, np.ones(len(pairs), np.float32), np.ones(len(pairs), np.bool_), joined(pairs, len(rows)))


def bands(pictures: ByteArray, side: int, crop: float = 0.0, *, cancelled: Callable[[], bool] = never) -> FloatArray:
    """Return the band of each picture (N, H, W, C) without ``crop`` of a side all round, (N, P) of length 1.

    A picture of one colour has none: a row of zeros.
    """
    _, height, width, _ = pictures.shape
    rows, columns = min(side, height), min(side, width)
    out = np.empty((len(pictures), rows * columns), np.float32)
    down, across = _samplers(height, rows, crop), _samplers(width, columns, crop)
    for start in range(0, len(pictures), AT_ONCE):
        if cancelled():
            raise Cancelled
        grey = pictures[start : start + AT_ONCE].mean(axis=3, dtype=np.float32)
        fine, broad = (d @ grey @ a.T for d, a in zip(down, across, strict=True))
        band = (fine - broad).reshape(len(grey), -1)
        band -= band.mean(axis=1, keepdims=True)
        length = np.linalg.norm(band, axis=1, keepdims=True)
        out[start : start + AT_ONCE] = np.divide(band, length, out=np.zeros_like(band), where=length > 1e-3)
    return out


def _samplers(source: int, wanted: int, crop: float) -> tuple[FloatArray, FloatArray]:
    """Return the weights (wanted, source) that blur a line of pixels, by either width, and sample it."""
    at = source * (crop + (1 - 2 * crop) * (np.arange(wanted) + 0.5) / wanted) - 0.5
    unit = source * (1 - 2 * crop) / wanted
    made = []
    for sigma in (FINE_SIGMA, BROAD_SIGMA):
        weights = np.exp(-0.5 * ((np.arange(source) - at[:, None]) / (sigma * unit)) ** 2)
        made.append((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))
    return made[0], made[1]


def _neighbours(x: FloatArray, of: Lift, cancelled: Callable[[], bool]) -> IntArray:
    """Return every item with its nearest others, as pairs (P, 2) of rows, first < second."""
    from explorer.measure.knn_graph import knn_graph  # numba: not until it is needed

    near, _, _ = knn_graph(x, min(CANDIDATES, len(x)), of, wanted=0.99, cancelled=cancelled)
    pairs = np.stack([np.repeat(np.arange(len(x)), near.shape[1]), near.ravel()], axis=1)
    return np.sort(pairs[pairs[:, 1] >= 0], axis=1)


def _equal(rows: npt.NDArray[np.generic]) -> IntArray:
    """Return pairs (P, 2) of rows that are equal: of each group every one with the first."""
    flat = np.ascontiguousarray(rows).reshape(len(rows), -1)
    first: dict[bytes, int] = {}
    found = [(first.setdefault(row.tobytes(), place), place) for place, row in enumerate(flat)]
    pairs = [pair for pair in found if pair[0] != pair[1]]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _similarities(pictures: ByteArray, pairs: IntArray, cancelled: Callable[[], bool]) -> FloatArray:
    """Return the correlation (P,) of the bands of pairs, the best of those with either picture cropped."""
    whole, *cropped = (bands(pictures, SIDE, crop, cancelled=cancelled) for crop in CROPS)
    best = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), AT_ONCE):
        if cancelled():
            raise Cancelled
        first, second = pairs[start : start + AT_ONCE].T
        found = [np.einsum("ij,ij->i", whole[first], whole[second])]
        for less in cropped:
            found.append(np.einsum("ij,ij->i", less[first], whole[second]))
            found.append(np.einsum("ij,ij->i", whole[first], less[second]))
        best[start : start + AT_ONCE] = np.max(found, axis=0)
    return best


def _kept(pairs: IntArray, similarity: FloatArray, count: int) -> BoolArray:
    """Return which pairs are duplicates: surely, or nearly and with no other picture close to either of the two."""
    sure = similarity >= SAME
    groups = joined(pairs[sure], count)
    groups = np.where(groups < 0, np.arange(count) + count, groups)
    nearly = np.flatnonzero((similarity >= NEAR) & ~sure)
    kept = sure.copy()
    around = _around(pairs, count)
    for pair in nearly.tolist():
        a, b = pairs[pair]
        others = np.concatenate([around(int(a)), around(int(b))])
        apart = ~np.isin(groups[pairs[others]], groups[[a, b]]).all(axis=1)
        third = float(similarity[others[apart]].max(initial=-1.0))
        kept[pair] = 1 - similarity[pair] <= ALONE * (1 - third)
    return kept


def _around(pairs: IntArray, count: int) -> Callable[[int], IntArray]:
    """Return what gives the numbers of the pairs that an item is in."""
    items = pairs.ravel()
    order = np.argsort(items, kind="stable")
    starts = np.searchsorted(items[order], np.arange(count + 1))
    return lambda item: order[starts[item] : starts[item + 1]] // 2


def _listed_in(pairs: IntArray, others: IntArray, count: int) -> BoolArray:
    """Return which pairs (P,) of rows below ``count`` stand among the others."""
    found: BoolArray = np.isin(pairs @ [count, 1], others @ [count, 1])
    return found


def joined(pairs: IntArray, count: int) -> IntArray:
    """Return a number (count,) for each item that hangs together with others by pairs (P, 2), −1 for one alone."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    found = connected_components(links, directed=False)[1]
    groups = np.full(count, -1, np.int64)
    linked = np.unique(pairs)
    groups[linked] = np.unique(found[linked], return_inverse=True)[1]
    return groups
