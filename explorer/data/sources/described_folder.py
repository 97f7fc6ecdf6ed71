"""Image folders of Hugging Face: pictures with a table ``metadata`` beside them, whole or one for each split."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.types import Skipped
from explorer.data.bids import CERTAIN, Bid
from explorer.data.formats.csvfile import Table
from explorer.data.formats.tablefile import peek_any, read_any
from explorer.data.labels.folder_structure import labels_by_folder
from explorer.data.labels.label_column import WEAK_NAMES, guessed
from explorer.data.labels.part_names import SPLIT_COLUMN, part_of
from explorer.data.labels.picture_place import FolderPlace
from explorer.data.listing import Listing, Watch
from explorer.data.sources.table import listing_of_table

TABLES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
NAMED_BY = "file_name"
LABEL = "label"
MOST_FOLDERS = 64
"""So many folders are looked at for a table of their own: those of splits are few."""


@register("source", "described_folder", title="Folder with metadata.csv")
class DescribedFolderSource:
    """A folder with ``metadata.csv``, ``.jsonl`` or ``.parquet`` in it or in its folders, with the column file_name."""

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a folder with such a table; see ``listing.Source``."""
        try:
            found = _tables(spec) if os.path.isdir(spec) else []
        except OSError:
            return None
        peeked = peek_any(Path(spec, found[0])) if found else None
        if peeked is None or NAMED_BY not in peeked.header:
            return None
        return Bid(CERTAIN, f"a folder of pictures that {found[0]} describes")

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List such a folder; see ``listing.Source``."""
        root = Path(spec).absolute()
        tables = [(os.path.dirname(name), read_any(root / name, captions=True)) for name in _tables(str(root))]
        table = _with_folders(_joined([(folder, one) for folder, one in tables if NAMED_BY in one.header]), options)
        return listing_of_table(
            root, FolderPlace(str(root)), table, options.model_copy(update={"path_column": NAMED_BY}), watch
        )


def _tables(root: str) -> list[str]:
    """Return the tables in a folder and in the folders in it, relative to it with slashes."""
    with os.scandir(root) as entries:
        folders = sorted(entry.name for entry in islice(entries, MOST_FOLDERS) if entry.is_dir())
    found = []
    for folder in ("", *(f"{name}/" for name in folders)):
        there = [f"{folder}{name}" for name in TABLES if os.path.isfile(os.path.join(root, folder, name))]
        found += there[:1]
    return found


def _joined(tables: Sequence[tuple[str, Table]]) -> Table:
    """Return tables of several folders as one, with paths relative to the folder above and a column of the split."""
    header = list(dict.fromkeys(name for _, table in tables for name in table.header))
    header += [SPLIT_COLUMN] * (SPLIT_COLUMN not in header)
    rows: list[tuple[int, tuple[str, ...]]] = []
    skipped: list[Skipped] = []
    for folder, table in tables:
        for line, cells in table.rows:
            row = dict(zip(table.header, cells, strict=True))
            if folder and row[NAMED_BY]:
                row[NAMED_BY] = f"{folder}/{row[NAMED_BY]}"
            row.setdefault(SPLIT_COLUMN, part_of(row[NAMED_BY].partition("/")[0]))
            rows.append((line, tuple(row.get(name, "") for name in header)))
        skipped += [Skipped(f"{folder}/{one.path}" if folder else one.path, one.reason) for one in table.skipped]
    place = header.index(SPLIT_COLUMN)
    if not any(cells[place] for _, cells in rows):
        header.pop(place)
        rows = [(line, cells[:place] + cells[place + 1 :]) for line, cells in rows]
    notes = tuple(dict.fromkeys(note for _, table in tables for note in table.notes))
    return Table(tuple(header), tuple(rows), tuple(skipped), notes)


def _with_folders(table: Table, options: DataOptions) -> Table:
    """Return a table with the class folders of its pictures as a column, where no column is one of classes."""
    place = table.header.index(NAMED_BY)
    others = {name: [row[i] for _, row in table.rows] for i, name in enumerate(table.header) if i != place}
    others.pop(options.target_column, None)
    if options.label_column or guessed(others, WEAK_NAMES)[0] is not None:
        return table
    found = labels_by_folder([row[place].replace("\\", "/") for _, row in table.rows])
    if not found.class_names or len(found.kept) < len(table.rows):
        return table
    rows = tuple(
        (line, (*cells, found.class_names[label] if label >= 0 else ""))
        for (line, cells), label in zip(table.rows, found.labels.tolist(), strict=True)
    )
    notes = (*table.notes, "No column of the table is one of classes: they are those of the folders")
    return Table((*table.header, LABEL), rows, table.skipped, notes)
