"""Two sides of one item, a picture and its captions: which items belong together, and which captions say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.core.text_column import TextColumn
from explorer.core.types import BoolArray, IntArray

PAIR, KIND, CAPTION = "pair", "kind", "caption"
"""The columns of such data: what belongs together, which side an item is, and what a caption says."""
PICTURE = "picture"
"""What the column ``kind`` says of a picture; of a caption it says ``caption``."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Which items (N,) belong together, and which captions say the same.

    ``pairs`` (N,) int64: a picture and its captions have one number. ``texts`` (N,) int64: the number of what a caption
    says, -1 of a picture.
    """

    pairs: IntArray
    texts: IntArray

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def captions(self) -> BoolArray:
        """(N,): which items are captions."""
        found: BoolArray = self.texts >= 0
        return found

    @property
    def columns(self) -> dict[str, list[str]]:
        """The columns that tell these sides, with numbers as texts."""
        captions = self.captions
        return {
            PAIR: self.pairs.astype(np.str_).tolist(),
            KIND: np.where(captions, CAPTION, PICTURE).tolist(),
            CAPTION: np.where(captions, self.texts.astype(np.str_), "").tolist(),
        }

    def of(self, items: IntArray) -> Sides:
        """Return those of some items."""
        return Sides(self.pairs[items], self.texts[items])


def sides_of(columns: Mapping[str, Sequence[str]]) -> Sides | None:
    """Return the sides that columns tell; None where they tell none."""
    if not {PAIR, KIND, CAPTION} <= set(columns):
        return None
    kinds, names = TextColumn.of(columns[KIND]).codes()
    if not set(names) <= {PICTURE, CAPTION}:
        return None
    captions = np.array([name == CAPTION for name in names], np.bool_)[kinds]
    texts = np.where(captions, _numbers(columns[CAPTION]), -1)
    return Sides(_numbers(columns[PAIR]), texts)


def _numbers(texts: Sequence[str]) -> IntArray:
    """Return one number (N,) for each of the different texts of a column."""
    codes, different = TextColumn.of(texts).codes()
    number: dict[str, int] = {}
    numbers: IntArray = np.array([number.setdefault(text, len(number)) for text in different], np.int64)
    return numbers[codes] if len(codes) else np.empty(0, np.int64)
