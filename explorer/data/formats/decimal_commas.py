"""What commas and points are in the numbers of a table: decimal, ``0,5;1,2``, as in most of Europe, or thousands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from explorer.core.errors import printable
from explorer.data.formats.cells import is_number
from explorer.data.labels.label_column import LABEL_NAMES, plain_name
from explorer.data.names import listed

NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?(?:[eE][+-]?\d+)?")
"""A number whose decimal point is a comma; points may part its thousands."""
FRACTION = re.compile(r"[+-]?[\d.]+,\d+(?:[eE][+-]?\d+)?")
"""One that has such a comma."""
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
"""One that has commas between its thousands, as in English."""
ZERO = re.compile(r"[+-]?(?:0\d+,\d+|[\d.]+,0\d+)(?:[eE][+-]?\d+)?")
"""A number with a decimal comma that is no pair of whole numbers: nobody writes these with a zero before them."""
ENGLISH = re.compile(r"[+-]?(?:\d{1,3}|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?")
"""A number with commas between its thousands, where it has so many."""
SPACED = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?")
"""A number with blanks between its thousands."""
_BLANKS = re.compile(r"[ \u00a0\u202f]")
_PARTS = re.compile(r"; *|, +")
POINTS = re.compile(r"[+-]?(?:\d{1,3}|[1-9]\d{0,2}(?:\.\d{3})+)")
"""A whole number with points between its thousands, where it has so many."""
LOOKED_AT = 1000
"""Cells by which a column without a comma is judged."""
LABELS = frozenset(LABEL_NAMES) - {"y"}
"""Columns in which a comma may as well part two labels, in small letters."""


def parted_by(lines: Sequence[str], delimiters: str) -> str:
    """Return which of the ``delimiters`` parts every one of the ``lines`` into cells whose commas are decimal.

    Empty where none does, and where there is no comma.
    """
    for delimiter in delimiters:
        rows = [line.split(delimiter) for line in lines]
        cells = [cell.strip().strip('"') for row in rows for cell in row if "," in cell]
        alike = bool(rows) and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1
        if alike and cells and all(FRACTION.fullmatch(cell) for cell in cells):
            return delimiter
    return ""


def pointed(cell: str) -> str:
    """Return a number as it is written with a decimal point; any other cell as it is."""
    return cell.replace(".", "").replace(",", ".") if NUMBER.fullmatch(cell) else cell


@dataclass(frozen=True, slots=True)
class Separators:
    """The columns whose numbers have decimal commas, as is ``sure`` or not of those ``alike``, or parted thousands.

    ``decimal``: with commas that can be nothing else; ``alike``: all of whose commas stand before three digits;
    ``commas``: with commas between thousands; ``points``, ``spaced``: with points or blanks between them.
    """

    decimal: tuple[int, ...] = ()
    alike: tuple[int, ...] = ()
    commas: tuple[int, ...] = ()
    points: tuple[int, ...] = ()
    spaced: tuple[int, ...] = ()
    sure: bool = True

    def plain(self, row: Sequence[str]) -> tuple[str, ...]:
        """Return a row whose numbers are written with decimal points, and nothing between thousands."""
        how, row = self._how(), without_blanks(row, self.spaced)
        return tuple(how[column](cell) if column in how else cell for column, cell in enumerate(row))

    def _how(self) -> Mapping[int, Callable[[str], str]]:
        pointed_ones = dict.fromkeys((*self.decimal, *self.alike, *self.points), pointed)
        return {**pointed_ones, **dict.fromkeys(self.commas, _without_thousands)}

    def told(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
        """Return what is said of them; ``rows`` as they are in the file."""
        decimal, alike, commas, points = (
            listed([printable(header[column]) for column in columns], 4)
            for columns in (self.decimal, self.alike, self.commas, self.points)
        )
        said = []
        if self.spaced:
            said.append(f"Blanks part thousands in {listed([printable(header[c]) for c in self.spaced], 4)}")
        if decimal:
            said.append(f"Commas are decimal points in {decimal}")
        if alike and self.sure:
            shown = self._example(self.alike, rows)
            said.append(f"Commas before three digits are decimal points in {alike} as in {decimal}: {shown}")
        elif alike:
            shown = self._example(self.alike, rows)
            said.append(f"Commas before three digits are decimal points in {alike}, and part no thousands: {shown}")
        if commas:
            said.append(f"Commas part thousands in {commas}: {self._example(self.commas, rows)}")
        if points:
            shown = self._example(self.points, rows)
            said.append(f"Points part thousands in {points}, as commas are decimal points in {decimal}: {shown}")
        return tuple(said)

    def _example(self, columns: Sequence[int], rows: Sequence[Sequence[str]]) -> str:
        """Return the first number of the ``columns`` that is written otherwise than it is meant, and what it is."""
        how = self._how()
        pairs = ((row[column], how[column](row[column])) for row in rows for column in columns)
        return next(f"{cell} = {plain}" for cell, plain in pairs if cell != plain)


_KINDS = ("decimal", "alike", "commas", "points")


def separators(header: Sequence[str], rows: Sequence[Sequence[str]], *, quoted: bool) -> Separators:
    """Return what the commas and points in the numbers of a table are, decided for all of its columns together.

    A column whose commas all stand before exactly three digits, ``1,250``, says nothing by itself: it is as the others
    are. Of those called as labels none is looked at: ``1,2`` may be two labels.

    Parameters
    ----------
    quoted: whether commas part the cells as well, so that ``"1,2"`` may be a list. Commas are decimal there only where
        nothing else can be meant: several columns are so, or a number such as ``0,05`` is no pair of whole numbers.
    """
    spaced = _spaced(header, rows)
    rows = [without_blanks(row, spaced) for row in rows] if spaced else rows
    if not any("," in cell for row in rows for cell in row):
        return Separators(spaced=spaced)
    found = _separators(header, rows, quoted=quoted)
    return replace(found, spaced=spaced)


def _separators(header: Sequence[str], rows: Sequence[Sequence[str]], *, quoted: bool) -> Separators:
    """Return what commas and points are; see ``separators``."""
    kinds = _kinds(header, rows)
    decimal, alike, commas, points, plain = (
        tuple(column for column, kind in kinds.items() if kind == wanted) for wanted in (*_KINDS, "plain")
    )
    if (
        quoted
        and len(decimal) + len(alike) < 2
        and not any(ZERO.fullmatch(r[column]) for r in rows for column in decimal)
    ):
        decimal = ()
    if decimal:
        return Separators(decimal, alike, commas, () if plain else points)
    if commas or plain:
        return Separators(commas=(*commas, *alike))
    return Separators(alike=() if quoted else alike, sure=False)


def _spaced(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Return the columns of numbers with blanks between thousands, which are no lists of whole numbers."""
    columns = [column for column, name in enumerate(header) if plain_name(name) not in LABELS]
    likely = [column for column in columns if any(SPACED.fullmatch(row[column]) for row in rows[:LOOKED_AT])]
    return tuple(column for column in likely if _is_spaced([row[column] for row in rows if row[column]]))


def _is_spaced(cells: Sequence[str]) -> bool:
    parted = [cell for cell in cells if SPACED.fullmatch(cell)]
    others = [cell for cell in cells if not SPACED.fullmatch(cell)]
    if any(not is_number(cell) and not NUMBER.fullmatch(cell) for cell in others):
        return False
    return bool(others) or any(set(".,\u00a0\u202f") & set(cell) for cell in parted)


def without_blanks(row: Sequence[str], columns: Sequence[int]) -> tuple[str, ...]:
    """Return a row without blanks in the numbers of some columns."""
    cells = list(row)
    for column in columns:
        cells[column] = _BLANKS.sub("", cells[column]) if SPACED.fullmatch(cells[column]) else cells[column]
    return tuple(cells)


def _kinds(header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[int, str]:
    """Return what the numbers of columns say in which most cells have a digit; empty where they say nothing."""
    kinds = {}
    for column, name in enumerate(header):
        cells = [row[column] for row in rows if any(map(str.isdigit, row[column]))]
        if plain_name(name) not in LABELS and 2 * len(cells) > len(rows):
            kinds[column] = _kind(cells)
    return kinds


def _kind(cells: Sequence[str]) -> str:
    """Return what the numbers of a column say: one of ``_KINDS``, ``plain`` with a decimal point, or nothing."""
    if not any("," in cell for cell in cells):
        if all(map(POINTS.fullmatch, cells)):
            return "points" if any("." in cell for cell in cells) else ""
        shown = cells[:LOOKED_AT]
        return "plain" if all(map(is_number, shown)) and any("." in cell for cell in shown) else ""
    decimal, english = all(map(NUMBER.fullmatch, cells)), all(map(ENGLISH.fullmatch, cells))
    if decimal:
        return "alike" if english else "decimal"
    varied = (
        any("." in cell for cell in cells) or len({cell.count(",") for cell in cells}) > 1
    )  # no lists of one length
    return "commas" if english and varied else ""


def _without_thousands(cell: str) -> str:
    """Return a number without commas between its thousands; any other cell as it is."""
    return cell.replace(",", "") if ENGLISH.fullmatch(cell) else cell


def decimal_list(cell: str) -> list[str] | None:
    """Return the numbers, with decimal points, of a list of numbers with decimal commas, ``0,1; 0,2`` or ``0,1, 0,2``.

    None where a cell is no such list.
    """
    for between in (";", ", "):
        parts = [part.strip() for part in cell.split(between)]
        if len(parts) > 1 and all(map(NUMBER.fullmatch, parts)) and any(map(FRACTION.fullmatch, parts)):
            return [pointed(part) for part in parts]
    return None


def is_doubtful(cells: Sequence[str]) -> bool:
    """Whether most of the cells may be lists of whole numbers, or numbers with a comma in each."""
    return 2 * sum(map(_may_be_either, cells)) > len(cells)


def _may_be_either(cell: str) -> bool:
    inside = cell.strip("()[] ")
    if FRACTION.fullmatch(cell) or THOUSANDS.fullmatch(cell):
        return True
    if decimal_list(inside) is not None:
        return all(map(THOUSANDS.fullmatch, (part for part in _PARTS.split(inside) if "," in part)))
    parts = inside.split()
    return len(parts) > 1 and all(map(FRACTION.fullmatch, parts))
