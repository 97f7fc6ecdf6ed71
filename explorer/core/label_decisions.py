"""What somebody has decided about the labels of items: they stay, are another class, or the item is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.core.errors import UserError
from explorer.core.types import UNLABELLED, BoolArray, IntArray
from explorer.core.words import several

Action = Literal["keep", "relabel", "exclude"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an item; ``label``: the class it is given where it is relabelled, by its number."""

    action: Action
    label: int = UNLABELLED


Decisions = Mapping[int, Decision]
"""By item; who is not in it was not decided on, and stays as it is."""


@dataclass(frozen=True, slots=True)
class DecidedLabels:
    """The labels (N,) of all items as they were decided, and which of them are left out (N,): unlabelled as well."""

    labels: IntArray
    excluded: BoolArray

    @classmethod
    def of(cls, labels: IntArray, decisions: Decisions) -> DecidedLabels:
        """Return ``labels`` (N,) with decisions taken over; what is given is not changed."""
        decided, excluded = np.array(labels, np.int64), np.zeros(len(labels), np.bool_)
        for item, decision in decisions.items():
            if decision.action == "relabel":
                decided[item] = decision.label
            elif decision.action == "exclude":
                decided[item], excluded[item] = UNLABELLED, True
        return cls(decided, excluded)

    def check_left(self, labels: IntArray, train: IntArray, *, by_class: bool) -> None:
        """Check that enough of the items ``train`` (T,), whose own ``labels`` (T,) are, is left to learn from.

        Raises
        ------
        UserError: if what was decided leaves fewer than two items or, ``by_class``, no two classes or no pair of one.
        """
        left, now = ~self.excluded[train], self.labels[train]
        excluded, moved = int((~left).sum()), int((now != labels)[left].sum())
        missing = _missing(now[left], by_class)
        if missing and (excluded or moved):
            told = [f"{several(excluded, 'item')} excluded"] * bool(excluded)
            told += [f"{moved:,} relabelled"] * bool(moved)
            raise UserError(
                f"What you decided about the training items ({' and '.join(told)}) leaves {missing}",
                remedy="Select some of them and choose Label, Bring the selected items back",
            )


def _missing(labels: IntArray, by_class: bool) -> str:
    """Return what is left of items with these labels where that is too little, else nothing."""
    if len(labels) < 2:
        return "one item" if len(labels) else "none to learn from"
    counts = np.bincount(labels[labels != UNLABELLED], minlength=1)
    classes = int((counts > 0).sum())
    if not by_class or (classes > 1 and counts.max() > 1):
        return ""
    if classes > 1:
        return "no two items of one class"
    return "a single class, so that there is nothing to tell apart" if classes else "no item that has a class"
