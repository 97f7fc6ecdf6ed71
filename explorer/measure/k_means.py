"""Lloyd's k-means, which asks again only those items that may have come nearer to another centre."""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.spread import spread

_ROWS = 512
SPREAD_AMONG, SPREAD_EACH = 4096, 8
"""Rows among which first centres are drawn: so many, or so many for each centre."""
STARTS, FEW = 4, 64
"""So often first centres are drawn where they are few."""
_ROUNDING = np.float32(1e-5)


def lloyd(x: FloatArray, centres: FloatArray, iterations: int, *, threads: int = 1, seed: int = 0) -> IntArray:
    """Return the nearest centre (M,) of every row of ``x`` (M, D) after some iterations that begin at ``centres``.

    An item stays where it is while the nearest centre, with all that it has moved, is nearer than the second with all
    that any has (Hamerly, Making k-means even faster, SDM 2010). A centre that loses all its items begins anew at one
    that is drawn by ``seed``.
    """
    from scipy.sparse import csr_matrix  # as scipy is imported everywhere: when it is used

    generator = np.random.default_rng(seed)
    own = np.zeros(len(x), np.int64)
    upper, lower = np.full(len(x), np.inf, np.float32), np.zeros(len(x), np.float32)
    norms = np.einsum("ij,ij->i", x, x)
    slack = _ROUNDING * np.sqrt(norms.max(initial=0))
    for _ in range(iterations):
        _assign(x, centres, norms, np.flatnonzero(upper + slack >= lower), own, upper, lower, threads)
        sizes = np.bincount(own, minlength=len(centres))
        members = csr_matrix((np.ones(len(x), np.float32), (own, np.arange(len(x)))), shape=(len(centres), len(x)))
        means = np.asarray((members @ x) / np.maximum(sizes, 1)[:, None], np.float32)
        empty = np.flatnonzero(sizes == 0)
        means[empty] = x[generator.integers(len(x), size=len(empty))]
        moved = np.linalg.norm(means - centres, axis=1)
        centres = means
        upper += moved[own]
        lower -= moved.max()
        if not moved.any():
            break
    _assign(x, centres, norms, np.flatnonzero(upper + slack >= lower), own, upper, lower, threads)
    return own


def spread_rows(x: FloatArray, count: int, seed: int) -> IntArray:
    """Return ``count`` rows of ``x`` (M, D) far from each other, at which k-means may begin.

    The next one is drawn by the squared distance to the nearest of those before (Arthur and Vassilvitskii, k-means++,
    SODA 2007), the best of some draws; of many rows a sample is drawn from. Few are drawn several times, and those
    kept to which all are nearest.
    """
    generator = np.random.default_rng(seed)
    among = generator.permutation(len(x))[: max(SPREAD_AMONG, SPREAD_EACH * count)]
    rows = np.asarray(x[among], np.float32)
    starts = [_spread(rows, count, generator) for _ in range(STARTS if count <= FEW else 1)]
    chosen: IntArray = among[min(starts, key=lambda start: start[1])[0]]
    return chosen


def _spread(rows: FloatArray, count: int, generator: np.random.Generator) -> tuple[IntArray, float]:
    """Return places among some rows, and the sum of the squared distances of all to the nearest of these."""
    norms = np.einsum("ij,ij->i", rows, rows)
    trials = 2 + int(np.log(count))

    def squares(chosen: IntArray) -> FloatArray:
        found: FloatArray = np.maximum(norms[chosen, None] + norms - 2 * (rows[chosen] @ rows.T), np.float32(0))
        return found

    found = [int(generator.integers(len(rows)))]
    nearest = squares(np.array(found))[0]
    while len(found) < count:
        sums = np.cumsum(nearest, dtype=np.float64)
        drawn = np.searchsorted(sums, generator.random(trials) * sums[-1]) if sums[-1] > 0 else np.zeros(1, np.int64)
        drawn = np.minimum(drawn, len(rows) - 1)
        after = np.minimum(nearest, squares(drawn))
        best = int(after.sum(axis=1).argmin())
        found.append(int(drawn[best]))
        nearest = after[best]
    return np.array(found), float(nearest.sum())


def _assign(
    x: FloatArray,
    centres: FloatArray,
    norms: FloatArray,
    rows: IntArray,
    own: IntArray,
    upper: FloatArray,
    lower: FloatArray,
    threads: int,
) -> None:
    """Write the nearest centre of some rows, the distance to it and to the second nearest."""
    bias = np.einsum("ij,ij->i", centres, centres) / np.float32(2)

    def work(part: slice) -> None:
        for start in range(0, len(rows), _ROWS)[part]:
            some = rows[start : start + _ROWS]
            _two_nearest(x[some] @ centres.T, bias, norms[some], some, own, upper, lower)

    spread(work, -(-len(rows) // _ROWS), threads)


@nb.njit(nogil=True, cache=True)
def _two_nearest(
    products: FloatArray,
    bias: FloatArray,
    norms: FloatArray,
    rows: npt.NDArray[np.int64],
    own: IntArray,
    upper: FloatArray,
    lower: FloatArray,
) -> None:
    """Write which centre is nearest of products (B, C), and the distances to it and to the second nearest."""
    for r in range(products.shape[0]):
        best, second, nearest = np.float32(np.inf), np.float32(np.inf), 0
        for c in range(products.shape[1]):
            score = bias[c] - products[r, c]
            if score < second:
                if score < best:
                    best, second, nearest = score, best, c
                else:
                    second = score
        own[rows[r]] = nearest
        upper[rows[r]] = np.sqrt(max(np.float32(0), norms[r] + np.float32(2) * best))
        lower[rows[r]] = np.sqrt(max(np.float32(0), norms[r] + np.float32(2) * second))
