"""How the points of a dataset look: colours, shapes by split, and what is hidden, as a style of the raster."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.core.map_values import ItemValues
from explorer.core.tally import tally
from explorer.core.types import BoolArray, ByteArray, IntArray, Split
from explorer.ui.map.canvas.scene import DIAMOND, DISC, RING, Style
from explorer.ui.map.colourings import (
    CLASS,
    COLUMN,
    FATES,
    MEASURES,
    SPLIT,
    Colouring,
    Listed,
    by_class,
    by_column,
    by_fates,
    by_measure,
    by_split,
    columns_offered,
    listed,
    palette_of,
    rows_of,
)
from explorer.ui.widgets.theme import Theme

MOST_KEPT = 4
"""Colourings by columns that are kept, because reading a million texts takes a moment."""


@dataclass(frozen=True, slots=True)
class StyleRequest:
    """How points shall look: all that decides it, as in ``ViewState``, and what was measured."""

    colour_by: str = CLASS
    shape_by: str = "split"
    split: Split | None = None
    hidden_classes: frozenset[int] = frozenset()
    hidden_values: frozenset[int] = frozenset()
    shown_range: tuple[float, float] | None = None
    measured: ItemValues | None = None
    fates: IntArray | None = None


@dataclass(frozen=True, slots=True)
class StyledPoints:
    """Points as they look, in any theme; ``shapes_used`` are the shapes that occur, ``hidden`` counts items."""

    colouring: Colouring
    listed: Listed
    columns: tuple[str, ...]
    plain: Style
    shapes_used: frozenset[int]
    hidden: int

    def style(self, theme: Theme) -> Style:
        """Return the style in the colours of a theme; nothing of it depends on the number of items."""
        colours = palette_of(self.colouring, theme)
        return replace(self.plain, palette=colours, backdrop=theme.rgb("background"), ink=theme.rgb("text"))


class PointStyles:
    """Dresses the items of one dataset and keeps what does not change; used by one thread at a time."""

    def __init__(
        self, labels: IntArray, class_names: Sequence[str], columns: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._labels, self._class_names, self._columns = labels, tuple(class_names), columns or {}
        self._offered: tuple[str, ...] | None = None
        self._by_column: dict[str, Colouring] = {}
        self._last: tuple[Colouring, Listed, Style] | None = None
        self._last_of: tuple[str, Split | None, ItemValues | None, IntArray | None] = ("", None, None, None)
        self._shapes: tuple[Split | None, ByteArray | None] = (None, None)

    def __len__(self) -> int:
        return len(self._labels)

    def styled(self, request: StyleRequest) -> StyledPoints:
        """Return the points as they were asked for."""
        colouring, entries, plain = self._coloured(request)
        shapes = self._shaped(request.split) if request.shape_by == "split" else None
        visible = visible_of(colouring, self._labels, request)
        used = frozenset({DISC} if shapes is None else np.flatnonzero(tally(shapes, 3)[1:]).tolist())
        hidden = 0 if visible is None else len(visible) - int(np.count_nonzero(visible))
        return StyledPoints(
            colouring, entries, self._columns_offered(), replace(plain, shapes=shapes, visible=visible), used, hidden
        )

    def _columns_offered(self) -> tuple[str, ...]:
        if self._offered is None:
            self._offered = columns_offered(self._columns)
        return self._offered

    def _coloured(self, request: StyleRequest) -> tuple[Colouring, Listed, Style]:
        name, split, measured, fates = self._last_of
        if (
            self._last is None
            or name != request.colour_by
            or split is not request.split
            or measured is not request.measured
            or fates is not request.fates
        ):
            colouring = self._colouring(request)
            plain = Style(rows_of(colouring), np.zeros((1, 3), np.uint8), (0, 0, 0), (0, 0, 0))
            self._last, self._last_of = (
                (colouring, listed(colouring), plain),
                (request.colour_by, request.split, request.measured, request.fates),
            )
        return self._last

    def _colouring(self, request: StyleRequest) -> Colouring:
        name, count = request.colour_by, len(self)
        if name in MEASURES:
            return by_measure(name, count, request.measured)
        if name == FATES and request.fates is not None and len(request.fates) == count:
            return by_fates(request.fates)
        if name == SPLIT and request.split is not None:
            return by_split(count, request.split)
        if name != CLASS and (values := self._columns.get(name.removeprefix(COLUMN))) is not None:
            if name not in self._by_column:
                while len(self._by_column) >= MOST_KEPT:
                    del self._by_column[next(iter(self._by_column))]
                self._by_column[name] = by_column(name, values)
            return self._by_column[name]
        return by_class(self._labels, self._class_names)

    def _shaped(self, split: Split | None) -> ByteArray | None:
        if self._shapes[0] is not split:
            self._shapes = (split, shapes_of(self._labels, split))
        return self._shapes[1]


def shapes_of(labels: IntArray, split: Split | None) -> ByteArray | None:
    """Return the shape of each item by what it is for; None where nothing is held out.

    What trains is a disc; held out, it is a ring, and a diamond if no item of its class trains.
    """
    if split is None or not len(split.held_out):
        return None
    trained = np.zeros(int(labels.max(initial=-1)) + 2, np.bool_)  # the last is for items without a label
    trained[labels[split.train]] = True
    trained[-1] = True
    shapes = np.full(len(labels), DISC, np.uint8)
    shapes[split.held_out] = np.where(trained[labels[split.held_out]], RING, DIAMOND)
    return shapes


def visible_of(colouring: Colouring, labels: IntArray, request: StyleRequest) -> BoolArray | None:
    """Return which items are drawn, None for all: by their class, their value, and the range of their number."""
    visible: BoolArray | None = None
    for codes, hidden in ((labels, request.hidden_classes), (colouring.codes, request.hidden_values)):
        if hidden:
            shown = _shown(int(codes.max(initial=-1)) + 1, hidden)[codes]
            visible = shown if visible is None else visible & shown
    if request.shown_range is not None and colouring.scale is not None:
        low, high = request.shown_range
        inside = (colouring.scale.values >= low) & (colouring.scale.values <= high)
        visible = inside if visible is None else visible & inside
    return visible


def _shown(count: int, hidden: Collection[int]) -> BoolArray:
    """Return a table (count + 1,) to look codes up in; the last entry is for -1."""
    table = np.ones(count + 1, np.bool_)
    codes = np.fromiter(hidden, np.int64, len(hidden))
    table[codes[(codes >= -1) & (codes < count)]] = False
    return table
