"""A table of measurements: columns of numbers and of categories, a row an item; CSV, TSV, JSON Lines or Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.name_lists import names_in, names_out
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.text_column import TextColumn
from explorer.core.types import Skipped
from explorer.data.bids import CERTAIN, LAST, NAMED, SEEN, Bid
from explorer.data.formats.csvfile import PEEKED_ROWS, picture_column
from explorer.data.formats.parquet_table import plain_columns, read_table_of, with_gaps
from explorer.data.formats.tablefile import LINES, peek_any, read_any
from explorer.data.formats.vectors import ID_NAMES, check_memory, check_shape, first_named, ids_told, safe
from explorer.data.formats.vectortable import label_column, list_columns, numbered, series, vector_places
from explorer.data.labels.label_column import LABEL_NAMES, plain_values
from explorer.data.labels.labelling import labelling
from explorer.data.labels.measured_columns import (
    EMPTY,
    OTHERS,
    Kinds,
    Measured,
    is_missing,
    kind_of_column,
    measured,
)
from explorer.data.listing import Listing, Watch, digest
from explorer.data.names import listed, of_file, several, told_again, unique

TEXTS = frozenset({".csv", ".tsv"})
PARQUET = ".parquet"
MIXED = NAMED + 0.05
"""The bid for a table with numbers and categories: above that for vectors, below that for pictures that are there."""
MANY, MANY_COLUMNS = NAMED + 0.15, 3
"""The bid where there are so many of them: above that for a column of sentences that is not called a text."""


FEW = LAST + 0.05
"""The bid for one or two columns of numbers alone: above that of who will refuse the table, below any other."""


@register("source", "measurements", title="Table of measurements")
class MeasurementSource:
    """A table whose rows are items: its columns of numbers and of categories are what is learned from.

    The class is a column as in every table. Columns that count the rows, say how the table is used, or hold another
    text in most rows are none of the measurements, and are kept beside them. A table of numbers alone, none of which is
    missing, is one of vectors; ``data.modality=table`` takes it as measurements. ``data.numbers``, ``data.categories``,
    ``data.left_out`` and ``data.id_column`` say what columns are where the guess is wrong.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a table with numbers and categories, or missing numbers; see ``listing.Source``."""
        path = Path(spec)
        ending = path.suffix.lower()
        if ending not in {*TEXTS, *LINES, PARQUET} or options.modality not in ("", "table") or not path.is_file():
            return None
        if ending == PARQUET:
            return _bid_for_parquet(path, asked=options.modality == "table" or _is_said(options))
        return _bid_for_text(path, options)

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a table of measurements; see ``listing.Source``."""
        path = Path(spec).absolute()
        watch.progress("Reading the table", 0, 0)
        columns, lines, skipped, notes = _read(path, watch)
        by_hand = _by_hand(path, columns, options)
        target = options.target_column
        label, told = label_column(path, columns, options.label_column, target)
        others = [name for name in columns if name not in (label, target) and name not in by_hand.named]
        own = options.id_column or first_named(others, ID_NAMES)
        told += ids_told(own)
        found = measured({name: cells for name, cells in columns.items() if name not in (label, own, target)}, by_hand)
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
            name=of_file(path),
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
            reading=_reading(found),
        )


def _reading(found: Measured) -> dict[str, str]:
    """Return the options by which another table is read as this one was."""
    return {"numbers": names_out(found.numbers), "categories": names_out(found.categories), "left_out": OTHERS}


def _is_said(options: DataOptions) -> bool:
    return bool(options.numbers or options.categories or options.left_out)


def _by_hand(path: Path, columns: Mapping[str, Sequence[str]], options: DataOptions) -> Kinds:
    """Return what columns are by hand, or as those were on which a run was trained.

    Raises
    ------
    UserError: if one is not there.
    """
    by_hand = Kinds(names_in(options.numbers), names_in(options.categories), names_in(options.left_out))
    ids = (options.id_column,) if options.id_column else ()
    absent = [printable(name) for name in (*by_hand.named, *ids) if name not in columns]
    if absent:
        what = "column" if len(absent) == 1 else "columns"
        have = listed([printable(name) for name in columns])
        raise UserError(
            f"{printable(str(path))} has no {what} {listed(absent)}; it has {have}",
            remedy="Give a table with all columns, or other ones: data.numbers, data.categories, data.left_out",
        )
    return by_hand


_Read = tuple[Mapping[str, Sequence[str]], Sequence[int], Sequence[Skipped], Sequence[str]]


def _read(path: Path, watch: Watch) -> _Read:
    """Return the columns of a table as texts, the numbers of its rows in the file, what is skipped, and notes."""
    if path.suffix.lower() == PARQUET:
        columns, left = read_table_of(path, watch)
        return columns, range(len(next(iter(columns.values()), ()))), (), left
    table = read_any(path)
    check_memory(printable(str(path)), 8 * len(table.rows) * len(table.header))
    check_shape(printable(str(path)), (len(table.rows), len(table.header)), np.dtype(np.float32))
    columns = {name: [row[i] for _, row in table.rows] for i, name in enumerate(table.header)}
    return columns, [line for line, _ in table.rows], table.skipped, table.notes


def _bid_for_text(path: Path, options: DataOptions) -> Bid | None:
    table = peek_any(path)
    if table is None or not table.rows:
        return None
    if options.modality == "table" or _is_said(options):
        return Bid(CERTAIN, "a table that is said to be one of measurements")
    rows = table.rows[:PEEKED_ROWS]
    counted = len(series(table.header, rows)) >= max(3, len(table.header) / 2)
    if counted or picture_column(table.header, rows) is not None or list_columns(table.header, rows):
        return None
    label = options.label_column or first_named(table.header, LABEL_NAMES)
    known = {label, first_named(table.header, ID_NAMES)}
    columns = {name: [row[i] for row in rows] for i, name in enumerate(table.header) if name not in known}
    kinds = {name: kind_of_column(name, values) for name, values in columns.items()}
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    categories = [name for name, kind in kinds.items() if kind == "category" and len(set(columns[name])) > 1]
    gaps = any(is_missing(value) for name in numbers for value in columns[name]) or EMPTY in kinds.values()
    if not numbers or (label is None and len(numbers) + len(categories) < 2):
        return None
    vectors = vector_places(table.header, rows)
    if vectors and not gaps and (not categories or (label is None and len(categories) == 1)):
        return None  # with their classes, under a name of their own
    missing = ", some missing" if gaps else ""
    named = f", {len(categories):,} of categories" if categories else ""
    told = f"{several(len(numbers), 'column')} of numbers{missing}{named}"
    if len(numbers) + len(categories) < 2 or not (categories or gaps):
        return None if label is None else Bid(FEW, f"a table of measurements: {told}")
    enough = len(numbers) + len(categories) >= MANY_COLUMNS
    return Bid(MANY if enough else MIXED, f"a table of measurements: {told}")


def _bid_for_parquet(path: Path, *, asked: bool) -> Bid | None:
    found, peek = plain_columns(path), peek_any(path)
    if found is None or (not asked and peek is not None and picture_column(peek.header, peek.rows) is not None):
        return None
    numbers, texts = found
    label = first_named((*numbers, *texts), LABEL_NAMES)
    categories = [name for name in texts if name not in (label, first_named(texts, ID_NAMES))]
    if asked:
        return Bid(CERTAIN, "a table that is said to be one of measurements")
    numbers = [name for name in numbers if name not in (label, first_named(numbers, ID_NAMES))]
    if not numbers or label is None or len(numbered(numbers)) >= max(3, len(numbers) / 2):
        return None
    if not categories and len(numbers) > 1 and not with_gaps(path, numbers):
        return None
    told = f"{several(len(numbers), 'column')} of numbers, {several(len(categories), 'column')} of texts"
    return Bid(SEEN + 0.05, f"a table of measurements: {told}")
