"""What became of each query between two embeddings of the same items: fixed, broken, other neighbours, which classes.

A query is right where the nearest of what it asks has its class, as recall@1 counts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.types import BoolArray, IntArray
from explorer.evaluation.bootstrap import paired_bootstrap
from explorer.evaluation.mcnemar import McNemar, holm, mcnemar, mcnemar_p, paired_share_interval
from explorer.evaluation.paired import Paired
from explorer.evaluation.protocol import Effort, Sample
from explorer.evaluation.rankings import DCG_DEPTH, Asking, Doubles, figures_of, rank
from explorer.evaluation.retrieval import asking_of, query_and_gallery

FIGURES = ("map@r", "r_precision", "mrr", f"ndcg@{DCG_DEPTH}")
"""What is compared by the bootstrap beside recall@1."""

NEIGHBOURS = 10
ROLES = ("split", "query", "gallery")


class ClassChange(NamedTuple):
    """What became of the queries of a class: see ``McNemar``; ``p`` is corrected for how many classes there are."""

    label: int
    queries: int
    fixed: int
    broken: int
    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class QueryChanges:
    """What became of ``queries`` (Q,), rows of both samples, between the first embedding ``a`` and the second ``b``.

    Attributes
    ----------
    right_a, right_b: (Q,) whether the nearest item has the class of the query.
    nearest_a, nearest_b: (Q, K) rows of the nearest items, nearest first, -1 where there are no more.
    recall: McNemar's test of recall@1. figures: the others with bootstrapped intervals, by name.
    classes: of each class with a query what it gained, that which gained most first.
    """

    queries: IntArray
    right_a: BoolArray
    right_b: BoolArray
    nearest_a: IntArray
    nearest_b: IntArray
    recall: McNemar
    figures: Mapping[str, Paired]
    classes: tuple[ClassChange, ...]

    @property
    def fixed(self) -> IntArray:
        """Rows of the queries that are right in the second alone."""
        return self.queries[self.right_b & ~self.right_a]

    @property
    def broken(self) -> IntArray:
        """Rows of the queries that are right in the first alone."""
        return self.queries[self.right_a & ~self.right_b]

    @property
    def neighbours_changed(self) -> Doubles:
        """The share (Q,) of the nearest items in the first that are not among the nearest in the second."""
        there = self.nearest_a >= 0
        kept = (self.nearest_a[:, :, None] == self.nearest_b[:, None, :]).any(axis=2) & there
        changed: Doubles = 1 - kept.sum(axis=1) / np.maximum(1, there.sum(axis=1))
        return changed


def query_changes(
    a: Sample, b: Sample, effort: Effort, *, neighbours: int = NEIGHBOURS, roles: tuple[str, str, str] = ROLES
) -> QueryChanges:
    """Ask two embeddings of the same items in the same order the same, each query by itself.

    ``roles``: the column that says who asks and who is asked, and its words for queries and for the gallery, as of the
    protocol retrieval; where the data have no such column each item asks all others.

    Raises
    ------
    UserError: if no item can be asked. Cancelled: if ``effort.cancelled()`` turns true.
    """
    parts = query_and_gallery(a, *roles)
    kept, _, asking = asking_of(a.labels, parts)
    if not len(asking.queries):
        raise UserError("No held-out item has another of its class", remedy="Hold out two items or more of each class")
    places = kept if asking.among is None else kept[asking.among]
    near_a, figures_a = _asked(a, kept, asking, neighbours, effort)
    near_b, figures_b = _asked(b, kept, asking, neighbours, effort)
    right_a, right_b = (figures["recall@1"] > 0 for figures in (figures_a, figures_b))
    figures = {
        name: paired_bootstrap(
            figures_a[name], figures_b[name], asking.asked, seed=effort.seed, cancelled=effort.cancelled
        )
        for name in FIGURES
    }
    nearest_a, nearest_b = (np.where(near < 0, -1, places[near]) for near in (near_a, near_b))
    queries, labels = kept[asking.queries], np.asarray(a.labels, np.int64)
    classes = class_changes(labels[queries], right_a, right_b)
    return QueryChanges(queries, right_a, right_b, nearest_a, nearest_b, mcnemar(right_a, right_b), figures, classes)


def _asked(
    sample: Sample, kept: IntArray, asking: Asking, neighbours: int, effort: Effort
) -> tuple[npt.NDArray[np.int32], dict[str, Doubles]]:
    """Return the nearest items (Q, K) of each query, as places among those that are asked, and the figures (Q,)."""
    depth = max(neighbours, DCG_DEPTH)
    ranked = rank(
        sample.x[kept], sample.lift, asking, depth, whole=True, threads=effort.threads, cancelled=effort.cancelled
    )
    return ranked.nearest[:, :neighbours], figures_of(ranked, asking, (1,), True)


def class_changes(labels: IntArray, right_a: BoolArray, right_b: BoolArray) -> tuple[ClassChange, ...]:
    """Return what each class gained, that which gained most first, given the class (Q,) of each query."""
    classes, codes = np.unique(labels, return_inverse=True)
    queries, both, fixed, broken = (
        np.bincount(codes, which, minlength=len(classes)).astype(np.int64)
        for which in (None, right_a & right_b, right_b & ~right_a, right_a & ~right_b)
    )
    low, high = paired_share_interval(both, fixed, broken, queries)
    p = holm([mcnemar_p(int(one), int(other))[0] for one, other in zip(fixed, broken, strict=True)])
    gained = (fixed - broken) / queries
    columns = (classes, queries, fixed, broken, gained, low, high, p)
    rows = [ClassChange(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    return tuple(sorted(rows, key=lambda row: (-row.difference, row.label)))
