"""Sets of pictures that were never encoded: their pixels lie one after another, and their classes are numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray, Skipped
from explorer.data.formats.shards import RawPixels, Shard, ShardPictures
from explorer.data.labels.labelling import Labelling
from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.data.listing import Listing, digest

MOST_ITEMS = 10_000_000
"""More than any of these sets has: what claims more is refused before memory is taken for it."""


@dataclass(frozen=True, slots=True)
class RawPart:
    """Pictures of one shard: ``offsets`` (N,) of their pixels in it, and what part of the split it is, if any."""

    part: str
    shard: Shard
    offsets: IntArray


def raw_listing(
    *,
    name: str,
    uri: str,
    parts: Sequence[RawPart],
    raw: RawPixels,
    known: Labelling,
    marks: Sequence[str],
    columns: Mapping[str, Sequence[str]] | None = None,
    skipped: Sequence[Skipped] = (),
    notes: Sequence[str] = (),
) -> Listing:
    """Return the listing of such a set; an item is called by its part and its number in it. ``marks``: of the files."""
    tables, ids, split = [], [], []
    count: dict[str, int] = {}
    for number, part in enumerate(parts):
        size, first = len(part.offsets), count.get(part.part, 0)
        tables.append(np.stack([np.full(size, number), part.offsets, np.full(size, raw.size)], axis=1))
        folder = f"{part.part}/" if part.part else ""
        ids += [f"{folder}{i:05d}" for i in range(first, first + size)]
        split += [part.part] * size
        count[part.part] = first + size
    named = TextColumn.of(ids)
    table = np.concatenate(tables).astype(np.int64)
    both = {SPLIT_COLUMN: TextColumn.of(split)} if len(count) > 1 else {}
    return Listing(
        name=name,
        uri=uri,
        ids=named,
        labels=known.labels,
        class_names=known.class_names,
        columns={**both, **(columns or {})},
        modality="pictures",
        items=ShardPictures(tuple(part.shard for part in parts), table, named, raw),
        content=digest([*marks, str(raw), digest(map(str, table.reshape(-1).tolist()))]),
        skipped=tuple(skipped),
        notes=tuple(notes),
        label_sets=known.label_sets,
        set_names=known.set_names,
    )
