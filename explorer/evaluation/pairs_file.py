"""Pairs that a file names: ``pairs.csv`` with the columns a, b and perhaps same, or LFW's ``pairs.txt``."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.types import UNLABELLED, IntArray
from explorer.evaluation.comparison import GivenPairs

SAME = {"1": True, "true": True, "yes": True, "same": True, "0": False, "false": False, "no": False, "different": False}
CELL_LIMIT = 1 << 16
_SEVERAL = -1


class _Named(NamedTuple):
    """A pair as its line names it; ``same``: None where the classes of the two decide."""

    line: int
    a: str
    b: str
    same: bool | None


def read_pairs(path: Path, ids: Sequence[str], classes: IntArray) -> GivenPairs:
    """Read the pairs of a file.

    Parameters
    ----------
    ids: (M,) of the items. A file may name one by its id, by the end of its path, and without its ending, where that
        is unique.
    classes: (M,) which decide where the file does not say whether the two are the same.

    Raises
    ------
    UserError: if the file cannot be read, says nothing, or names an item that is not there; the line is named.
    """
    rows_of = _Finder(ids)
    rows, same = [], []
    for pair in _pairs(path):
        a, b = (rows_of.row(name, path, pair.line) for name in (pair.a, pair.b))
        if pair.same is None and UNLABELLED in (classes[a], classes[b]):
            raise _wrong(path, pair.line, "names an item without a class, and does not say same", "Add a column same")
        rows.append((a, b))
        same.append(bool(classes[a] == classes[b]) if pair.same is None else pair.same)
    if not rows:
        raise UserError(f"{printable(str(path))} names no pairs", remedy="Write the columns a and b, a pair a line")
    return GivenPairs(np.array(rows, np.int64), np.array(same, np.bool_))


class _Finder:
    """Finds items by their ids, or by shorter names that are unique."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._rows: dict[str, int] = {}
        exact = {name: row for row, name in enumerate(ids)}
        for row, name in enumerate(ids):
            place = PurePosixPath(name)
            for short in {str(place.with_suffix("")) if place.name else name, place.name, place.stem}:
                self._rows[short] = row if short not in self._rows else _SEVERAL
        self._rows |= exact

    def row(self, name: str, path: Path, line: int) -> int:
        found = self._rows.get(name)
        if found is None:
            raise _wrong(
                path,
                line,
                f"names {printable(name)}, which is not among the items that are measured",
                "Only held-out items are: give --data with those of the file",
            )
        if found == _SEVERAL:
            raise _wrong(path, line, f"names {printable(name)}, which several items are called", "Write their paths")
        return found


def _wrong(path: Path, line: int, what: str, remedy: str) -> UserError:
    return UserError(f"line {line} of {printable(path.name)} {what}", remedy=remedy)


def _pairs(path: Path) -> Iterator[_Named]:
    try:
        csv.field_size_limit(CELL_LIMIT)
        with open(path, encoding="utf-8-sig", newline="") as file:
            yield from _lfw(path, file) if path.suffix.lower() == ".txt" else _table(path, file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not a table of text"
        raise UserError(f"{printable(str(path))} cannot be read: {reason}", remedy="Give a CSV with a, b") from error


def _table(path: Path, file: Iterator[str]) -> Iterator[_Named]:
    reader = csv.DictReader(file, restval="")
    names = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    if "a" not in names or "b" not in names:
        raise UserError(f"{printable(path.name)} has no columns a and b", remedy="Write them into its first line")
    for row in reader:
        line, said = reader.line_num, row[names["same"]].strip().lower() if "same" in names else ""
        if said and said not in SAME:
            raise _wrong(path, line, f"says {printable(said)!r} of its pair", "Write 1 or 0 under same")
        yield _Named(line, row[names["a"]].strip(), row[names["b"]].strip(), SAME.get(said))


def _lfw(path: Path, file: Iterator[str]) -> Iterator[_Named]:
    """Yield the pairs of LFW: ``name n m`` of one person, ``name n other m`` of two; the first line counts them."""
    for line, text in enumerate(file, 1):
        cells = text.split()
        if not cells or (line == 1 and len(cells) <= 2):
            continue
        if len(cells) == 3:
            cells = [cells[0], cells[1], cells[0], cells[2]]
        if len(cells) != 4 or not (cells[1].isdecimal() and cells[3].isdecimal()):
            raise _wrong(path, line, "is not of LFW's form", "Write: name number number, or name number name number")
        a, b = f"{cells[0]}_{int(cells[1]):04d}", f"{cells[2]}_{int(cells[3]):04d}"
        yield _Named(line, a, b, cells[0] == cells[2])
