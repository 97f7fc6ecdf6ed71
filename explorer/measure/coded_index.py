"""Nearly the nearest items by codes in cells, of which the best are compared truly: for a million items and more."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.types import RECALL_OF, RECALL_SAMPLE, BoolArray, FloatArray, IntArray
from explorer.measure.codes import Codes
from explorer.measure.flat_index import exactly, rows_among, without
from explorer.measure.kernels import read_only, score_all
from explorer.measure.lifted_items import nearest_first, true_distances
from explorer.measure.lifts import Lift
from explorer.measure.mapped_rows import PIECE, MappedRows
from explorer.measure.pairs import never

_AT_ONCE = 32
"""Queries whose candidates are compared together."""

_SCANNED = 0.003
_SCANNED_ROWS = 10_000
"""Share of the items, and number, up to which a filter leaves so few that all of them are compared."""

_STALE = 0.5
"""Share of the items that may be new or changed before the cells are made anew."""

_WANTED = 0.99
_FIRST_CELLS = 25
"""One in so many cells is looked into at first; twice as many as long as the recall is less than wanted."""
_LITTLE, _WIDEST = 0.005, 16
"""Where more cells raise the recall by less, more candidates are compared; up to so many times as many as usual."""


class Known(NamedTuple):
    """The codes of items, and what it takes to find these.

    ``cells`` are looked into, ``wider`` times as many candidates as usual are compared, and ``recall`` is the share of
    the nearest that is found then.
    """

    codes: Codes
    cells: int
    wider: int
    recall: float


class CodedIndex:
    """An approximate ``Index``; see there for what its methods take and return.

    Codes say which items may be near, a few hundred of these are compared with the query as they are. It looks into as
    many cells as give the wanted recall, of a filter into the more the fewer items this leaves. ``known``: what was
    found out of these very items before.
    """

    exact = False

    def __init__(
        self,
        items: npt.ArrayLike,
        lift: Lift,
        *,
        threads: int = 1,
        known: Known | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        self.lift = lift
        self._rows = MappedRows(items, lift)
        self._threads, self._cancelled, self._changed = threads, cancelled, 0
        if known is None:
            self._make()
        else:
            self._codes, self._cells, self._wider, self._recall = known

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def recall(self) -> float:
        """Share of the nearest items that it finds, of some that are asked exactly as well."""
        return self._recall

    @property
    def known(self) -> Known:
        """What another index of the same items needs not find out."""
        return Known(self._codes, self._cells, self._wider, self._recall)

    def search(
        self, x: npt.ArrayLike, k: int, *, exclude: npt.ArrayLike | None = None, among: npt.ArrayLike | None = None
    ) -> tuple[IntArray, FloatArray]:
        """Return nearly the k nearest items of each query, nearest first, equal distances by index."""
        asked = read_only(self.lift.lift_query(x))
        left_out = np.full(len(asked), -1) if exclude is None else np.asarray(exclude, np.int64)
        allowed, count = _allowed(among, len(self))
        if allowed is not None and count <= max(_SCANNED * len(self), _SCANNED_ROWS):
            return self._scanned(asked, k, left_out, np.flatnonzero(allowed))
        parts = [
            self._found(asked[first : first + _AT_ONCE], k, left_out[first : first + _AT_ONCE], allowed, count)
            for first in range(0, max(1, len(asked)), _AT_ONCE)
        ]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def distances(self, x: npt.ArrayLike) -> FloatArray:
        """Return the true distance (M,) of every item from one query."""
        asked = read_only(self.lift.lift_query(np.reshape(np.asarray(x), (1, -1))))
        scores = np.empty(len(self), np.float32)
        for start, rows in self._rows.pieces():
            score_all(asked[0], rows, self.lift.metric == "l2", scores[start : start + len(rows)])
        return self.lift.to_distance(scores)

    def add(self, x: npt.ArrayLike) -> None:
        """Put items (A, D) behind the others."""
        rows = self._rows.add(x)
        if not self._made_anew(len(rows)):
            self._codes.add(rows, self._rows.take(rows))

    def replace(self, rows: npt.ArrayLike, x: npt.ArrayLike) -> None:
        """Give the items of some rows (R,) new embeddings (R, D)."""
        chosen = np.asarray(rows, np.int64)
        self._rows.replace(chosen, x)
        if not self._made_anew(len(chosen)):
            self._codes.replace(chosen, self._rows.take(chosen))

    def follow(self, items: npt.ArrayLike, moved: IntArray | None = None) -> int:
        """Take as many items (M, D) as they are now; make codes of those that differ, and return how many these are.

        What was given before is let go. ``moved``: the rows (K,) that may differ from what codes were made of, where
        that was written over and so cannot be compared any more.
        """
        before, self._rows = self._rows, MappedRows(items, self.lift)
        differing = before.differing(self._rows) if moved is None else moved
        if not self._made_anew(len(differing)) and len(differing):
            self._codes.replace(differing, self._rows.take(differing))
            self._tune()
        return len(differing)

    def _make(self) -> None:
        """Make the codes anew."""
        self._changed = 0
        self._codes = Codes.of(self._rows, by_l2(self.lift), threads=self._threads, cancelled=self._cancelled)
        self._cells, self._wider = max(1, self._codes.cells // _FIRST_CELLS), 1
        self._tune()

    def _tune(self) -> None:
        """Look into so many cells, and compare so many candidates, that the wanted recall is reached."""
        probes = np.random.default_rng(0).choice(len(self), min(RECALL_SAMPLE, len(self)), replace=False)
        x = self._rows.raw(probes)
        true = self._exactly(read_only(self.lift.lift_query(x)), RECALL_OF, probes)
        self._recall = self._recall_of(x, probes, true)
        while self._recall < _WANTED and (self._cells < self._codes.cells or self._wider < _WIDEST):
            before, self._cells = self._recall, min(2 * self._cells, self._codes.cells)
            self._recall = self._recall_of(x, probes, true)
            if self._recall < before + _LITTLE:  # it is not in other cells, but its code says that it is farther
                self._wider = min(2 * self._wider, _WIDEST)

    def _recall_of(self, x: FloatArray, probes: IntArray, true: FloatArray) -> float:
        """Return the share of true neighbours found, whose distances are ``true`` (P, n)."""
        found = self.search(x, true.shape[1], exclude=probes)[1]
        return float((found <= true[:, -1:]).mean())  # one as near as the last is as good as it

    def _made_anew(self, changed: int) -> bool:
        """Note that so many items are new or changed; make all anew where the cells fit too few of the items."""
        self._changed += changed
        if self._changed <= _STALE * len(self):
            return False
        self._make()
        return True

    def _found(
        self, asked: FloatArray, k: int, left_out: IntArray, allowed: BoolArray | None, count: int
    ) -> tuple[IntArray, FloatArray]:
        """Search for some lifted queries (Q, D'), of the ``count`` rows that are allowed."""
        wide = min(count, self._wider * max(200, min(20 * k, 2 * k + 1_800)))
        cells = int(np.ceil(self._cells * np.sqrt(len(self) / count)))
        found = self._codes.nearest(asked, wide, cells, allowed)
        short = np.flatnonzero((found >= 0).sum(axis=1) < min(k + 1, wide))
        if len(short):  # too few of them lie in these cells: in all
            found[short] = self._codes.nearest(asked[short], wide, self._codes.cells, allowed)
        rows, at = np.unique(found, return_inverse=True)
        held = self._rows.take(np.maximum(rows, 0))
        distances = true_distances(self.lift, asked, held, np.where(found >= 0, at.reshape(found.shape), -1))
        return exactly(k, *without(found, distances, left_out))

    def _scanned(self, asked: FloatArray, k: int, left_out: IntArray, rows: IntArray) -> tuple[IntArray, FloatArray]:
        """Compare lifted queries (Q, D') with all of some rows, ascending."""
        found = np.full((len(asked), 0), -1, np.int64), np.empty((len(asked), 0), np.float32)
        for start in range(0, len(rows), PIECE):
            some = rows[start : start + PIECE]
            held = self._rows.take(some)
            near = np.full((len(asked), min(k + 1, len(some))), -1, np.int64)
            for query in range(len(asked)):
                score = np.empty(len(some), np.float32)
                score_all(asked[query], held, self.lift.metric == "l2", score)
                near[query] = np.argsort(self.lift.to_distance(score), kind="stable")[: near.shape[1]]
            at = true_distances(self.lift, asked, held, near)
            found = exactly(k + 1, *nearest_first(np.hstack([found[0], some[near]]), np.hstack([found[1], at])))
        return exactly(k, *without(*found, left_out))

    def _exactly(self, asked: FloatArray, k: int, left_out: IntArray) -> FloatArray:
        """Return the true distances (Q, n) of the k nearest items, or of fewer where there are no more."""
        import faiss

        faiss.omp_set_num_threads(self._threads)
        found = np.full((len(asked), 0), -1, np.int64), np.empty((len(asked), 0), np.float32)
        metric = faiss.METRIC_L2 if self.lift.metric == "l2" else faiss.METRIC_INNER_PRODUCT
        for start, rows in self._rows.pieces():
            near = np.asarray(
                faiss.knn(np.asarray(asked), np.asarray(rows), min(k + 1, len(rows)), metric=metric)[1], np.int64
            )
            at = true_distances(self.lift, asked, rows, near)
            near[near >= 0] += start
            found = exactly(k + 1, *nearest_first(np.hstack([found[0], near]), np.hstack([found[1], at])))
        return without(*found, left_out)[1][:, : min(k, len(self) - 1)]


def _allowed(among: npt.ArrayLike | None, count: int) -> tuple[BoolArray | None, int]:
    """Return which of ``count`` items a filter lets through, and how many; None: all of them."""
    if among is None:
        return None, count
    chosen = np.asarray(among)
    if chosen.dtype == np.bool_ and chosen.shape == (count,):
        return chosen, int(np.count_nonzero(chosen))
    rows = rows_among(chosen, count)
    allowed = np.zeros(count, np.bool_)
    allowed[rows] = True
    return allowed, int(np.count_nonzero(allowed))


def by_l2(lift: Lift) -> bool:
    """Return whether codes are compared by L2: also of vectors of one length, whose largest product is the nearest."""
    return lift.metric == "l2" or lift.flat
