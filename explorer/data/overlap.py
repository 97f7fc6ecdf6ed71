"""Whether data that are added are in those that are open already: what is trained on is no test."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.types import IntArray
from explorer.core.words import several
from explorer.data.dataset import Dataset

MOST_ADDED = 1_024
MOST_BYTES = 256 << 20
"""How many of the added items, and how much of the others, is looked at; of more those that lie evenly among all."""
LEAST_SHARE = 0.01
"""Less than this may be chance, such as two empty pictures, and is found by *Cleaning*."""
ROWS = 1_024


class Overlap(NamedTuple):
    """How many of the added items that were ``looked`` at are the same, value by value, as one of the others.

    ``trained``: as one of those that are trained on.
    """

    copies: int
    looked: int
    trained: int


def overlap(dataset: Dataset, first: int, train: IntArray | None = None) -> Overlap:
    """Return how many items from number ``first`` on, which were added, are among those before.

    ``train``: which of these are trained on; None: all of them.
    """
    added = _evenly(np.arange(first, len(dataset)), MOST_ADDED)
    size = max(1, int(np.prod(dataset.shape)) * np.dtype(dataset.inputs.dtype).itemsize)
    known = _evenly(np.arange(first), max(MOST_ADDED, MOST_BYTES // size))
    trained = np.ones(len(known), np.bool_) if train is None else np.isin(known, train)
    learned, others = (set(_digests(dataset, rows)) for rows in (known[trained], known[~trained]))
    found = list(_digests(dataset, added))
    copies = sum(digest in learned or digest in others for digest in found)
    return Overlap(copies, len(added), sum(digest in learned for digest in found))


def overlap_told(dataset: Dataset, first: int, main: str, added: str, role: str, train: IntArray | None = None) -> str:
    """Return one sentence where items that were ``added`` as ``role`` are among those of ``main``, else nothing.

    ``train``: see ``overlap``.
    """
    if dataset.growing:  # not all of it is there to be looked at
        return ""
    found, kind = overlap(dataset, first, train), dataset.modality
    if not found.copies or found.copies < LEAST_SHARE * found.looked:
        return ""
    of = several(found.looked, kind.noun, kind.plural)
    seen = " that were looked at" if found.looked < len(dataset) - first else ""
    many = f"All {of}" if 1 < found.copies == found.looked else f"{found.copies:,} of {of}"
    verb = "is" if found.copies == 1 else "are"
    so = "a query among them finds its own copy first"
    if role == "test":
        learned = "figures measured on what was trained on are no test"
        so = learned if found.trained else "none of these is trained on, and what is there twice counts twice"
    return f"{many}{seen} of {added} {verb} in {main} as well: {so}"


def _evenly(rows: IntArray, most: int) -> IntArray:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _digests(dataset: Dataset, rows: IntArray) -> Iterator[bytes]:
    for start in range(0, len(rows), ROWS):
        read: npt.NDArray[Any] = np.ascontiguousarray(dataset.inputs[rows[start : start + ROWS]])
        for row in read:
            yield blake2b(row.tobytes(), digest_size=12).digest()
