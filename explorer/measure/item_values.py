"""A number for every item of a snapshot: is its neighbour of its class, does it violate the margin, how far is it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numba as nb
import numpy as np

from explorer.core.errors import Cancelled
from explorer.core.types import UNLABELLED, FloatArray, IntArray
from explorer.measure.kernels import FAST, read_only, score_all, score_some, squares_from_products
from explorer.measure.lifts import Lift
from explorer.measure.pairs import never

POSITIVES = 16
"""Each anchor is compared with so many items of its class at most."""

NEGATIVES = 512
"""... and with the items of other classes among so many."""

_LEAST_OTHERS = NEGATIVES // 4
_BLOCK_BYTES = 8 << 20
_HUGE = np.float32(1e15)


class References(NamedTuple):
    """With what anchors are compared.

    ``positives`` (P,) rows in order of their class, class c from ``starts[c]``, ``counts[c]`` of them; ``negatives``
    (R,) rows, of the classes ``codes`` (R,); each stands for ``weights`` (R,) float32 items, which sum up to
    ``others`` (C,) over those that are not of class c.
    """

    positives: IntArray
    starts: IntArray
    counts: IntArray
    negatives: IntArray
    codes: IntArray
    weights: FloatArray
    others: FloatArray


@nb.njit(nogil=True, cache=True)
def _right(near: IntArray, labels: IntArray, out: FloatArray) -> None:
    for i in range(near.shape[0]):
        out[i] = np.nan
        if labels[i] == UNLABELLED:
            continue
        for j in range(near.shape[1]):
            other = near[i, j]
            if other >= 0 and labels[other] != UNLABELLED:
                out[i] = 1 if labels[other] == labels[i] else 0
                break


def right_of(near: IntArray, labels: IntArray) -> FloatArray:
    """Return 1 where the nearest labelled of the neighbours (M, k), nearest first, is of the item's class, else 0.

    (M,) float32; NaN where the item has no label, or none of its neighbours has.
    """
    out = np.empty(len(near), np.float32)
    _right(read_only(np.asarray(near, np.int64)), read_only(np.asarray(labels, np.int64)), out)
    return out


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _violated(
    near: FloatArray,
    valid: IntArray,
    far: FloatArray,
    own: IntArray,
    codes: IntArray,
    weights: FloatArray,
    margin: np.float32,
    out: FloatArray,
) -> None:
    """Write (B, 2) how many triplets violate the margin, and the sum of their losses, of anchors of class ``own`` (B,).

    ``near`` (B, P): distances to their positives, where ``valid``; ``far`` (B, R): to the negatives and to items of
    their own class, which do not count; overwritten.
    """
    for row in range(near.shape[0]):
        for i in range(far.shape[1]):
            if codes[i] == own[row]:
                far[row, i] = np.inf
        hits, loss = np.float32(0), np.float32(0)
        for j in range(near.shape[1]):
            if valid[row, j] < 0:
                continue
            limit = np.float32(near[row, j] + margin)
            for i in range(far.shape[1]):
                gap = limit - far[row, i]
                inside = gap > 0
                hits += weights[i] if inside else np.float32(0)
                loss += weights[i] * gap if inside else np.float32(0)
        out[row, 0], out[row, 1] = hits, loss


def _references(codes: IntArray, classes: int, generator: np.random.Generator) -> References:
    """Draw what the anchors are compared with; ``codes`` (M,) are the classes of the rows, -1 of those without."""
    drawn = generator.permutation(len(codes))
    drawn = drawn[codes[drawn] >= 0]
    by_class = drawn[np.argsort(codes[drawn], kind="stable")]
    sizes = np.bincount(codes[drawn], minlength=classes)
    ends = np.cumsum(sizes)
    place = np.arange(len(by_class)) - np.repeat(ends - sizes, sizes)
    counts = np.minimum(sizes, POSITIVES + 1)  # one more, for the anchor may be among them
    positives = by_class[place < POSITIVES + 1]
    if len(drawn) <= NEGATIVES:
        negatives, stands_for = drawn, np.ones(len(drawn))
    else:  # so that where nearly all are of one class, its items too meet some of the others
        top = codes[drawn] == np.argmax(sizes)
        others, largest = drawn[~top], drawn[top]
        wanted = min(len(others), max(_LEAST_OTHERS, round(NEGATIVES * len(others) / len(drawn))))
        parts = others[:wanted], largest[: NEGATIVES - wanted]
        negatives = np.concatenate(parts)
        shares = len(others) / max(1, len(parts[0])), len(largest) / max(1, len(parts[1]))
        stands_for = np.repeat(shares, [len(part) for part in parts])
    weights = (stands_for / max(1.0, stands_for.max(initial=0))).astype(np.float32)
    here = codes[negatives]
    rest = np.bincount(here, minlength=classes)  # whole numbers: no weight remains where there is no other class
    total = np.bincount(here, weights=weights, minlength=classes)
    others_weight = np.where(len(negatives) > rest, weights.sum(dtype=np.float64) - total, 0)
    return References(positives, np.cumsum(counts) - counts, counts, negatives, here, weights, others_weight)


def violations(
    x: FloatArray,
    labels: IntArray,
    lift: Lift,
    margin: float,
    *,
    seed: int = 0,
    cancelled: Callable[[], bool] = never,
) -> tuple[FloatArray, FloatArray]:
    """Return how often each item as an anchor violates the margin, and its mean loss, estimated on a sample.

    Parameters
    ----------
    x: (M, D) embeddings.
    labels: (M,) classes, -1 where unknown.
    margin: in units of the distance; compared in float32, as the losses do.

    Returns ``rate`` (M,) float32, the share of the item's triplets with d_an < d_ap + margin, and ``loss`` (M,), the
    mean of [d_ap - d_an + margin]₊ over them; NaN where the item has no positive or no negative, no label, or is not
    finite. Each is compared with up to 16 items of its class and 512 of all: exact where there are no more. The larger
    ones are drawn by ``seed``, the same for all items of a class.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    rows = np.ascontiguousarray(x, np.float32)
    every = np.array(labels, np.int64)
    every[~(np.abs(rows).max(axis=1, initial=0) < _HUGE)] = UNLABELLED  # also where there is a NaN
    anchors = np.flatnonzero(every != UNLABELLED)
    rate, loss = np.full(len(rows), np.nan, np.float32), np.full(len(rows), np.nan, np.float32)
    if not len(anchors):
        return rate, loss
    names, found = np.unique(every[anchors], return_inverse=True)
    codes = np.full(len(rows), -1, np.int64)
    codes[anchors] = found
    references = _references(codes, len(names), np.random.default_rng(seed))
    size = _BLOCK_BYTES // (4 * NEGATIVES)
    compared = _Compared(rows, lift, references)
    for start in range(0, len(anchors), size):
        if cancelled():
            raise Cancelled
        part = anchors[start : start + size]
        rate[part], loss[part] = compared.block(part, codes[part], np.float32(margin))
    return rate, loss


class _Compared:
    """Anchors against references, block by block."""

    def __init__(self, rows: FloatArray, lift: Lift, references: References) -> None:
        self._rows, self._lift, self._references = rows, lift, references
        self._l2 = lift.metric == "l2"
        self._positives = lift.lift_item(rows[references.positives])
        negatives = lift.lift_item(rows[references.negatives])
        middle = np.rint(negatives.mean(axis=0)) if self._l2 else np.zeros(negatives.shape[1], np.float32)
        self._middle = middle  # sizes shrink, and with them the rounding; whole numbers add none
        self._negatives = negatives - middle
        self._norms = np.einsum("ij,ij->i", self._negatives, self._negatives)

    def block(self, anchors: IntArray, own: IntArray, margin: np.float32) -> tuple[FloatArray, FloatArray]:
        """Return rate and loss (B,) of some anchors, of the classes ``own`` (B,)."""
        references = self._references
        asked = self._lift.lift_query(self._rows[anchors])
        places = self._places(anchors, own)
        near = np.zeros(places.shape, np.float32)
        score_some(asked, self._positives, places, self._l2, near)
        near = self._lift.to_distance(near)
        out = np.zeros((len(anchors), 2), np.float32)
        _violated(near, places, self._far(asked), own, references.codes, references.weights, margin, out)
        triplets = (places >= 0).sum(axis=1) * references.others[own]
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = np.where(triplets[:, None] > 0, out / triplets[:, None], np.nan).astype(np.float32)
        return np.minimum(shares[:, 0], 1), shares[:, 1]

    def _places(self, anchors: IntArray, own: IntArray) -> IntArray:
        """Return which positives (B, 17) belong to the anchors; -1 for the anchor itself and what is one too many."""
        starts, counts = self._references.starts[own, None], self._references.counts[own, None]
        columns = np.arange(POSITIVES + 1)
        places = np.where(columns < counts, starts + columns, -1)
        itself = (places >= 0) & (self._references.positives[places] == anchors[:, None])
        spare = (columns == POSITIVES) & ~itself.any(axis=1, keepdims=True)
        places[itself | spare] = -1
        return places

    def _far(self, asked: FloatArray) -> FloatArray:
        """Return the distances (B, R) to the negatives, an array of the caller's own."""
        if not self._l2:
            return np.array(self._lift.to_distance(asked @ self._negatives.T), np.float32)
        asked = asked - self._middle
        scores = asked @ self._negatives.T
        norms = np.einsum("ij,ij->i", asked, asked)
        squares_from_products(scores, asked, self._negatives, norms, self._norms)
        return np.array(self._lift.to_distance(scores), np.float32)


def distances_to(x: FloatArray, query: FloatArray, lift: Lift) -> FloatArray:
    """Return the true distance (M,) float32 of a query (D,) to every item of ``x`` (M, D)."""
    scores = np.empty(len(x), np.float32)
    asked = read_only(lift.lift_query(np.reshape(query, (1, -1)))[0])
    score_all(asked, read_only(lift.lift_item(x)), lift.metric == "l2", scores)
    return lift.to_distance(scores)
