"""What the training items are to be told apart by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explorer.core.types import UNLABELLED, IntArray


@dataclass(frozen=True, slots=True)
class Targets:
    """The classes of the training items.

    ``codes`` (T,): 0 …, and −1 where an item has none; ``classes``: how many there are; ``typical``: the median number
    of items in a labelled class, infinite where none is labelled.
    """

    codes: IntArray
    classes: int
    typical: float

    @classmethod
    def of(cls, labels: IntArray, *, by_class: bool) -> Targets:
        """Return the targets of training items with these labels, (T,).

        ``by_class``: whether classes are learned; else every item is its own class, and its views are the images of it.
        """
        known = labels != UNLABELLED
        classes, found, counts = np.unique(labels[known], return_inverse=True, return_counts=True)
        typical = float(np.median(counts)) if len(counts) else float("inf")
        if not by_class:
            return cls(np.arange(len(labels)), len(labels), typical)
        codes: IntArray = np.full(len(labels), UNLABELLED, dtype=np.int64)
        codes[known] = found
        return cls(codes, len(classes), typical)

    @classmethod
    def of_pairs(cls, pairs: IntArray) -> Targets:
        """Return the targets of training items (T,) that are learned by what belongs together."""
        found, counts = np.unique(pairs, return_inverse=True, return_counts=True)[1:]
        return cls(found, len(counts), float(np.median(counts)) if len(counts) else float("inf"))

    @classmethod
    def of_values(cls, values: npt.NDArray[np.float64]) -> Targets:
        """Return the targets of training items (T,) that are learned by a number: its rank among the different ones."""
        different, ranks = np.unique(values, return_inverse=True)
        return cls(ranks.astype(np.int64), len(different), float("inf"))

    def decided(self, before: IntArray, now: IntArray) -> IntArray:
        """Return the codes (T',) of items whose labels are ``now``, in the numbers that labels had before.

        ``before`` (T,): the labels that these targets were made of. An item that was given a class that is not trained
        on is as one without a class.
        """
        number = dict(zip(before.tolist(), self.codes.tolist(), strict=True))
        codes = [UNLABELLED if label == UNLABELLED else number.get(label, UNLABELLED) for label in now.tolist()]
        return np.array(codes, np.int64)
