"""Reading a table of text: encodings, delimiters and damage told in words, every cell kept as the text it is."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.types import Skipped
from explorer.data.file_kinds import named_in_tables
from explorer.data.formats.decimal_commas import Separators, parted_by, separators
from explorer.data.formats.headers import headless, names_of, told, words_alone
from explorer.data.names import PATH_COLUMNS, listed, several, suffix

LARGEST_TABLE = 512 * 1024 * 1024
_DELIMITERS = ",;\t|"
_NOTHING = "\x1f"
"""What parts the cells of a table of one column: no text has it."""
_WINDOWS = re.compile(rb"[\x80-\x9f]")
"""Bytes that are letters and quotes in Windows-1252, and nothing in Latin-1."""
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SAID = re.compile(r'"?sep=([,;\t|])"?[,;\t|]*', re.I)
"""The first line by which Excel is told what parts the cells."""
LONGEST_LINE = 1 << 21
PEEKED_BYTES, PEEKED_ROWS = 1 << 16, 20
"""What is looked at of a table before it is read: so many bytes behind the first line, and so many rows of these."""
LOOKED_AT = 100_000
"""Characters by which it is told what parts the cells."""


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
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8))
    try:
        return data.decode(_encoding(data) or "utf-8-sig"), ()
    except UnicodeDecodeError:
        if marked:
            raise UserError(f"{path} is damaged: its text cannot be decoded", remedy="Save it as UTF-8") from None
        if _WINDOWS.search(data):
            return data.decode("cp1252", "replace"), ("The table is not UTF-8 and was read as Windows-1252",)
        return data.decode("latin-1"), ("The table is not UTF-8 and was read as Latin-1",)


def _encoding(data: bytes) -> str:
    """Return the name of UTF-16 where a text begins as one, also without the mark; else nothing."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = data[:64]
    if len(head) < 8 or len(data) % 2:
        return ""
    first, second = head[::2], head[1::2]
    if not any(second) and all(first):
        return "utf-16-le"
    return "utf-16-be" if not any(first) and all(second) else ""


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What parts the cells of a table, how many rows stand before its header, and what is said of these."""

    delimiter: str
    before: int = 0
    notes: tuple[str, ...] = ()


def _beginning(text: str) -> _Beginning:
    shown = [line for line in text[:LOOKED_AT].splitlines() if line.strip()]
    if not shown:
        return _Beginning(",")
    if len(text) > LOOKED_AT and len(shown) > 1:
        del shown[-1]  # cut off
    comments = _comments(shown)
    first, *others = lines = shown[comments : comments + 1 + PEEKED_ROWS]
    if said := _SAID.fullmatch(first.strip()):
        return _Beginning(said[1], comments + 1)
    delimiter = _delimiter(first)
    bare = [_QUOTED.sub("", line) for line in lines]
    if others and not any(each in bare[0] for each in _DELIMITERS):
        delimiter = _delimiter(others[0])
        counts = {line.count(delimiter) for line in bare[1:]}
        if len(others) > 1 and " " in first.strip() and len(counts) == 1 and "" not in _cells(others[0], delimiter)[:2]:
            title = printable(first.strip().strip('"'))
            return _Beginning(
                delimiter, comments + 1, (f"The first line of the table is taken for its title: {title}",)
            )
        if len(counts) > 1:
            return _Beginning(_NOTHING, comments)  # one column, whose texts hold commas
    return _Beginning(delimiter, comments)


def _comments(lines: Sequence[str]) -> int:
    """Return how many of the first lines are remarks behind a ``#``, but for one that names the columns."""
    count = next((number for number, line in enumerate(lines) if not line.startswith("#")), 0)
    if not count:
        return 0
    delimiter = _delimiter(lines[count])
    parts = lines[count].count(delimiter)
    return count - 1 if parts and lines[count - 1].count(delimiter) == parts else count


def _cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line; two where there is one, the second without text."""
    return [*map(str.strip, line.split(delimiter)), ""]


def _delimiter(line: str) -> str:
    often = max(_DELIMITERS, key=_QUOTED.sub("", line).count)
    return (parted_by([line.strip()], _DELIMITERS[1:]) or often) if often == "," else often


def _rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
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
    encoding = _encoding(head[: len(head) // 2 * 2])
    if encoding:
        text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    else:
        text = head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    if "\0" in text:
        return None
    begins = _beginning(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=begins.delimiter, skipinitialspace=True)
    most = begins.before + 1 + PEEKED_ROWS
    try:
        filled = (cells for row in reader if any(cells := tuple(map(str.strip, row))))
        rows = list(itertools.islice(filled, most))
    except csv.Error:
        return None
    if not whole and 1 < len(rows) < most:
        del rows[-1]  # cut off
    del rows[: begins.before]
    if not rows:
        return None
    header, bare = _header(rows)
    shown = [cells for row in rows[not bare :] if len(cells := _fitted(row, len(header))) == len(header)]
    del shown[: not bare and words_alone(shown)]
    found = _separators(header, shown, begins.delimiter)
    return Peek(header, tuple(map(found.plain, shown)))


def _header(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], bool]:
    """Return the names of the columns, and whether the table is bare: its first row names none."""
    first, *others = rows[: 1 + PEEKED_ROWS]
    width = len(first)
    while width > 1 and not first[width - 1] and not any(any(row[width - 1 :]) for row in others):
        width -= 1  # a delimiter at the end of lines, behind which nothing stands
    first = (first[0].removeprefix("# ") if width > 1 else first[0], *first[1:width])
    below = [cells for row in others if len(cells := _fitted(row, width)) == width]
    bare = headless(first, below)
    return names_of(first, below, bare=bare), bare


def _fitted(row: tuple[str, ...], width: int) -> tuple[str, ...]:
    """Return a row without the empty cells beyond a width."""
    return row if any(row[width:]) else row[:width]


def _separators(header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> Separators:
    """Return what commas are in the numbers of a table; where they part cells too, not beside pictures."""
    quoted = delimiter == ","
    if quoted and picture_column(header, rows[:PEEKED_ROWS]) is not None:
        return Separators()
    return separators(header, rows, quoted=quoted)


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
    UserError: if it is empty, damaged, has no header, or no row fits that; the line is named.
    """
    text, notes = _decoded(path, _bytes_of(path) if data is None else data)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(f"{path}, line {line}: a NUL character; this is not a text table", remedy="Save it as CSV")
    begins = _beginning(text)
    lines = _rows(path, text, begins.delimiter)
    found = [(line, cells) for line, row in lines if any(cells := tuple(map(str.strip, row)))][begins.before :]
    header, bare = _header([cells for _, cells in found[: 1 + PEEKED_ROWS]]) if found else ((), False)
    _check_names(path, header)
    kept: list[tuple[int, tuple[str, ...]]] = []
    skipped: list[Skipped] = []
    for line, row in found[not bare :]:
        cells = _fitted(row, len(header))
        if len(cells) != len(header):
            reason = f"{several(len(cells), 'cell')} where the header has {len(header)}"
            skipped.append(Skipped(f"{path.name}, line {line}", reason))
        else:
            kept.append((line, cells))
    if not bare and words_alone([row for _, row in kept[:PEEKED_ROWS]]):
        reason = "holds words, such as units, where the rows below have numbers"
        skipped.insert(0, Skipped(f"{path.name}, line {kept.pop(0)[0]}", reason))
    if not kept:
        raise _no_rows(path, header, skipped)
    table = Table(header, tuple(kept), tuple(skipped), (*notes, *begins.notes, *told(header, bare=bare)))
    return _plain(table, begins.delimiter)


def _no_rows(path: Path, header: Sequence[str], skipped: Sequence[Skipped]) -> UserError:
    """Return why a table has no rows: there is nothing below its header, or nothing that fits that."""
    if skipped:
        told = f"{path} has no row that can be read; the first, {skipped[0].path}: {skipped[0].reason}"
        return UserError(told, remedy="Its header needs a name for every cell of the rows below it")
    named = f": its only line names the columns {listed([printable(name) for name in header], 6)}" if header else ""
    return UserError(f"{path} has no rows{named}", remedy="It needs a header line, and below it one line an item")


def _plain(table: Table, delimiter: str) -> Table:
    """Return a table whose numbers have decimal points, and say so where they had commas."""
    cells = [row for _, row in table.rows]
    found = _separators(table.header, cells, delimiter)
    said = found.told(table.header, cells)
    if not said:
        return table
    return replace(table, rows=tuple((line, found.plain(row)) for line, row in table.rows), notes=(*table.notes, *said))


def _check_names(path: Path, header: tuple[str, ...]) -> None:
    """Check that each column has a name of its own.

    Raises
    ------
    UserError: if two have the same.
    """
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UserError(f"{path} has two columns named {printable(twice[0])!r}", remedy="Rename one of them")
