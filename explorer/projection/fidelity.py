"""How far a map can be trusted, measured on a sample of its items against all the others."""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import Fidelity, FloatArray, IntArray
from explorer.measure.kernels import read_only
from explorer.measure.lifts import Lift
from explorer.projection.map_neighbours import map_neighbours
from explorer.projection.pca import finite

_BLOCK = 4096


@nb.njit(nogil=True, cache=True)
def _count_nearer(products: FloatArray, bias: FloatArray, limits: FloatArray, ranks: IntArray, ties: IntArray) -> None:
    """Add how many of some items score less than each of the ``limits`` (S, k), and how many score the same.

    A score is ``bias - products``.
    """
    scores = np.empty(bias.shape[0], np.float32)
    for row in range(limits.shape[0]):
        for i in range(bias.shape[0]):
            scores[i] = bias[i] - products[row, i]
        for j in range(limits.shape[1]):  # each of a few with many at once: no branch to mispredict
            limit, nearer, equal = limits[row, j], np.int32(0), np.int32(0)
            for i in range(bias.shape[0]):
                nearer += np.int32(scores[i] < limit)
                equal += np.int32(scores[i] == limit)
            ranks[row, j] += nearer
            ties[row, j] += equal


def _ranks(
    asked: FloatArray, items: FloatArray, bias: FloatArray, own: IntArray, named: IntArray
) -> tuple[IntArray, IntArray]:
    """Return how many other items score less than each of the ``named`` (S, k), and how many the same, itself included.

    A score is ``bias - asked · items``.

    The items that are named come first, and a block of items at a time meets all that are asked (S, D).
    """
    first = np.unique(named)
    rest = np.ones(len(items), np.bool_)
    rest[first] = False
    others = np.flatnonzero(rest)
    ranks, ties = np.zeros(named.shape, np.int64), np.zeros(named.shape, np.int64)
    products = asked @ items[first].T
    at = np.searchsorted(first, named)
    limits = bias[named] - np.take_along_axis(products, at, axis=1)
    for block in [first, *np.split(others, range(_BLOCK, len(others), _BLOCK))]:
        if block is not first:
            products = asked @ items[block].T
        place = np.minimum(np.searchsorted(block, own), max(0, len(block) - 1))
        itself = np.flatnonzero(block[place] == own) if len(block) else place[:0]
        products[itself, place[itself]] = -np.inf
        _count_nearer(products, bias[block], limits, ranks, ties)
    return ranks, np.maximum(ties, 1)  # a score that is not a number equals nothing, not even itself


def _intruding(ranks: IntArray, ties: IntArray, k: int) -> npt.NDArray[np.float64]:
    """Return by how much the rank of a map neighbour exceeds k, on average over all orders of those at its distance.

    Of a collapsed embedding every order is as true as another, and no map of it is better than chance.
    """
    last = np.maximum(0, ranks + ties - k)
    before = np.maximum(0, ranks - k)
    return np.asarray((last * (last + 1) - before * (before + 1)) / (2 * ties), np.float64)


def fidelity(
    x: FloatArray, xy: FloatArray, lift: Lift, *, neighbours: int = 15, sample: int = 500, seed: int = 0
) -> Fidelity | None:
    """Return trustworthiness (Venna and Kaski, 2001) and the share of true neighbours that the map keeps.

    Parameters
    ----------
    x: (M, D) embeddings; xy: (M, 2) their places on the map.
    neighbours: k; fewer where there are fewer than 2 k items.
    sample: how many items are asked; each against all.

    Items at equal distances count on average over all their orders, so that a tie is not taken for a neighbour kept.
    Returns None for fewer than four items, of which nothing can be said.
    """
    rows = len(x)
    k = min(neighbours, (rows - 1) // 2)
    if k < 1 or rows < 4:
        return None
    vectors = finite(x)
    items = lift.lift_item(vectors)
    asked = items if lift.flat else lift.lift_query(vectors)
    l2 = lift.metric == "l2"
    if l2:
        items = asked = items - items.mean(axis=0)
    chosen = np.sort(np.random.default_rng(seed).permutation(rows)[:sample])
    named = map_neighbours(finite(xy), k, chosen)
    bias = np.einsum("ij,ij->i", items, items) / np.float32(2) if l2 else np.zeros(rows, np.float32)
    ranks, ties = _ranks(asked[chosen], items, bias, chosen, named)
    worst = len(chosen) * k * (2 * rows - 3 * k - 1) / 2
    return Fidelity(
        trustworthiness=float(1 - _intruding(ranks, ties, k).sum() / worst),
        preserved=float((np.clip(k - ranks, 0, ties) / ties).mean()),
        neighbours=k,
        sample=len(chosen),
    )


@nb.njit(nogil=True, cache=True)
def _share_kept(near: IntArray, named: IntArray, out: FloatArray) -> None:
    """Write for every row which share of its true neighbours (M, k) is among those on the map (M, k)."""
    k = near.shape[1]
    for i in range(near.shape[0]):
        true, kept = 0, 0
        for j in range(k):
            if near[i, j] >= 0:
                true += 1
                for other in range(k):
                    if named[i, other] == near[i, j]:
                        kept += 1
                        break
        out[i] = kept / true if true > 0 else np.nan


def item_fidelity(near: IntArray, xy: FloatArray) -> FloatArray:
    """Return the share of the true neighbours of every item that are among its k nearest on the map, (M,) float32.

    Parameters
    ----------
    near: (M, k) rows of the k true neighbours, in any order; -1 where there are fewer.
    xy: (M, 2) places on the map.

    NaN where an item has no true neighbour.
    """
    out = np.empty(len(near), np.float32)
    _share_kept(read_only(np.asarray(near, np.int64)), map_neighbours(xy, near.shape[1]), out)
    return out
