"""The items of every class, and how samplers take turns in drawing them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.core.errors import UserError
from explorer.core.types import UNLABELLED, IntArray

COMPARED = 4096
"""Up to so many comparisons are made one by one."""


def members_of(labels: IntArray) -> list[IntArray]:
    """Return the positions of the items of every class, in the order of the classes; items without one are in none."""
    order = np.argsort(labels, kind="stable")
    order = order[labels[order] != UNLABELLED]
    starts = np.flatnonzero(np.diff(labels[order], prepend=UNLABELLED))
    return np.split(order, starts[1:]) if len(order) else []


def check_classes(items: int, members: list[IntArray], *, paired: bool = True) -> None:
    """Refuse labels that nothing can be learned from.

    ``paired``: some class has to have two items.

    Raises
    ------
    UserError: if there are fewer than two classes, or only classes of one item.
    """
    if not members:
        raise UserError(
            f"None of the {items} training items has a class, and this loss learns from classes",
            remedy="Put the pictures of each class into a folder of its own, or give a CSV with labels",
        )
    if len(members) == 1:
        raise UserError(
            "All training items have the same class, so that there is nothing to tell apart",
            remedy="Open the folder above it, with one folder a class, or choose another split",
        )
    if paired and all(len(rows) == 1 for rows in members):
        raise UserError(
            f"Each of the {len(members)} training classes has a single image, so that there is no pair of one class",
            remedy="Add a second image to some classes, or choose another split",
        )


def without(rows: IntArray, others: IntArray) -> IntArray:
    """Return those of ``rows`` that are not among ``others``, in their order; of small classes by comparing all."""
    few = rows.size * others.size <= COMPARED  # a search costs twenty times as much, and each batch has many classes
    kept = (rows[:, None] != others).all(axis=1) if few else ~np.isin(rows, others)
    left: IntArray = rows[kept]
    return left


class Turns:
    """Draws the items of classes in turn: none again before every other one of its class was drawn.

    Parameters
    ----------
    members: the items of every class. permutation: returns a random order of 0 … n − 1.
    """

    def __init__(self, members: list[IntArray], permutation: Callable[[int], IntArray]) -> None:
        self.members = members
        self.permutation = permutation
        self._left = [rows[:0] for rows in members]

    def take(self, c: int, count: int) -> IntArray:
        """Return the next ``count`` items of class ``c``, or all where it has fewer; none twice."""
        rows, rest = self.members[c], self._left[c]
        missing = min(count, len(rows)) - len(rest)
        if missing > 0:
            shuffled = rows[self.permutation(len(rows))]
            if not len(rest):
                self._left[c] = shuffled[missing:]
                return shuffled[:missing]
            added = without(shuffled, rest)[:missing]
            self._left[c] = without(shuffled, added)
            return np.concatenate((rest, added))
        self._left[c] = rest[count:]
        return rest[:count]
