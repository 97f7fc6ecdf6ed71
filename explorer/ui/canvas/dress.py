"""How the points of a dataset are dressed: colours by class, split or column, and the legend that explains them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explorer.core.types import ByteArray, IntArray, Split
from explorer.ui.canvas.floating import LegendEntry
from explorer.ui.canvas.scene import Style
from explorer.ui.theme import Theme, class_colours

MOST_VALUES = 64
"""A column with more different values than this is no colouring."""

CLASS, SPLIT = "class", "split"
PARTS = ("train", "held out", "not used")


@dataclass(frozen=True, slots=True)
class Colouring:
    """A value for each item: ``codes`` (N,) into ``names``; codes of −1 have no value and are grey."""

    name: str
    codes: IntArray
    names: tuple[str, ...]

    def counts(self) -> IntArray:
        """Return how many items each value has."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))


def columns_offered(columns: Mapping[str, Sequence[str]], split: Split | None) -> tuple[str, ...]:
    """Return what points can be coloured by: the class, the split where there is one, and columns of few values."""
    offered = [CLASS] + ([SPLIT] if split is not None else [])
    for name, values in columns.items():
        if name not in offered and 1 < len(set(values)) <= MOST_VALUES:
            offered.append(name)
    return tuple(offered)


def colouring(
    name: str,
    labels: IntArray,
    class_names: tuple[str, ...],
    columns: Mapping[str, Sequence[str]],
    split: Split | None,
) -> Colouring:
    """Return the values by which items are coloured; a name that is not offered falls back to the class."""
    if name == SPLIT and split is not None:
        codes = np.full(len(labels), 2, np.int64)
        codes[split.train], codes[split.held_out] = 0, 1
        return Colouring(SPLIT, codes, PARTS)
    if name != CLASS and name in columns:
        names, codes = np.unique(np.asarray(columns[name]), return_inverse=True)
        return Colouring(name, codes.astype(np.int64), tuple(str(value) or "(none)" for value in names))
    return Colouring(CLASS, labels, class_names)


def palette(values: Colouring, theme: Theme) -> ByteArray:
    """Return the colours of the values and, last, the grey of items without one, (len(names) + 1, 3)."""
    if values.name == SPLIT:
        chosen = np.array([theme.rgb("accent"), theme.rgb("semi_hard"), theme.rgb("disabled")], np.uint8)
    else:
        chosen = class_colours(len(values.names))
    return np.concatenate([chosen, np.array([theme.rgb("disabled")], np.uint8)])


def hollow(count: int, split: Split | None) -> ByteArray | None:
    """Return which items are drawn as rings: the held-out ones."""
    if split is None or not len(split.held_out):
        return None
    shapes = np.zeros(count, np.uint8)
    shapes[split.held_out] = 1
    return shapes


def style_of(values: Colouring, theme: Theme, labels: IntArray, split: Split | None, hidden: Collection[int]) -> Style:
    """Return how the points are drawn; items of ``hidden`` classes are not."""
    visible = ~np.isin(labels, np.fromiter(hidden, np.int64, len(hidden))) if hidden else None
    codes: npt.NDArray[np.int64] = np.where(values.codes < 0, len(values.names), values.codes)
    return Style(
        colours=codes.astype(np.uint16),
        palette=palette(values, theme),
        backdrop=theme.rgb("background"),
        ink=theme.rgb("text"),
        shapes=hollow(len(labels), split),
        visible=visible,
    )


def legend_of(
    values: Colouring, colours: ByteArray, hidden: Collection[int], most: int
) -> tuple[list[LegendEntry], str]:
    """Return the entries of the legend and what it says below them: the largest ``most``, in their own order."""
    counts = values.counts()
    present = np.flatnonzero(counts)
    shown = present
    if len(present) > most:
        shown = np.sort(present[np.argsort(-counts[present], kind="stable")[:most]])
    entries = [
        LegendEntry(int(k), values.names[k], (int(colours[k][0]), int(colours[k][1]), int(colours[k][2])), k in hidden)
        for k in shown
    ]
    left = len(present) - len(shown)
    return entries, f"+{left:,} more" if left else ""
