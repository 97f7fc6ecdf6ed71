"""More items than can be laid out at once: some of them are landmarks, and the rest go where these go.

Landmarks as in de Silva and Tenenbaum, Global versus local methods in nonlinear dimensionality reduction, 2002; what
follows them feels the forces of UMAP's transform (McInnes, Healy and Melville, 2018), a part of them in each epoch.
"""

from __future__ import annotations

from collections.abc import Callable

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.bulk_search import nearest_among
from explorer.measure.kernels import FAST
from explorer.measure.lifts import Lift
from explorer.projection.change import renewed_rows
from explorer.projection.graph import Int32Array, categories, from_zero, memberships
from explorer.projection.motion import BOUND, clipped, force_of

NEIGHBOURS = 5
"""How many landmarks an item follows."""

_SLICES = 4  # an item feels forces in every fourth epoch
_DRAWN_IN = 0.2  # by what share of the step size an item comes nearer to the mean of its landmarks in each epoch
_IN_HASTE = 0.6  # the same of an item that follows others than before


def landmark_rows(items: IntArray, count: int, seed: int) -> IntArray:
    """Return which rows (count,) of the items (M,) are landmarks, ascending: those whose numbers hash lowest.

    A random choice that depends on the items only: it stays when the snapshot changes, and nearly so when items come.
    """
    h = items.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64, Steele et al., 2014
        h = (h ^ (h >> np.uint64(shift))) * np.uint64(factor)
    h ^= h >> np.uint64(31)
    return np.sort(np.argpartition(h, count - 1)[:count])


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _follow(
    xy: FloatArray,
    near: Int32Array,
    weights: FloatArray,
    now: FloatArray,
    before: FloatArray,
    drawn: np.float32,
    in_haste: np.float32,
    pace: FloatArray,
) -> None:
    """Move points (R, 2) as their landmarks moved in the mean, and by the share ``drawn`` of the way to their mean.

    Those of a ``pace`` (R,) above 1 are drawn by the share ``in_haste`` more for every 1 above.
    """
    for i in range(xy.shape[0]):
        if pace[i] <= 0 or near[i, 0] < 0:
            continue
        dx, dy = np.float32(0), np.float32(0)
        mx, my = np.float32(0), np.float32(0)
        for j in range(near.shape[1]):
            k, w = near[i, j], weights[i, j]
            if k >= 0:
                dx += w * (now[k, 0] - before[k, 0])
                dy += w * (now[k, 1] - before[k, 1])
                mx += w * now[k, 0]
                my += w * now[k, 1]
        x, y = xy[i, 0] + dx, xy[i, 1] + dy
        share = drawn + in_haste * max(np.float32(0), pace[i] - np.float32(1))
        xy[i, 0], xy[i, 1] = x + share * (mx - x), y + share * (my - y)


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _refine(
    xy: FloatArray,
    near: Int32Array,
    weights: FloatArray,
    landmarks: FloatArray,
    table: FloatArray,
    rate: np.float32,
    negatives: int,
    state: npt.NDArray[np.uint64],
    pace: FloatArray,
    first: int,
    end: int,
) -> None:
    """Let the points ``first`` to before ``end`` feel the pull of their landmarks and the push of random others.

    A landmark is drawn in proportion to its weight. Between two that are laid out an edge pulls from both of its ends;
    here it has one, so it pulls twice.
    """
    points = np.uint64(landmarks.shape[0])
    limit, bound = np.float32(4), np.float32(BOUND)
    s = state[0]
    for i in range(first, end):
        if pace[i] <= 0 or near[i, 0] < 0:
            continue
        s ^= s << np.uint64(13)
        s ^= s >> np.uint64(7)
        s ^= s << np.uint64(17)
        chance = np.float32(s >> np.uint64(40)) / np.float32(1 << 24)
        j = 0
        while j < near.shape[1] - 1 and near[i, j + 1] >= 0 and chance >= weights[i, j]:
            chance -= weights[i, j]
            j += 1
        x, y, step = xy[i, 0], xy[i, 1], rate * pace[i]
        k = np.int64(near[i, j])
        dx, dy = x - landmarks[k, 0], y - landmarks[k, 1]
        force = force_of(table[0], dx * dx + dy * dy)
        x += np.float32(2) * step * clipped(force * dx, limit)
        y += np.float32(2) * step * clipped(force * dy, limit)
        away_x, away_y = np.float32(0), np.float32(0)
        for _ in range(negatives):
            s ^= s << np.uint64(13)
            s ^= s >> np.uint64(7)
            s ^= s << np.uint64(17)
            k = np.int64(((s >> np.uint64(32)) * points) >> np.uint64(32))
            dx, dy = x - landmarks[k, 0], y - landmarks[k, 1]
            force = force_of(table[1], dx * dx + dy * dy)
            away_x += clipped(force * dx, limit)
            away_y += clipped(force * dy, limit)
        xy[i, 0], xy[i, 1] = clipped(x + step * away_x, bound), clipped(y + step * away_y, bound)
    state[0] = s


class Ties:
    """Which landmarks (by their place among the landmarks) every other item follows, and how strongly.

    ``near`` (R, k) int32, -1 where there are fewer; ``weights`` (R, k) float32, their rows sum to 1.
    """

    def __init__(self, near: Int32Array, weights: FloatArray) -> None:
        self.near, self.weights = near, weights

    @classmethod
    def none(cls, rows: int) -> Ties:
        """Return those of items that follow nothing yet."""
        return cls(np.full((rows, NEIGHBOURS), -1, np.int32), np.zeros((rows, NEIGHBOURS), np.float32))

    def renumbered(self, old: tuple[IntArray, IntArray], new: tuple[IntArray, IntArray]) -> Ties:
        """Return the same ties between items numbered otherwise; each pair is (landmarks, rest), item numbers.

        Who comes, or whose landmarks are gone, follows nothing.
        """
        _, at_new, at_old = np.intersect1d(new[0], old[0], assume_unique=True, return_indices=True)
        place = np.full(len(old[0]) + 1, -1, np.int32)  # the last is that of no landmark
        place[at_old] = at_new
        moved = Ties.none(len(new[1]))
        _, rows, from_rows = np.intersect1d(new[1], old[1], assume_unique=True, return_indices=True)
        near = place[self.near[from_rows]]
        whole = (near >= 0).all(axis=1)
        moved.near[rows[whole]], moved.weights[rows[whole]] = near[whole], self.weights[from_rows[whole]]
        return moved

    def renewed(self, last: Ties) -> FloatArray:
        """Return the share (R,) of what each item follows that it did not by the ``last`` ties of the same items."""
        share = np.zeros(len(self.near), np.float32)
        every = np.arange(max(int(self.near.max(initial=-1)), int(last.near.max(initial=-1))) + 1)
        own = np.where((last.near[:, 0] >= 0), np.arange(len(last.near)), -1)
        renewed_rows(self.near, last.near, own, every, share)
        return share

    def mean(self, landmarks: FloatArray, rows: IntArray, seed: int) -> FloatArray:
        """Return the mean places (len(rows), 2) of what some follow, with a trace of noise to tell equal ones apart."""
        known = np.maximum(self.near[rows], 0)
        xy = np.einsum("rk,rkc->rc", self.weights[rows], landmarks[known])
        return np.asarray(xy + np.random.default_rng(seed).normal(scale=1e-2, size=xy.shape), np.float32)


def tie(
    x: FloatArray,
    landmarks: IntArray,
    rest: IntArray,
    lift: Lift,
    labels: IntArray | None = None,
    label_weight: float = 0.0,
    *,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Ties:
    """Tie some rows ``rest`` (R,) of embeddings (M, D) to their nearest rows among ``landmarks`` (L,).

    How strongly is what the fuzzy set says; ``labels`` (M,) pull as in ``labels_pull``.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    k = min(NEIGHBOURS, len(landmarks))
    near, distances = nearest_among(x[landmarks], x, rest, k, lift, seed=seed, cancelled=cancelled)
    weights = memberships(near, from_zero(distances), k + 1)
    if labels is not None:
        pulled = weights * categories(labels[rest][:, None], labels[landmarks][near], label_weight)
        some = pulled.sum(axis=1) > 0
        weights[some] = pulled[some]
    weights[near < 0] = 0
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return Ties(near, weights)


class Followers:
    """Moves the items that are no landmarks: all of them with their landmarks, a slice of them by their own forces.

    ``ties``: of all of them; ``xy`` (R, 2): where they are; ``pace`` (R,): as in ``run_epoch``.
    """

    def __init__(self, table: FloatArray, negatives: int, seed: int) -> None:
        self.ties = Ties.none(0)
        self.xy: FloatArray = np.empty((0, 2), np.float32)
        self.pace: FloatArray = np.empty(0, np.float32)
        self._table, self._negatives = table, negatives
        self._state = np.array([(seed * 2654435761 + 88172645463325252) % 2**64], np.uint64)
        self._turn = 0

    def move(self, now: FloatArray, before: FloatArray, rate: np.float32, *, calm: bool) -> None:
        """Follow the landmarks from ``before`` (L, 2) to ``now``, and move the next slice by a step of ``rate``."""
        drawn, in_haste = np.float32(0 if calm else _DRAWN_IN) * rate, np.float32(_IN_HASTE) * rate
        near, weights = self.ties.near, self.ties.weights
        _follow(self.xy, near, weights, now, before, drawn, in_haste, self.pace)
        first = len(self.xy) * self._turn // _SLICES
        end = len(self.xy) * (self._turn + 1) // _SLICES
        self._turn = (self._turn + 1) % _SLICES
        _refine(
            self.xy, near, weights, now, self._table, rate, self._negatives, self._state, self.pace, first, end
        )  # fmt: skip
