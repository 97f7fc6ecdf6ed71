"""Reading a table of text: encodings, delimiters and damage told in words, every cell kept as the text it is."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.types import Skipped
from explorer.data.names import several

LARGEST_TABLE = 512 * 1024 * 1024
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Table:
    """``header`` names the columns; each row has its line number in the file and one cell a column."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


def _decoded(path: Path) -> tuple[str, tuple[str, ...]]:
    try:
        if path.stat().st_size > LARGEST_TABLE:
            raise UserError(f"{path} is larger than {LARGEST_TABLE // 2**20} MB", remedy="Split the table")
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", remedy="Check its permissions") from error
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16"), ()
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8)):
            raise UserError(f"{path} is damaged: its text cannot be decoded", remedy="Save it as UTF-8") from None
        return data.decode("latin-1"), ("the table is not UTF-8 and was read as Latin-1",)


def _delimiter(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=line.count)


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text[:100_000]), strict=True)
    start = 1
    try:
        for row in reader:
            yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        cause = "a quote that is never closed" if "unexpected end" in str(error) else str(error)
        raise UserError(f"{path}, line {start}: {cause}", remedy="Mend that line, or save the table again") from error


def read_table(path: Path) -> Table:
    """Read a table with a header line.

    Raises
    ------
    UserError: if it is empty, damaged, or has no header; the line is named.
    """
    text, notes = _decoded(path)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(f"{path}, line {line}: a NUL character; this is not a text table", remedy="Save it as CSV")
    rows = _rows(path, text)
    header: tuple[str, ...] = ()
    kept: list[tuple[int, tuple[str, ...]]] = []
    skipped: list[Skipped] = []
    for line, row in rows:
        cells = tuple(cell.strip() for cell in row)
        if not any(cells):
            continue
        if not header:
            header = _header(path, cells)
        elif len(cells) != len(header):
            reason = f"{several(len(cells), 'cell')} where the header has {len(header)}"
            skipped.append(Skipped(f"{path.name}, line {line}", reason))
        else:
            kept.append((line, cells))
    if not kept and not skipped:
        raise UserError(f"{path} has no rows", remedy="It needs a header line and one line a picture")
    return Table(header, tuple(kept), tuple(skipped), notes)


def _header(path: Path, cells: tuple[str, ...]) -> tuple[str, ...]:
    header = tuple(cell or f"column {i}" for i, cell in enumerate(cells, start=1))
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UserError(f"{path} has two columns named {printable(twice[0])!r}", remedy="Rename one of them")
    return header
