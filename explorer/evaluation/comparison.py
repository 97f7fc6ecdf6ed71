"""Which pairs of items are compared, and how far apart they are: drawn at random, or those that a file names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled, UserError, printable
from explorer.core.types import UNLABELLED, BoolArray, FloatArray, IntArray
from explorer.core.words import several
from explorer.measure.histograms import different_pairs, same_pairs, turned
from explorer.measure.lifts import Lift
from explorer.measure.pairs import never

PAIRS = 1_000_000
CHUNK = 65_536
GENUINE = frozenset({"", "1", "true", "yes", "genuine", "original", "real"})
FORGED = frozenset({"0", "false", "no", "forged", "forgery", "fake"})


class GivenPairs(NamedTuple):
    """Pairs of rows (P, 2) that a file names, whether the two are the same (P,), and in which fold (P,), 0: in none."""

    rows: IntArray
    same: BoolArray
    folds: IntArray


class Compared(NamedTuple):
    """Pairs of rows, ``same`` (P, 2) and ``different`` (Q, 2), with their distances ``near`` (P,) and ``far`` (Q,)."""

    same: IntArray
    different: IntArray
    near: FloatArray
    far: FloatArray


@dataclass(frozen=True, slots=True)
class Comparison:
    """Embeddings ``x`` (M, D) of ``classes`` (M,) whose pairs are compared by ``lift``.

    Attributes
    ----------
    across: (M,) codes of a condition (camera, medium); where given, only pairs under two conditions count.
    within: (M,) codes of what both of a pair must share (the name that was signed), which makes different pairs harder.
    given: the pairs that are compared; None: up to ``pairs`` of either sort, every pair equally likely.
    """

    x: FloatArray
    classes: IntArray
    lift: Lift
    across: IntArray | None = None
    within: IntArray | None = None
    given: GivenPairs | None = None
    pairs: int = PAIRS
    seed: int = 0
    cancelled: Callable[[], bool] = never

    def among(self, rows: IntArray | None = None) -> Compared:
        """Compare the pairs among some rows; among all that have a class if None.

        Raises
        ------
        UserError: if there are no pairs of either sort. Cancelled: if ``cancelled()`` turns true.
        """
        generator = np.random.default_rng(self.seed)
        same, different = self._drawn(rows, generator) if self.given is None else self._given(self.given, rows)
        if not len(same) or not len(different):
            one, two = several(len(same), "pair"), several(len(different), "pair")
            raise UserError(
                f"{one} of one class and {two} of two classes are too few to be told apart",
                remedy="Hold out items of several classes, with two or more each",
            )
        if self.lift.asymmetric and self.given is None:
            same, different = turned(same, generator), turned(different, generator)
        queries, items = self.lift.lift_query(self.x), self.lift.lift_item(self.x)
        near, far = (pair_distances(queries, items, p, self.lift, self.cancelled) for p in (same, different))
        return Compared(same, different, near, far)

    def _drawn(self, rows: IntArray | None, generator: np.random.Generator) -> tuple[IntArray, IntArray]:
        kept = np.flatnonzero(self.classes != UNLABELLED) if rows is None else rows
        same = kept[same_pairs(self.classes[kept], self.pairs, generator)]
        different = kept[different_pairs(self.classes[kept], self.pairs, generator)]
        if (code := self.across) is not None:
            same, different = (p[code[p[:, 0]] != code[p[:, 1]]] for p in (same, different))
        if (code := self.within) is not None:
            same, different = (p[code[p[:, 0]] == code[p[:, 1]]] for p in (same, different))
        return same, different

    def _given(self, given: GivenPairs, rows: IntArray | None) -> tuple[IntArray, IntArray]:
        among = np.full(len(self.classes), rows is None, np.bool_)
        among[[] if rows is None else rows] = True
        kept = among[given.rows].all(axis=1)
        return given.rows[kept & given.same], given.rows[kept & ~given.same]


def codes_of(values: npt.ArrayLike | None) -> IntArray | None:
    """Return a number (M,) for each distinct value, or None for None."""
    return None if values is None else np.unique(np.asarray(values), return_inverse=True)[1]


def told_apart(labels: npt.ArrayLike, genuine: npt.ArrayLike | None) -> IntArray:
    """Return the classes (M,) with every forgery in a class of its own: it is nobody's, not even another forger's.

    Parameters
    ----------
    genuine: (M,) what the column says of each item, such as 1 or 0, true or false, genuine or forged; None: all are.

    Raises
    ------
    UserError: if it says something else.
    """
    classes = np.array(labels, np.int64)
    if genuine is None:
        return classes
    said = np.array([str(text).strip().lower() for text in np.asarray(genuine)])
    for other in set(said.tolist()) - GENUINE - FORGED:
        raise UserError(f"The column of the genuine ones says {printable(other)!r}", remedy="Write 1, 0, true or false")
    forged = np.flatnonzero(np.isin(said, sorted(FORGED)) & (classes != UNLABELLED))
    classes[forged] = classes.max(initial=0) + 1 + np.arange(len(forged))
    return classes


def pair_distances(
    queries: FloatArray, items: FloatArray, pairs: IntArray, lift: Lift, cancelled: Callable[[], bool] = never
) -> FloatArray:
    """Return the distances (P,) of pairs of rows (P, 2) of lifted ``queries`` and ``items``.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    out = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), CHUNK):
        if cancelled():
            raise Cancelled
        first, second = queries[pairs[start : start + CHUNK, 0]], items[pairs[start : start + CHUNK, 1]]
        if lift.metric == "l2":
            out[start : start + CHUNK] = np.square(first - second).sum(axis=1)
        else:
            out[start : start + CHUNK] = np.einsum("ij,ij->i", first, second)
    return lift.to_distance(out)
