"""What an index is: items that can be asked for the nearest ones to a query, all of them or those of a filter."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.lifts import Lift

EXACT_UP_TO = 1_000_000
"""Items up to which an index compares a query with all of them unless it is told otherwise."""

FEWEST_CELLED = 1_000
"""Items below which no index is approximate."""


class Index(Protocol):
    """M items that are searched by a distance. Safe to ask from several threads, but not while it is changed."""

    @property
    def lift(self) -> Lift:
        """The distance."""
        ...

    @property
    def exact(self) -> bool:
        """Whether what it finds is always the nearest."""
        ...

    @property
    def recall(self) -> float:
        """Share of the truly nearest items that it finds: 1 where it is exact, else measured on some of the items."""
        ...

    def __len__(self) -> int:
        """How many items there are."""
        ...

    def search(
        self, x: npt.ArrayLike, k: int, *, exclude: npt.ArrayLike | None = None, among: npt.ArrayLike | None = None
    ) -> tuple[IntArray, FloatArray]:
        """Return the k nearest items of each query, nearest first, equal distances by index.

        Parameters
        ----------
        x: (Q, D) queries.
        k: how many; beyond the number of items, rows end in index -1 and distance infinity.
        exclude: (Q,) for each query an item that is left out, usually itself; -1: none.
        among: the items that may be found: (M,) bool, or their rows in any order; None: all of them. The search looks
            only at these, so that k of them are found however few they are.

        Returns
        -------
        indices (Q, k) int64 and true distances (Q, k) float32.
        """
        ...

    def distances(self, x: npt.ArrayLike) -> FloatArray:
        """Return the true distance (M,) float32 of every item from one query (D,) or (1, D)."""
        ...

    def add(self, x: npt.ArrayLike) -> None:
        """Put items (A, D) behind the others."""
        ...

    def replace(self, rows: npt.ArrayLike, x: npt.ArrayLike) -> None:
        """Give the items of some rows (R,), each named once, new embeddings (R, D).

        Raises
        ------
        IndexError: if there is no such row.
        """
        ...


def build_index(items: npt.ArrayLike, lift: Lift, *, exact: bool | None = None, threads: int = 1) -> Index:
    """Return an index of items (M, D).

    Parameters
    ----------
    lift: the distance.
    exact: compare with every item; False: by codes in cells; None: exact up to a million items.
    threads: how many OpenMP threads faiss may use for large batches of queries.
    """
    from explorer.measure.coded_index import CodedIndex
    from explorer.measure.flat_index import FlatIndex

    kind = CodedIndex if by_codes(len(np.asarray(items)), exact) else FlatIndex
    return kind(items, lift, threads=threads)


def by_codes(count: int, exact: bool | None = None) -> bool:
    """Return whether so many items are searched approximately; ``exact`` as for ``build_index``."""
    return not exact and count >= FEWEST_CELLED and (exact is False or count > EXACT_UP_TO)
