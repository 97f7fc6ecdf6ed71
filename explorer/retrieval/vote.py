"""The class of a query by the vote of its nearest neighbours, and how sure they are.

The k-nearest-neighbour rule (Cover and Hart, 1967): every neighbour with a class has one vote.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.core.types import UNLABELLED, IntArray


@dataclass(frozen=True, slots=True)
class Vote:
    """What neighbours say: the class with the most ``votes`` of ``voters``; -1 where none of them has a class."""

    label: int
    votes: int
    voters: int

    @property
    def confidence(self) -> float:
        """The share of the votes that the class has, 0 where nobody voted."""
        return self.votes / self.voters if self.voters else 0.0


def vote(labels: IntArray) -> Vote:
    """Return the vote of neighbours with these ``labels`` (k,), nearest first; -1: without a class, and without a vote.

    Of classes with equally many votes that of the nearer neighbour wins.
    """
    known = labels[labels != UNLABELLED]
    if not len(known):
        return Vote(UNLABELLED, 0, 0)
    classes, first, counts = np.unique(known, return_index=True, return_counts=True)
    best = int(np.lexsort((first, -counts))[0])
    return Vote(int(classes[best]), int(counts[best]), len(known))
