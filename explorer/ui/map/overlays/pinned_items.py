"""What the map says about single items: the card of the hovered one, and the stars of pinned queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import printable
from explorer.core.types import IntArray, Neighbours
from explorer.ui.map.canvas.marks import Card, Star
from explorer.ui.widgets.item_picture import item_picture
from explorer.ui.widgets.language import tr

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset


def nearest(found: Neighbours | None, query: int) -> IntArray:
    """Return the neighbours of a query, nearest first; none where they are not known."""
    rows = np.empty(0, np.int64) if found is None else np.flatnonzero(found.queries == query)
    if found is None or not len(rows):
        return np.empty(0, np.int64)
    near: IntArray = found.indices[rows[0]]
    return near[near >= 0]


def verdict(dataset: Dataset, query: int, item: int) -> str:
    """Return the colour token of a neighbour: right, wrong, or muted where a class is not known."""
    if dataset.labels[query] < 0 or dataset.labels[item] < 0:
        return "muted"
    return "right" if dataset.labels[query] == dataset.labels[item] else "wrong"


def stars_of(dataset: Dataset, found: Neighbours | None, numbers: Mapping[int, int]) -> list[Star]:
    """Return the pinned queries, whose ``numbers`` are given, with what is known of their neighbours."""
    stars = []
    for query, number in numbers.items():
        near = nearest(found, query)
        near = near[near < len(dataset)]
        stars.append(Star(query, near, tuple(verdict(dataset, query, int(item)) for item in near), number))
    return stars


def card_of(dataset: Dataset, found: Neighbours | None, item: int, more: Sequence[tuple[str, str]] = ()) -> Card:
    """Return what is said about an item: how it looks, class, number, how many neighbours are right, and its id.

    ``more``: further lines, with their colour tokens.
    """
    label = int(dataset.labels[item])
    lines: list[tuple[str, str]] = []
    near = nearest(found, item)
    if len(near) and label >= 0:
        lines.append(
            (tr("{right} of {near} right", right=int((dataset.labels[near] == label).sum()), near=len(near)), "text")
        )
    lines.extend(more)
    lines.append((printable(dataset.ids[item]), "muted"))
    name = printable(dataset.class_names[label]) if label >= 0 else tr("unlabelled")
    return Card(item_picture(dataset, item), name, f"#{item}", tuple(lines))
