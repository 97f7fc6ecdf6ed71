"""Reading a table of text: encodings, delimiters and damage told in words, every cell kept as the text it is."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.types import Skipped
from explorer.data.file_kinds import named_in_tables
from explorer.data.formats.decimal_commas import comma_columns, parted_by, pointed, quoted_columns, with_points
from explorer.data.names import PATH_COLUMNS, listed, several, suffix

LARGEST_TABLE = 512 * 1024 * 1024
_DELIMITERS = ",;\t|"
LONGEST_LINE = 1 << 21
PEEKED_BYTES, PEEKED_ROWS = 1 << 16, 20
"""What is looked at of a table before it is read: so many bytes behind the first line, and so many rows of these."""


@dataclass(frozen=True, slots=True)
class Table:
    """``header`` names the columns; each row has its line number in the file and one cell a column."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Peek:
    """The header of a table and the first rows that have as many cells."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_TABLE:
            raise UserError(f"{path} is larger than {LARGEST_TABLE // 2**20} MB", remedy="Split the table")
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", remedy="Check its permissions") from error


def _decoded(path: Path, data: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16"), ()
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8)):
            raise UserError(f"{path} is damaged: its text cannot be decoded", remedy="Save it as UTF-8") from None
        return data.decode("latin-1"), ("The table is not UTF-8 and was read as Latin-1",)


def _delimiter(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    often = max(_DELIMITERS, key=(lines or [""])[0].count)
    return (parted_by(lines[:1], _DELIMITERS[1:]) or often) if often == "," else often


def _rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in reader:
            yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        cause = "a quote that is never closed" if "unexpected end" in str(error) else str(error)
        raise UserError(f"{path}, line {start}: {cause}", remedy="Mend that line, or save the table again") from error


def peek_table(path: Path) -> Peek | None:
    """Return the head of a table of text without reading all of it, or nothing where it is none; never raises."""
    try:
        with path.open("rb") as file:
            head = file.readline(LONGEST_LINE)
            head += file.read(PEEKED_BYTES)
            whole = not file.read(1)
    except (OSError, ValueError):
        return None
    utf_16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if utf_16:
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        text = head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    if "\0" in text:
        return None
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [tuple(cell.strip() for cell in row) for row in itertools.islice(reader, 1 + PEEKED_ROWS)]
    except csv.Error:
        return None
    if not whole and len(rows) > 1 and len(rows) <= PEEKED_ROWS:
        del rows[-1]  # cut off
    rows = [row for row in rows if any(row)]
    if not rows:
        return None
    bare = headless(rows[0])
    header = _named(("",) * len(rows[0]) if bare else rows[0])
    shown = [row for row in rows[not bare :] if len(row) == len(header)]
    commas = frozenset(_with_commas(header, shown, delimiter))
    return Peek(header, tuple(with_points(row, commas) for row in shown))


def _with_commas(header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> list[int]:
    """Return the columns whose numbers have decimal commas; where commas part cells too, not beside pictures."""
    if delimiter != ",":
        return comma_columns(header, rows)
    return [] if picture_column(header, rows[:PEEKED_ROWS]) is not None else quoted_columns(header, rows)


def column_named(header: Sequence[str], known: Sequence[str]) -> int | None:
    """Return the column that is called by the first of the ``known`` names, whatever its capitals and blanks."""
    lower = [name.lower().replace(" ", "_") for name in header]
    return next((lower.index(name) for name in known if name in lower), None)


def picture_column(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """Return the column that is called like one of paths, else the first that names a file of an item in a row."""
    called = column_named(header, PATH_COLUMNS)
    if called is not None:
        return called
    read = named_in_tables()
    return next((c for c in range(len(header)) if any(suffix(row[c]) in read for row in rows)), None)


def read_table(path: Path, data: bytes | None = None) -> Table:
    """Read a table with a header line; without one, where there are only numbers, or a picture is named.

    ``data``: its bytes, where it lies in an archive.

    Raises
    ------
    UserError: if it is empty, damaged, or has no header; the line is named.
    """
    text, notes = _decoded(path, _bytes_of(path) if data is None else data)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(f"{path}, line {line}: a NUL character; this is not a text table", remedy="Save it as CSV")
    delimiter = _delimiter(text[:100_000])
    header: tuple[str, ...] = ()
    kept: list[tuple[int, tuple[str, ...]]] = []
    skipped: list[Skipped] = []
    for line, row in _rows(path, text, delimiter):
        cells = tuple(map(str.strip, row))
        if not any(cells):
            continue
        if not header:
            bare = headless(cells)
            header = _header(path, ("",) * len(cells) if bare else cells)
            if bare:
                kept.append((line, cells))
                notes = (*notes, "The first line of the table was read as a row: there is no header")
        elif len(cells) != len(header):
            reason = f"{several(len(cells), 'cell')} where the header has {len(header)}"
            skipped.append(Skipped(f"{path.name}, line {line}", reason))
        else:
            kept.append((line, cells))
    if not kept and not skipped:
        named = f": its only line names the columns {listed([printable(name) for name in header], 6)}" if header else ""
        raise UserError(f"{path} has no rows{named}", remedy="It needs a header line, and below it one line an item")
    table = Table(header, tuple(kept), tuple(skipped), notes)
    return _without_commas(table, delimiter)


def _without_commas(table: Table, delimiter: str) -> Table:
    """Return a table whose numbers have decimal points, and say so where they had commas."""
    columns = _with_commas(table.header, [row for _, row in table.rows], delimiter)
    if not columns:
        return table
    known = frozenset(columns)
    rows = tuple((line, with_points(row, known)) for line, row in table.rows)
    names = listed([printable(table.header[column]) for column in columns], 4)
    return replace(table, rows=rows, notes=(*table.notes, f"Commas are decimal points in {names}"))


def headless(first: Sequence[str]) -> bool:
    """Whether the first row of a table is one of its rows and no header: numbers, but not 0, 1, 2, 3, or a picture."""
    first = [pointed(cell) for cell in first]
    if any(suffix(cell) in named_in_tables() for cell in first):
        return True
    counted = [[str(number) for number in range(start, start + len(first))] for start in (0, 1)]
    return all(is_number(cell) for cell in first) and list(first) not in counted


def is_number(text: str) -> bool:
    """Whether a cell is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _named(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the names of columns; one without a name is called by its place."""
    return tuple(cell or f"column {i}" for i, cell in enumerate(cells, start=1))


def _header(path: Path, cells: tuple[str, ...]) -> tuple[str, ...]:
    header = _named(cells)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UserError(f"{path} has two columns named {printable(twice[0])!r}", remedy="Rename one of them")
    return header
