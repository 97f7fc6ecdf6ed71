"""``items.csv``: which item of the dataset each row of a snapshot is, for people, spreadsheets and the program.

Text cells that a spreadsheet would run as a formula get a leading apostrophe (OWASP, CSV injection), which is taken
off again on reading; so does text that begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.text_column import AT_ONCE, TextColumn, TextColumnBuilder
from explorer.core.types import IntArray, frozen
from explorer.runs.atomic import FileRecord, write_synced

ITEMS_NAME = "items.csv"

FIXED = ("index", "id", "class", "label", "part")
COLUMN = "column:"
"""Prefix of the header of a further column of the dataset."""

PARTS = frozenset({"train", "held-out", ""})
_DANGEROUS = frozenset("=+-@\t\r\n'")
CELL_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class RunItems:
    """The items of the dataset that a run was trained on, in its order.

    ``ids`` (N,); ``labels`` (N,) int64; ``parts`` (N,): ``train``, ``held-out`` or empty; ``columns``: one text
    an item.
    """

    ids: TextColumn
    labels: IntArray
    parts: TextColumn
    columns: Mapping[str, TextColumn] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def indices(self, part: str) -> IntArray:
        """Return the items of a part, ascending."""
        indices: IntArray = frozen(self.parts.rows_of(part), np.int64)
        return indices


def safe_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula; ``plain_cell`` undoes it."""
    return f"'{text}" if text[:1] in _DANGEROUS and text else text


def plain_cell(cell: str) -> str:
    """Return the text that ``safe_cell`` was given."""
    return cell[1:] if cell.startswith("'") else cell


def write_items(path: Path, items: RunItems, class_names: tuple[str, ...]) -> FileRecord:
    """Write ``items.csv``; names that are not UTF-8 keep their bytes."""
    return write_synced(path, _lines(items, class_names))


def _lines(items: RunItems, class_names: tuple[str, ...]) -> Iterator[bytes]:
    """Yield the header, then some rows at a time."""
    yield _encoded([[*FIXED, *(COLUMN + name for name in items.columns)]])
    named = [safe_cell(name) for name in (*class_names, "")]
    columns = (items.ids, items.parts, *items.columns.values())
    portions = zip(*(column.portions() for column in columns), strict=True)
    for number, (ids, parts, *further) in enumerate(portions):
        first = number * AT_ONCE
        labels = items.labels[first : first + len(ids)].tolist()
        cells = [[safe_cell(text) for text in column] for column in (ids, *further)]
        numbers = range(first, first + len(ids))
        own, *others = cells
        names = [named[label] for label in labels]
        yield _encoded(zip(numbers, own, names, labels, parts, *others, strict=True))


def _encoded(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_MINIMAL).writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")


def read_items(path: Path, *, expected: int, classes: int) -> RunItems:
    """Read ``items.csv``.

    Raises
    ------
    UserError: if it is missing or damaged; the row is named.
    """
    row = 0
    try:
        csv.field_size_limit(CELL_LIMIT)
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader)
            if tuple(header[: len(FIXED)]) != FIXED:
                raise ValueError("its header is not the one that was written")
            names = [name.removeprefix(COLUMN) for name in header[len(FIXED) :]]
            builders = [TextColumnBuilder() for _ in range(2 + len(names))]
            labels: list[int] = []
            checked = (_checked(row := number, cells, len(header), classes) for number, cells in enumerate(reader))
            while rows := list(islice(checked, AT_ONCE)):
                numbers, *texts = zip(*rows, strict=True)
                labels += numbers
                for builder, column in zip(builders, texts, strict=True):
                    builder.extend(column)
            if len(labels) != expected:
                raise ValueError(f"it has {len(labels)} items instead of {expected}")
        ids, parts, *further = (builder.column() for builder in builders)
        return RunItems(ids, frozen(labels, np.int64), parts, dict(zip(names, further, strict=True)))
    except (OSError, ValueError, csv.Error, StopIteration) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(
            f"{printable(str(path))} cannot be read at item {row}: {reason or 'it is empty'}",
            remedy="Restore the file from a copy of the run",
        ) from error


def _checked(row: int, cells: list[str], width: int, classes: int) -> tuple[Any, ...]:
    """Return the class of a row, then its texts: id, part and further columns."""
    if len(cells) != width or cells[0] != str(row):
        raise ValueError("the row is not the one that was written")
    label = int(cells[3])
    if not -1 <= label < classes or cells[4] not in PARTS:
        raise ValueError("its class or part does not exist")
    return (label, plain_cell(cells[1]), cells[4], *(plain_cell(cell) for cell in cells[5:]))
