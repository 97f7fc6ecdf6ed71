"""Vectors in a table: a column a number, beside columns of ids, labels and anything else; as text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.types import FloatArray, Skipped
from explorer.data.formats.cells import is_number
from explorer.data.formats.csvfile import PEEKED_ROWS, Table, picture_column, read_table
from explorer.data.formats.decimal_commas import decimal_list, is_doubtful
from explorer.data.formats.number_lists import numbers_in, within
from explorer.data.formats.vectors import (
    ID_NAMES,
    VECTOR_NAMES,
    Found,
    check_shape,
    first_named,
    ids_told,
)
from explorer.data.labels.label_column import LABEL_NAMES, guessed, is_row_index, plain_name
from explorer.data.listing import Watch
from explorer.data.names import listed, several

CHECK_EVERY = 1024
NUMBERED = re.compile(r"[A-Za-z_]*?[ _.]?(\d+)")
QUOTED = frozenset("=+-@\t\r\n'")
"""Before these the tables of ``embed`` put a quote, so that no spreadsheet takes a text for a formula."""

ROW_NAMES = frozenset(("row", "unnamed:_0", "column_1"))
"""What the first column is called, in small letters, where it may number the rows: pandas writes no name."""


def row_numbers(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str | None:
    """Return the name of the first column where it numbers the first ``rows`` by steps of 1, None where it does not."""
    bare = tuple(header[:2]) == ("column 1", "column 2")  # no column has a name
    if bare or not header or plain_name(header[0]) not in ROW_NAMES:
        return None
    shown = [row[0] for row in rows[:PEEKED_ROWS]]
    if len(shown) < 2 or not all(cell.isdecimal() for cell in shown):
        return None
    return header[0] if all(int(b) - int(a) == 1 for a, b in itertools.pairwise(shown)) else None


def numbered(header: Sequence[str]) -> list[int]:
    """Return the columns of the longest series that is counted from 0 or 1, such as z0, z1, …, at least two; or none.

    This is how the tables of ``embed`` name the numbers of a vector.
    """
    series: dict[str, dict[int, int]] = {}
    for column, name in enumerate(header):
        found = NUMBERED.fullmatch(name)
        if found is not None:
            series.setdefault(name[: found.start(1)], {})[int(found[1])] = column
    best: list[int] = []
    for columns in series.values():
        first = min(columns)
        whole = first in (0, 1) and set(columns) == set(range(first, first + len(columns)))
        if whole and len(columns) >= 2 and len(columns) > len(best):
            best = [columns[number] for number in sorted(columns)]
    return best


def series(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns of ``numbered`` where most cells of the first ``rows`` are numbers: q1, q2 may be answers."""
    places = numbered(header)
    cells = [row[place] for row in rows[:PEEKED_ROWS] for place in places if row[place]]
    numbers = not cells or 2 * sum(map(is_number, cells)) > len(cells)
    return places if numbers or is_own(header, places) else []


def is_own(header: Sequence[str], places: Sequence[int]) -> bool:
    """Whether columns are called z0, z1, …, as ``embed`` calls them."""
    return bool(places) and header[places[0]] == "z0"


def vector_places(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns of the numbers of a vector in a table of text; none where it is a table of something else.

    z0, z1, … are always a vector. Another series is where it makes up half of the columns; in a table that names no
    pictures so are, by the first of the ``rows``, all columns of numbers together that are neither labels nor ids.
    """
    places, enough = series(header, rows), max(3, len(header) / 2)
    if is_own(header, places) or len(places) >= enough:
        return places
    if picture_column(header, rows[:PEEKED_ROWS]) is not None:
        return []
    shown = rows[:PEEKED_ROWS]
    known = {first_named(header, LABEL_NAMES), first_named(header, ID_NAMES), row_numbers(header, shown)}
    numbers = [
        column
        for column, name in enumerate(header)
        if shown and name not in known and not is_row_index(name) and all(is_number(row[column]) for row in shown)
    ]
    return numbers if len(numbers) >= enough else []


def list_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns that hold a whole vector in most cells of the first ``rows``, the likeliest first."""
    shown = rows[:PEEKED_ROWS]
    found = [
        column
        for column in range(len(header))
        if (cells := [row[column] for row in shown if row[column]])
        and 2 * sum(numbers_in(cell) is not None for cell in cells) > len(cells)
    ]
    named = first_named([header[column] for column in found], VECTOR_NAMES)
    return sorted(found, key=lambda column: header[column] != named)


def lists_beside(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns of vectors in a table of something else: no cell of them may be one number, ``0,5``."""
    return [c for c in list_columns(header, rows) if not is_doubtful([row[c] for row in rows[:PEEKED_ROWS] if row[c]])]


def numbers_told(header: Sequence[str], places: Sequence[int]) -> str:
    """Return in words which columns are the numbers of a vector."""
    shown = [printable(header[place]) for place in places]
    if list(places) == numbered(header):
        return f"{several(len(places), 'numbered column')}, {shown[0]} to {shown[-1]}"
    return f"{several(len(places), 'column')} of numbers, {listed(shown, 4)}"


def label_column(
    path: Path, texts: Mapping[str, Sequence[str]], asked: str, target: str = ""
) -> tuple[str | None, list[str]]:
    """Return which column is that of the labels, the one that is asked for, else a guess, and what is said of it.

    ``target``: the column of numbers that is learned, and no class unless it is asked for.

    Raises
    ------
    UserError: if there is no such column.
    """
    if asked and asked not in texts:
        found = listed([printable(name) for name in texts if not NUMBERED.fullmatch(name)]) or "numbers only"
        raise UserError(
            f"{printable(str(path))} has no column {printable(asked)!r}; it has {found}",
            remedy="Set data.label_column=…",
        )
    own = first_named(texts, ID_NAMES)
    others = {name: texts[name] for name in texts if name not in (own, target)}
    name, why = (asked, "") if asked else guessed(others)
    if name is None:
        return None, [f"{why}: set data.label_column to name it"] * bool(why)
    told = f"Classes are those of the column {printable(name)}"
    return name, [f"{told}, {why}; set data.label_column to name another" if why else told]


def read_text(path: Path, asked: str, watch: Watch, target: str = "") -> Found:
    """Read a table of text in which every row is a vector; ``asked`` and ``target`` as in ``label_column``.

    Raises
    ------
    UserError: if it cannot be read, or no row is a vector; Cancelled: if the user cancels.
    """
    table = read_table(path)
    shown = [row for _, row in table.rows[:PEEKED_ROWS]]
    places = [place for place in vector_places(table.header, shown) if table.header[place] not in (asked, target)]
    lists = [] if places else list_columns(table.header, shown)
    others = [name for i, name in enumerate(table.header) if i not in {*places, *lists}]
    if lists:
        vectors, lines, skipped = _lists(path, table, lists[0], watch)
    else:
        check_shape(printable(str(path)), (len(table.rows), len(places)), np.dtype(np.float32))
        vectors, lines, skipped = _numbers(path, table, places, watch)
    rows = [row for _, row in table.rows]
    if len(lines) < len(rows):
        good = set(lines)
        rows = [row for line, row in table.rows if line in good]
    texts = {name: [_unquoted(row[table.header.index(name)]) for row in rows] for name in others}
    label, told = label_column(path, texts, asked, target) if texts else (None, [])
    labels = None if label is None else texts.pop(label)
    counter = row_numbers(table.header, shown)
    own = first_named(texts, ID_NAMES) or (counter if counter in texts else None)
    ids = None if own is None else texts.pop(own)
    if lists and any(decimal_list(within(row[lists[0]])) for row in shown):
        told = [*told, f"Commas are decimal points in {printable(table.header[lists[0]])}"]
    found = Found(vectors, labels, ids, dict(texts), lines, [*table.skipped, *skipped])
    left = [printable(table.header[column]) for column in lists[1:]]
    found.notes += [*table.notes, *told, *ids_told(own), *[f"Columns of lists left out: {listed(left)}"] * bool(left)]
    return found


def _numbers(
    path: Path, table: Table, places: Sequence[int], watch: Watch
) -> tuple[FloatArray, list[int], list[Skipped]]:
    vectors = np.empty((len(table.rows), len(places)), dtype=np.float32)
    lines: list[int] = []
    skipped: list[Skipped] = []
    for number, (line, row) in enumerate(table.rows):
        if number % CHECK_EVERY == 0:
            watch.check()
            watch.progress("Reading vectors", number, len(table.rows))
        try:
            values = [float(row[place]) for place in places]
        except ValueError:
            bad = next(place for place in places if not is_number(row[place]))
            reason = f"{printable(row[bad])!r} in the column {printable(table.header[bad])} is not a number"
            skipped.append(Skipped(f"{path.name}, row {line}", reason))
            continue
        with np.errstate(over="ignore"):
            vectors[len(lines)] = values
        lines.append(line)
    if not lines:
        raise UserError(f"{printable(str(path))}: no row is a vector; the first: {skipped[0].reason}")
    return vectors[: len(lines)], lines, skipped


def _lists(path: Path, table: Table, column: int, watch: Watch) -> tuple[FloatArray, list[int], list[Skipped]]:
    """Return the vectors of a column of lists, as long as most of the first ones, and which lines hold one."""
    rows: list[list[float]] = []
    lines: list[int] = []
    skipped: list[Skipped] = []
    _check_lists(path, table, column)
    first = [len(numbers) for _, row in table.rows[:PEEKED_ROWS] if (numbers := numbers_in(row[column]))]
    width = max(set(first), key=first.count)
    check_shape(printable(str(path)), (len(table.rows), width), np.dtype(np.float32))
    for number, (line, row) in enumerate(table.rows):
        if number % CHECK_EVERY == 0:
            watch.check()
            watch.progress("Reading vectors", number, len(table.rows))
        numbers = numbers_in(row[column])
        if numbers is not None and len(numbers) == width:
            rows.append(numbers)
            lines.append(line)
            continue
        cut = "is cut short by …" if "..." in row[column] else "is no list of numbers"
        reason = cut if numbers is None else f"has {several(len(numbers), 'number')} where others have {width}"
        skipped.append(Skipped(f"{path.name}, row {line}", reason))
    with np.errstate(over="ignore"):
        return np.array(rows, dtype=np.float32).reshape(-1, width), lines, skipped


def _check_lists(path: Path, table: Table, column: int) -> None:
    """Check that no list of a column may be one number: ``0,1257`` with a decimal comma, ``1,250.5`` with thousands.

    Raises
    ------
    UserError: if most of the first ones may; one is shown.
    """
    cells = [row[column] for _, row in table.rows[:PEEKED_ROWS] if row[column]]
    if is_doubtful(cells):
        first = next(cell for cell in cells if is_doubtful([cell]))
        where, shown = printable(table.header[column]), printable(str(path))
        single = f"{shown}: {printable(first)!r} in the column {where} may be one number with a comma in it, or a list"
        several_of = f"{shown}: the commas of {printable(first)!r} in the column {where} may be decimal or part numbers"
        raise UserError(
            several_of if len(numbers_in(first) or ()) > 2 or first[0] in "([" else single,
            remedy="Write numbers with a decimal point and nothing between thousands, and lists in brackets: [1, 2]",
        )


def _unquoted(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in QUOTED and len(text) > 1 else text
