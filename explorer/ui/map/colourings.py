"""By what points are coloured: classes, the split, columns of the data, and what is measured of every item.

Nothing here needs Qt, and nothing is quick with a million items: it belongs on another thread than the window's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from explorer.core.class_colours import class_colours
from explorer.core.errors import printable
from explorer.core.map_values import ItemValues
from explorer.core.tally import tally
from explorer.core.text_column import TextColumn
from explorer.core.types import ByteArray, FloatArray, IntArray, Split, frozen
from explorer.ui.widgets.language import later, said, tr
from explorer.ui.widgets.theme import Theme

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

CLASS, SPLIT, RIGHT, FATES = later("class"), later("split"), "right", "fates"
COLUMN = "column:"
"""Begins the name of a column that would otherwise be taken for something else."""

PARTS = (tr("train"), tr("held out"), tr("not used"))
VERDICTS = (tr("nearest is of another class"), tr("nearest is of its class"))
BECAME = (tr("wrong in both"), tr("broken: right in A alone"), tr("fixed: right in B alone"), tr("right in both"))
"""What became of a query between the two runs of a duel, in the order of ``engine.session.duel``."""
FATES_TITLE = tr("fixed or broken")

STEPS = 256
FEW_NUMBERS = 12
"""A column of numbers with more different values than this has a scale of colours."""

AT_ONCE, PAUSE_SECONDS = 20_000, 0.004
"""Items that are styled at once, which the window's own thread may do; more are not its work, and their texts are
numbered so many at a time with a pause between: each call of that thread into Qt would have to wait for the
interpreter otherwise, and a single picture makes hundreds."""

MOST_ROWS = 255 * 256
"""Values beyond so many have the colours of the first ones again; colours repeat after 256 anyway."""

MOST_LISTED = 10_000
MOST_SORTED = 50_000


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is measured of every item: its title, its bounds where they are known, and which end matters."""

    title: str
    bounds: tuple[float, float] | None = None
    low_matters: bool = False


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        RIGHT: Measure(tr("right or wrong")),
        "violation": Measure(tr("violation rate"), (0.0, 1.0)),
        "loss": Measure(tr("loss")),
        "fidelity": Measure(tr("fidelity"), (0.0, 1.0), low_matters=True),
        "hubness": Measure(tr("hubness")),
        "distance": Measure(tr("distance to query"), low_matters=True),
    }
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers (N,) float32, NaN where there is none, and the ends of their scale, beyond which colours stay."""

    values: FloatArray
    low: float
    high: float
    low_matters: bool = False


@dataclass(frozen=True, slots=True)
class Colouring:
    """A value for each item: ``codes`` (N,) int32 into ``names``, or steps of the ``scale``; −1: none, drawn grey."""

    name: str
    title: str
    codes: npt.NDArray[np.int32]
    names: tuple[str, ...] = ()
    scale: Scale | None = None
    about: str = ""

    @property
    def rows(self) -> int:
        """How many colours there are, besides the grey."""
        return STEPS if self.scale is not None else min(len(self.names), MOST_ROWS)


def title_of(name: str) -> str:
    """Return what a colouring is called on screen."""
    if name in (CLASS, SPLIT):
        return said(name)
    if name == FATES:
        return FATES_TITLE
    return MEASURES[name].title if name in MEASURES else printable(name.removeprefix(COLUMN))


def columns_offered(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the names of the colourings by columns; a column with the same value everywhere tells nothing."""
    taken = {CLASS, SPLIT, FATES, *MEASURES}
    return tuple(
        f"{COLUMN}{name}" if name in taken else name
        for name, values in columns.items()
        if len(values) and values.count(values[0]) < len(values)
    )


def by_target(dataset: Dataset) -> str:
    """Return the name of the colouring by the number that is learned; empty where none is, or classes are it."""
    target = dataset.target
    column = None if target is None else dataset.columns.get(target.name)
    return "" if target is None or column is None else next(iter(columns_offered({target.name: column})), "")


def by_class(labels: IntArray, class_names: Sequence[str]) -> Colouring:
    """Return the colouring by class."""
    return Colouring(CLASS, title_of(CLASS), labels.astype(np.int32), tuple(class_names))


def by_split(count: int, split: Split) -> Colouring:
    """Return the colouring by what trains and what is held out."""
    codes = np.full(count, 2, np.int32)
    codes[split.train], codes[split.held_out] = 0, 1
    return Colouring(SPLIT, title_of(SPLIT), codes, PARTS)


def by_fates(fates: IntArray) -> Colouring:
    """Return the colouring by what became of each item (N,) between two runs, places in ``BECAME``; −1: it asks not."""
    return Colouring(FATES, FATES_TITLE, fates.astype(np.int32), BECAME)


def by_column(name: str, values: Sequence[str]) -> Colouring:
    """Return the colouring by a column: of its different texts, or on a scale where it has many different numbers."""
    codes, texts = TextColumn.of(values).codes(PAUSE_SECONDS)
    numbers, title = _numbers(texts), title_of(name)
    if numbers is not None and np.count_nonzero(np.isfinite(numbers)) > FEW_NUMBERS:
        return on_scale(name, title, numbers[codes].astype(np.float32))
    order = list(range(len(texts)))
    if len(texts) <= MOST_SORTED:
        order.sort(key=lambda k: (0.0 if numbers is None else float(numbers[k]), texts[k].casefold(), texts[k]))
    order = [k for k in order if texts[k]]
    place = np.full(len(texts), -1, np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return Colouring(name, title, place[codes], tuple(texts[k] for k in order))


def _numbers(texts: Sequence[str]) -> npt.NDArray[np.float64] | None:
    """Return texts as numbers, NaN for an empty one; None if one of them is something else."""
    numbers = np.full(len(texts), np.nan)
    for place, text in enumerate(texts):
        if text:
            try:
                numbers[place] = float(text)
            except ValueError:
                return None
            if math.isinf(numbers[place]):
                return None
    return numbers


def by_measure(name: str, count: int, found: ItemValues | None) -> Colouring:
    """Return the colouring by what was measured of ``count`` items; all are grey before it is."""
    measure = MEASURES[name]
    values = np.full(count, np.nan, np.float32)
    about = ""
    if found is not None:
        inside = found.indices < count
        values[found.indices[inside]] = found.values[inside]
        about = f"{'' if found.exact else '≈ '}{said(printable(found.about))}".strip()
    if name == RIGHT:
        codes = np.where(np.isnan(values), -1, values > 0.5).astype(np.int32)
        return Colouring(name, measure.title, codes, VERDICTS if found is not None else (), about=about)
    return on_scale(name, measure.title, values, measure.bounds, measure.low_matters, about)


def on_scale(
    name: str, title: str, values: FloatArray, bounds: tuple[float, float] | None = None, low_matters: bool = False,
    about: str = "",
) -> Colouring:  # fmt: skip
    """Return the colouring of numbers (N,) by a scale; without bounds, from their 1st to their 99th percentile."""
    low, high = bounds or _bounds(values)
    share = (values - np.float32(low)) * np.float32((STEPS - 1) / max(high - low, 1e-30))
    known = np.isfinite(share)
    codes = np.full(len(values), -1, np.int32)
    codes[known] = np.clip(np.rint(share[known]), 0, STEPS - 1).astype(np.int32)
    return Colouring(name, title, codes, scale=Scale(values, low, high, low_matters), about=about)


def _bounds(values: FloatArray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 1.0
    sample = known[:: max(1, len(known) // 100_000)]
    low, high = (float(end) for end in np.percentile(sample, (1, 99)))
    if not high > low:
        low, high = float(known.min()), float(known.max())
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def rows_of(colouring: Colouring) -> npt.NDArray[np.uint16]:
    """Return the row of the palette of each item; the last one is the grey."""
    codes = colouring.codes
    if len(colouring.names) > MOST_ROWS:
        codes = np.where(codes < 0, -1, codes % MOST_ROWS)
    return np.where(codes < 0, colouring.rows, codes).astype(np.uint16)


def palette_of(colouring: Colouring, theme: Theme) -> ByteArray:
    """Return the colours of the values and, last, the grey of items without one, (rows + 1, 3)."""
    if colouring.scale is not None:
        chosen = scale_colours(theme.name == "dark", low_matters=colouring.scale.low_matters)
    elif colouring.name == SPLIT:
        chosen = np.array([theme.rgb("accent"), theme.rgb("semi_hard"), theme.rgb("disabled")], np.uint8)
    elif colouring.name == RIGHT:
        chosen = np.array([theme.rgb("wrong"), theme.rgb("right")], np.uint8)[: colouring.rows]
    elif colouring.name == FATES:
        chosen = np.array([theme.rgb(token) for token in ("semi_hard", "wrong", "right", "muted")], np.uint8)
    else:
        chosen = theme.legible(class_colours(colouring.rows))
    return np.concatenate([chosen.reshape(-1, 3), theme.legible(np.array([theme.rgb("disabled")], np.uint8))])


@lru_cache(maxsize=4)
def scale_colours(dark: bool, *, low_matters: bool) -> ByteArray:
    """Return a perceptually uniform scale (256, 3) from low to high, told apart by colour-blind readers.

    Blue to yellow of Kovesi, Good Colour Maps: How to Design Them (2015), without the end that would
    have less than 3:1 of contrast to the map. What matters stands out: it is bright on dark, and dark on light.
    """
    from colorcet import CET_CBL2

    whole = np.array([[int(text[i : i + 2], 16) for i in (1, 3, 5)] for text in CET_CBL2], np.float64)
    places = np.linspace(0.4, 1.0, STEPS) if dark else np.linspace(0.56, 0.0, STEPS)
    if low_matters:
        places = places[::-1]
    at = places * (len(whole) - 1)
    parts = [np.interp(at, np.arange(len(whole)), whole[:, k]) for k in range(3)]
    return frozen(np.stack(parts, axis=1), np.uint8)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a legend lists: values that occur, the largest ``MOST_LISTED``, with their counts; ``left`` are not listed.

    ``keys`` (V,) int64 are codes; −1: the items without a value.
    """

    keys: IntArray
    names: tuple[str, ...]
    counts: IntArray
    left: int = 0


def listed(colouring: Colouring) -> Listed:
    """Return the entries of the legend of a colouring by values, in their own order."""
    if colouring.scale is not None:
        return Listed(np.empty(0, np.int64), (), np.empty(0, np.int64))
    counts = tally(colouring.codes, len(colouring.names))
    without, counts = int(counts[0]), counts[1:]
    present = np.flatnonzero(counts)
    left = max(len(present) - MOST_LISTED, 0)
    if left:
        present = np.sort(np.argsort(-counts, kind="stable")[:MOST_LISTED])
    names, numbers = [printable(colouring.names[k]) for k in present], counts[present]
    if without and colouring.names:
        present, numbers = np.append(present, -1), np.append(numbers, without)
        nothing = {CLASS: tr("unlabelled"), FATES: tr("asks nothing")}
        names.append(nothing.get(colouring.name, tr("no value")))
    return Listed(present.astype(np.int64), tuple(names), numbers.astype(np.int64), left)
