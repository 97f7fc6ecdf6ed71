"""``items.csv``: which item of the dataset each row of a snapshot is, for people, spreadsheets and the program.

Text cells that a spreadsheet would run as a formula get a leading apostrophe (OWASP, CSV injection), which is taken
off again on reading; so does text that begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
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

    ids: tuple[str, ...]
    labels: IntArray
    parts: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def indices(self, part: str) -> IntArray:
        """Return the items of a part, ascending."""
        found = [index for index, name in enumerate(self.parts) if name == part]
        indices: IntArray = frozen(found, np.int64)
        return indices


def safe_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula; ``plain_cell`` undoes it."""
    return f"'{text}" if text[:1] in _DANGEROUS and text else text


def plain_cell(cell: str) -> str:
    """Return the text that ``safe_cell`` was given."""
    return cell[1:] if cell.startswith("'") else cell


def write_items(path: Path, items: RunItems, class_names: tuple[str, ...]) -> FileRecord:
    """Write ``items.csv``; names that are not UTF-8 keep their bytes."""
    names = list(items.columns)
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL)
    writer.writerow([*FIXED, *(COLUMN + name for name in names)])
    columns = [items.columns[name] for name in names]
    for index, (item, label, part) in enumerate(zip(items.ids, items.labels.tolist(), items.parts, strict=True)):
        named = class_names[label] if label >= 0 else ""
        further = (safe_cell(column[index]) for column in columns)
        writer.writerow([index, safe_cell(item), safe_cell(named), label, part, *further])
    return write_synced(path, [text.getvalue().encode("utf-8", "surrogateescape")])


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
            rows = []
            for row, cells in enumerate(reader):
                rows.append(_checked(row, cells, len(header), classes))
            if len(rows) != expected:
                raise ValueError(f"it has {len(rows)} items instead of {expected}")
        ids, labels, parts, *further = zip(*rows, strict=True) if rows else ((), (), (), *(() for _ in names))
        numbers: IntArray = frozen(labels, np.int64)
        return RunItems(tuple(ids), numbers, tuple(parts), dict(zip(names, further, strict=True)))
    except (OSError, ValueError, csv.Error, StopIteration) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(
            f"{printable(str(path))} cannot be read at item {row}: {reason or 'it is empty'}",
            remedy="Restore the file from a copy of the run",
        ) from error


def _checked(row: int, cells: list[str], width: int, classes: int) -> tuple[object, ...]:
    if len(cells) != width or cells[0] != str(row):
        raise ValueError("the row is not the one that was written")
    label = int(cells[3])
    if not -1 <= label < classes or cells[4] not in PARTS:
        raise ValueError("its class or part does not exist")
    return (plain_cell(cells[1]), label, cells[4], *(plain_cell(cell) for cell in cells[5:]))
