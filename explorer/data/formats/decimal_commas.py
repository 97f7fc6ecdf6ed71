"""Tables in which commas are decimal points, ``0,5;1,2``, as spreadsheets write them in most of Europe."""

from __future__ import annotations

import re
from collections.abc import Sequence

from explorer.data.labels.label_column import LABEL_NAMES, plain_name

NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?(?:[eE][+-]?\d+)?")
"""A number whose decimal point is a comma; points may part its thousands."""
FRACTION = re.compile(r"[+-]?[\d.]+,\d+(?:[eE][+-]?\d+)?")
"""One that has such a comma."""
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
"""One that has commas between its thousands, as in English."""
ZERO = re.compile(r"[+-]?(?:0\d+,\d+|[\d.]+,0\d+)(?:[eE][+-]?\d+)?")
"""A number with a decimal comma that is no pair of whole numbers: nobody writes these with a zero before them."""
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


def comma_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns of numbers with decimal commas: all of their cells with a digit are, some with a comma.

    Of those called as labels are there is none: ``1,2`` may be two labels.
    """
    found = []
    for column, name in enumerate(header):
        if plain_name(name) in LABELS or not any("," in row[column] for row in rows):
            continue
        cells = [row[column] for row in rows if any(map(str.isdigit, row[column]))]
        numbers = all(NUMBER.fullmatch(cell) for cell in cells) and any(map(FRACTION.fullmatch, cells))
        if numbers and 2 * len(cells) > len(rows):
            found.append(column)
    return found


def quoted_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns of numbers with decimal commas of a table whose cells commas part as well: ``"0,5","1,2"``.

    Only where nothing else can be meant: several columns are so, or a number such as ``0,05`` is no pair of whole
    numbers, and not all of them are such as ``1,250``, which may be thousands.
    """
    columns = comma_columns(header, rows)
    cells = [row[column] for row in rows for column in columns if "," in row[column]]
    if all(map(THOUSANDS.fullmatch, cells)):
        return []
    return columns if len(columns) > 1 or any(map(ZERO.fullmatch, cells)) else []


def is_doubtful(cells: Sequence[str]) -> bool:
    """Whether most of the cells may be lists of whole numbers, or each one number with a comma in it."""
    single = [cell for cell in cells if FRACTION.fullmatch(cell) or THOUSANDS.fullmatch(cell)]
    return 2 * len(single) > len(cells)


def with_points(row: Sequence[str], columns: frozenset[int]) -> tuple[str, ...]:
    """Return a row whose numbers in these columns have decimal points."""
    return tuple(pointed(cell) if column in columns else cell for column, cell in enumerate(row))
