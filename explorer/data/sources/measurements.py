"""A table of measurements: columns of numbers and of categories, a row an item; CSV, TSV or Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.text_column import TextColumn
from explorer.core.types import Skipped
from explorer.data.bids import CERTAIN, NAMED, SEEN, Bid
from explorer.data.formats.csvfile import PEEKED_ROWS, peek_table, picture_column, read_table
from explorer.data.formats.parquet_table import plain_columns, read_table_of
from explorer.data.formats.vectors import ID_NAMES, check_memory, check_shape, first_named, safe
from explorer.data.formats.vectortable import label_column, list_columns, numbered
from explorer.data.labels.label_column import LABEL_NAMES, plain_values
from explorer.data.labels.labelling import labelling
from explorer.data.labels.measured_columns import is_missing, kind_of_column, measured
from explorer.data.listing import Listing, Watch, digest
from explorer.data.names import several, told_again, unique

TEXTS = frozenset({".csv", ".tsv"})
PARQUET = ".parquet"
MIXED = NAMED + 0.05
"""The bid for a table with numbers and categories: above that for vectors, below that for pictures that are there."""
MANY, MANY_COLUMNS = NAMED + 0.15, 3
"""The bid where there are so many of them: above that for a column of sentences that is not called a text."""


@register("source", "measurements", title="Table of measurements")
class MeasurementSource:
    """A table whose rows are items: its columns of numbers and of categories are what is learned from.

    The class is a column as in every table. Columns that count the rows, say how the table is used, or hold another
    text in most rows are none of the measurements, and are kept beside them. A table of numbers alone, none of which is
    missing, is one of vectors; ``data.modality=table`` takes it as measurements.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a table with numbers and categories, or missing numbers; see ``listing.Source``."""
        path = Path(spec)
        ending = path.suffix.lower()
        if ending not in {*TEXTS, PARQUET} or options.modality not in ("", "table") or not path.is_file():
            return None
        if ending == PARQUET:
            return _bid_for_parquet(path, asked=options.modality == "table")
        return _bid_for_text(path, options)

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a table of measurements; see ``listing.Source``."""
        path = Path(spec).absolute()
        watch.progress("Reading the table", 0, 0)
        columns, lines, skipped, notes = _read(path, watch)
        label, told = label_column(path, columns, options.label_column)
        own = first_named((name for name in columns if name != label), ID_NAMES)
        found = measured({name: values for name, values in columns.items() if name not in (label, own)})
        count = len(lines)
        if not found.cells.shape[1]:
            raise UserError(
                f"{printable(str(path))} has no column of measurements", remedy="It needs columns of numbers or words"
            )
        ids = [f"{safe(path.stem)}[{line}]" for line in lines]
        if own is not None:
            ids = [value or name for value, name in zip(columns[own], ids, strict=True)]
        known = labelling(plain_values(columns[label], label=True) if label else [""] * count, options.label_separator)
        cells = found.cells
        cells.setflags(write=False)
        return Listing(
            name=safe(path.stem),
            uri=str(path),
            ids=TextColumn.of(unique(ids)),
            labels=known.labels,
            class_names=known.class_names,
            columns={n: TextColumn.of(plain_values(v)) for n, v in columns.items() if n not in (label, own)},
            modality="table",
            items=cells,
            content=digest([cells.tobytes().hex(), str(cells.shape), *found.numbers, *found.categories, *ids]),
            skipped=tuple(skipped),
            notes=(*notes, *told, *found.notes, *told_again(ids)),
            label_sets=known.label_sets,
            set_names=known.set_names,
        )


_Read = tuple[Mapping[str, Sequence[str]], Sequence[int], Sequence[Skipped], Sequence[str]]


def _read(path: Path, watch: Watch) -> _Read:
    """Return the columns of a table as texts, the numbers of its rows in the file, what is skipped, and notes."""
    if path.suffix.lower() == PARQUET:
        columns, left = read_table_of(path, watch)
        return columns, range(len(next(iter(columns.values()), ()))), (), left
    table = read_table(path)
    check_memory(printable(str(path)), 8 * len(table.rows) * len(table.header))
    check_shape(printable(str(path)), (len(table.rows), len(table.header)), np.dtype(np.float32))
    columns = {name: [row[i] for _, row in table.rows] for i, name in enumerate(table.header)}
    return columns, [line for line, _ in table.rows], table.skipped, table.notes


def _bid_for_text(path: Path, options: DataOptions) -> Bid | None:
    table = peek_table(path)
    if table is None or not table.rows:
        return None
    if options.modality == "table":
        return Bid(CERTAIN, "a table that is said to be one of measurements")
    rows = table.rows[:PEEKED_ROWS]
    series = len(numbered(table.header)) >= max(3, len(table.header) / 2)
    if series or picture_column(table.header, rows) is not None or list_columns(table.header, rows):
        return None
    label = options.label_column or first_named(table.header, LABEL_NAMES)
    known = {label, first_named(table.header, ID_NAMES)}
    columns = {name: [row[i] for row in rows] for i, name in enumerate(table.header) if name not in known}
    kinds = {name: kind_of_column(name, values) for name, values in columns.items()}
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    categories = [name for name, kind in kinds.items() if kind == "category" and len(set(columns[name])) > 1]
    gaps = any(is_missing(value) for name in numbers for value in columns[name])
    if len(numbers) + len(categories) < 2 or not numbers or not (categories or gaps):
        return None
    if label is None and len(categories) == 1 and not gaps:
        return None  # vectors with their classes, under a name of their own
    missing = ", some missing" if gaps else ""
    told = f"{several(len(numbers), 'column')} of numbers{missing}, {len(categories):,} of categories"
    enough = len(numbers) + len(categories) >= MANY_COLUMNS
    return Bid(MANY if enough else MIXED, f"a table of measurements: {told}")


def _bid_for_parquet(path: Path, *, asked: bool) -> Bid | None:
    found = plain_columns(path)
    if found is None:
        return None
    numbers, texts = found
    label = first_named((*numbers, *texts), LABEL_NAMES)
    categories = [name for name in texts if name not in (label, first_named(texts, ID_NAMES))]
    if asked:
        return Bid(CERTAIN, "a table that is said to be one of measurements")
    if not numbers or not categories or label is None or len(numbered(numbers)) >= max(3, len(numbers) / 2):
        return None
    told = f"{several(len(numbers), 'column')} of numbers, {several(len(categories), 'column')} of texts"
    return Bid(SEEN + 0.05, f"a table of measurements: {told}")
