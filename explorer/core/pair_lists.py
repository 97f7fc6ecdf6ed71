"""Lists of pairs to be verified: what their files say, in the forms that this field writes, and whose items they name.

LFW writes ``name n m`` for two pictures of one person and ``name n other m`` for two people, below a line that counts
folds and pairs; VoxCeleb ``1 path path``; others ``path path 1``, or a table with the columns a, b and perhaps same.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.types import BoolArray, IntArray, frozen

SAME = {"1": True, "true": True, "yes": True, "same": True, "0": False, "false": False, "no": False, "different": False}
CELL_LIMIT = 1 << 16
SEVERAL = -1
"""Stands for the row of an item where several are called so."""
_UNCLOSED, _BEHIND = re.compile(r"end\sof\sdata"), re.compile(r"expected\safter")
"""What the reader of tables says of a quotation that does not end, and of what stands behind one."""
_LFW_TABLE = ("name", "imagenum1", "imagenum2")


class NamedPair(NamedTuple):
    """A pair as its line names it; ``same``: None where the classes of the two decide; ``fold`` from 1, 0: none."""

    line: int
    a: str
    b: str
    same: bool | None
    fold: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class PairList:
    """Pairs that came with data, as its file ``name`` lists them.

    ``rows`` (P, 2) int64: of which items; ``same`` (P,): whether the two are; ``folds`` (P,) from 1, 0 where there are
    none; ``listed``: how many pairs the file has, those of items that are not here included.
    """

    name: str
    rows: IntArray
    same: BoolArray
    folds: IntArray
    listed: int

    def __len__(self) -> int:
        return len(self.rows)

    def among(self, items: IntArray, count: int) -> PairList:
        """Return the pairs of which both are among some ``items`` (M,) of ``count``, whose positions their rows are."""
        place = np.full(count, -1, dtype=np.int64)
        place[items] = np.arange(len(items))
        rows = place[self.rows].reshape(-1, 2)
        kept = (rows >= 0).all(axis=1)
        return PairList(self.name, frozen(rows[kept]), self.same[kept], self.folds[kept], self.listed)

    def behind(self, count: int) -> PairList:
        """Return the same pairs where ``count`` items stand before those that they name."""
        return PairList(self.name, frozen(self.rows + count), self.same, self.folds, self.listed)


class ItemFinder:
    """Finds items by their ids, by the end of their paths, and without their endings, where that is unique."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._rows: dict[str, int] = {}
        exact = {name: row for row, name in enumerate(ids)}
        for row, name in enumerate(ids):
            place = PurePosixPath(name)
            for short in {str(place.with_suffix("")) if place.name else name, place.name, place.stem}:
                self._rows[short] = row if short not in self._rows else SEVERAL
        self._rows |= exact
        self._ends: dict[str, int] = {}
        self._ids = ids

    def row(self, name: str) -> int | None:
        """Return the row of an item, ``SEVERAL`` where several are called so, and None where none is."""
        found = self._rows.get(name)
        if found is not None and (found != SEVERAL or "/" not in name):
            return found
        return self._by_end(name) if "/" in name else None

    def _by_end(self, name: str) -> int | None:
        """Return the row of the item whose path ends so: ``id1/a.wav`` of ``wav/id1/a.wav``."""
        if not self._ends:
            for row, path in enumerate(self._ids):
                while (cut := path.find("/")) >= 0:
                    path = path[cut + 1 :]
                    self._ends[path] = row if path not in self._ends else SEVERAL
        return self._ends.get(name.removeprefix("./").lstrip("/"))


def named_pairs(name: str, lines: Iterator[str]) -> Iterator[NamedPair]:
    """Yield the pairs of a file called ``name``.

    Raises
    ------
    UserError: if a line is of no form that is read; the line is named. csv.Error: if it is no table of text.
    """
    yield from _text(name, lines) if name.lower().endswith(".txt") else _table(name, lines)


def wrong(name: str, line: int, what: str, remedy: str) -> UserError:
    """Return what is wrong with a line of a file."""
    return UserError(f"Line {line} of {printable(name)} {what}", remedy=remedy)


def records(name: str, lines: Iterable[str], delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the last line, and the cells, of each record of a table of text called ``name``.

    Raises
    ------
    UserError: where its quotation marks are wrong; the line is named. csv.Error: if it is no table of text.
    """
    csv.field_size_limit(CELL_LIMIT)
    reader, begun = csv.reader(lines, delimiter=delimiter, strict=True), 1
    try:
        for cells in reader:
            yield reader.line_num, cells
            begun = reader.line_num + 1
    except csv.Error as error:
        if _UNCLOSED.search(str(error)):
            remedy = 'Close it with ", and write "" for a mark within it'
            raise wrong(name, begun, "begins a quotation that does not end", remedy) from error
        if _BEHIND.search(str(error)):
            remedy = 'Write a comma behind it, and "" for a mark within it'
            raise wrong(name, begun, "goes on behind a closed quotation", remedy) from error
        raise


def _table(name: str, lines: Iterator[str]) -> Iterator[NamedPair]:
    rows = records(name, lines)
    _, titles = next(rows, (0, []))
    places = {title.strip().lower(): place for place, title in enumerate(titles)}
    if set(_LFW_TABLE) <= set(places):
        yield from (_of_lfw(name, line, [cell.strip() for cell in cells if cell]) for line, cells in rows if cells)
        return
    if "a" not in places or "b" not in places:
        raise UserError(f"{printable(name)} has no columns a and b", remedy="Write them into its first line")
    for line, cells in rows:
        if not cells:
            continue
        a, b, told = (_cell(cells, places.get(title, -1)) for title in ("a", "b", "same"))
        if told and told.lower() not in SAME:
            raise wrong(name, line, f"says {printable(told)!r} of its pair", "Write 1 or 0 under same")
        yield NamedPair(line, a, b, SAME.get(told.lower()))


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if 0 <= place < len(cells) else ""


def _text(name: str, lines: Iterator[str]) -> Iterator[NamedPair]:
    """Yield the pairs of a text; the first line of LFW counts folds and pairs of either sort in each."""
    size = seen = 0
    for line, text in enumerate(lines, 1):
        cells = text.split()
        if not cells:
            continue
        if line == 1 and len(cells) <= 2 and all(cell.isdecimal() for cell in cells):
            size = 2 * int(cells[1]) if len(cells) == 2 else 0
            continue
        pair = _of_paths(line, cells) or _of_lfw(name, line, cells)
        yield pair._replace(fold=seen // size + 1 if size else 0)
        seen += 1


def _of_paths(line: int, cells: Sequence[str]) -> NamedPair | None:
    """Return the pair of ``1 path path``, ``path path 1`` or ``path path``; None: it has another form."""
    if len(cells) not in (2, 3) or cells[1].isdecimal():
        return None
    if len(cells) == 2:
        return NamedPair(line, cells[0], cells[1], None)
    first, _, last = cells
    if first in ("0", "1"):
        return NamedPair(line, cells[1], last, SAME[first])
    return NamedPair(line, first, cells[1], SAME[last.lower()]) if last.lower() in SAME else None


def _of_lfw(name: str, line: int, cells: Sequence[str]) -> NamedPair:
    if len(cells) == 3:
        cells = [cells[0], cells[1], cells[0], cells[2]]
    if len(cells) != 4 or not (cells[1].isdecimal() and cells[3].isdecimal()):
        raise wrong(
            name,
            line,
            "is not of LFW's form, and not of two paths",
            "Write: name number number, or name number name number, or 1 path path",
        )
    a, b = f"{cells[0]}_{int(cells[1]):04d}", f"{cells[2]}_{int(cells[3]):04d}"
    return NamedPair(line, a, b, cells[0] == cells[2])
