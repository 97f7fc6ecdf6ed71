"""Which column says in which part of a split an item is, and what is said of one that cannot be followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from explorer.core.errors import printable
from explorer.core.text_column import TextColumn
from explorer.data.formats.cells import MISSING
from explorer.data.labels.part_names import GIVEN, HELD_OUT_VALUES, SPLIT_COLUMN, TRAIN_VALUES
from explorer.data.listing import Listing
from explorer.data.names import several

SPLITTING = ("subset", "set", "partition", "part", "phase", "usage", "fold")
"""What columns that split are called beside ``split``, in any case; only where they hardly name anything but parts."""
KNOWN_SHARE = 0.9
"""So many of the items have a known part in a column that is called so."""
LOOKED_AT = 1000
"""Rows after which a column that names no parts is known as such."""


def with_parts(listing: Listing) -> Listing:
    """Return the listing with the column ``split``, where another one says that, and with what is to be said of it."""
    name = _named(listing.columns)
    notes = [*_class_notes(listing)]
    columns = dict(listing.columns)
    if name != SPLIT_COLUMN and name:
        columns[SPLIT_COLUMN] = columns[name]
        notes.append(f"The parts train, test and so on are those of the column {printable(name)}")
    notes += _unused(columns, name)
    return replace(listing, columns=columns, notes=(*listing.notes, *notes)) if notes else listing


def _named(columns: Mapping[str, Sequence[str]]) -> str:
    """Return the column that names parts, empty where there is none."""
    if SPLIT_COLUMN in columns:
        return SPLIT_COLUMN
    named = {name.strip().lower(): name for name in reversed(list(columns))}
    if SPLIT_COLUMN in named:
        return named[SPLIT_COLUMN]
    return next((named[name] for name in SPLITTING if name in named and _names_parts(columns[named[name]])), "")


def _names_parts(cells: Sequence[str]) -> bool:
    """Return whether a column names a part to train on and one that is held out, and hardly anything else."""
    if not any(_part(cell) for cell in islice(cells, LOOKED_AT)):
        return False
    codes, texts = TextColumn.of(cells).codes()
    parts = np.array([_part(text) for text in texts])[codes]
    return {"train", "held out"} <= set(parts.tolist()) and float(np.mean(parts != "")) >= KNOWN_SHARE


def _part(cell: str) -> str:
    lower = cell.strip().lower()
    return "train" if lower in TRAIN_VALUES else "held out" if lower in HELD_OUT_VALUES else ""


def _unused(columns: Mapping[str, Sequence[str]], used: str) -> Iterator[str]:
    """Yield what is to be said of columns that name parts too, and do not split."""
    for name, cells in columns.items():
        if name not in (SPLIT_COLUMN, GIVEN, used) and _names_parts(cells):
            shown = printable(name)
            yield f"The column {shown} names parts and does not split: --set split.column={shown}"


def _class_notes(listing: Listing) -> Iterator[str]:
    """Yield what is to be said of classes that read as if there were no label."""
    for label, name in enumerate(listing.class_names):
        if name.strip().lower() in MISSING and (count := int(np.sum(listing.labels == label))):
            items = several(count, "item is", "items are")
            yield f"{items} of the class {printable(name)!r}, which reads as if there were no label"
