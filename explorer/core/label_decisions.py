"""What somebody has decided about the labels of items: they stay, are another class, or the item is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.core.types import UNLABELLED, BoolArray, IntArray

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
