"""How far a map can be trusted, measured on a sample of its items against all the others."""

from __future__ import annotations

import numba as nb
import numpy as np

from explorer.core.types import Fidelity, FloatArray, IntArray
from explorer.measure.kernels import read_only
from explorer.measure.lifts import Lift
from explorer.projection.map_neighbours import map_neighbours
from explorer.projection.pca import finite

_BLOCK_BYTES = 16 << 20


@nb.njit(nogil=True, cache=True)
def _count_nearer(products: FloatArray, bias: FloatArray, own: IntArray, named: IntArray, ranks: IntArray) -> None:
    """Write how many other items score less than each of the ``named`` (B, k); a score is ``bias - products``."""
    k = named.shape[1]
    limits = np.empty(k, np.float32)
    places = np.empty(k, np.int64)
    for row in range(own.shape[0]):
        for j in range(k):  # insertion sort: the furthest of the few is all that most items are compared with
            score = bias[named[row, j]] - products[row, named[row, j]]
            place = j
            while place > 0 and limits[place - 1] > score:
                limits[place], places[place] = limits[place - 1], places[place - 1]
                place -= 1
            limits[place], places[place] = score, j
        ranks[row] = 0
        for i in range(bias.shape[0]):
            score = bias[i] - products[row, i]
            if score < limits[k - 1] and i != own[row]:
                for j in range(k - 1, -1, -1):
                    if not score < limits[j]:
                        break
                    ranks[row, places[j]] += 1


def fidelity(
    x: FloatArray, xy: FloatArray, lift: Lift, *, neighbours: int = 15, sample: int = 500, seed: int = 0
) -> Fidelity | None:
    """Return trustworthiness (Venna and Kaski, 2001) and the share of true neighbours that the map keeps.

    Parameters
    ----------
    x: (M, D) embeddings; xy: (M, 2) their places on the map.
    neighbours: k; fewer where there are fewer than 2 k items.
    sample: how many items are asked; each against all.

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
    ranks = np.empty(named.shape, np.int64)
    size = max(1, _BLOCK_BYTES // (4 * rows))
    for start in range(0, len(chosen), size):
        part = slice(start, start + size)
        products = asked[chosen[part]] @ items.T
        _count_nearer(products, bias, chosen[part], named[part], ranks[part])
    intruding = np.maximum(0, ranks + 1 - k)  # by how much the rank of a map neighbour exceeds k
    worst = len(chosen) * k * (2 * rows - 3 * k - 1) / 2
    return Fidelity(
        trustworthiness=float(1 - intruding.sum() / worst),
        preserved=float((ranks < k).mean()),
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
