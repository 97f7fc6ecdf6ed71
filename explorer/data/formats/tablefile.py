"""Tables of text in any of the files that they come in: CSV, TSV, lines of JSON, Parquet."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import parse_json
from explorer.core.types import Skipped
from explorer.data.formats.cells import LONGEST_CELL, Cells
from explorer.data.formats.csvfile import (
    LARGEST_TABLE,
    LONGEST_LINE,
    PEEKED_ROWS,
    Peek,
    Table,
    peek_table,
    read_table,
)
from explorer.data.formats.parquetfile import is_plain, open_parquet, pyarrow_for, rows_at_once, texts_of_column
from explorer.data.formats.raw_sets import MOST_ITEMS
from explorer.data.formats.text_budget import TextBudget
from explorer.data.formats.vectors import check_memory, safe
from explorer.data.labels.captions import BETWEEN, WORDS
from explorer.data.names import listed

if TYPE_CHECKING:
    import pyarrow as pa

TEXT = (".csv", ".tsv")
LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet",)
MOST_COLUMNS = 1024
LONGEST_IN_PARQUET = 1 << 20
"""Bytes of a text in a Parquet file that is read, and then cut: a few hundred are unpacked at once."""
SEPARATOR = ";"
"""What stands between the texts of a list, as ``data.label_separator`` says it."""
CELL_BYTES = 120
"""What a cell takes in memory."""


def peek_any(path: Path) -> Peek | None:
    """Return the head of a table without reading all of it, or nothing where it is none; never raises."""
    ending = path.suffix.lower()
    if ending in TEXT:
        return peek_table(path)
    try:
        if ending in LINES:
            with path.open("rb") as file:
                rows = [row for line in islice(iter(lambda: file.readline(LONGEST_LINE), b""), PEEKED_ROWS)
                        if (row := _row(line)) is not None]  # fmt: skip
            header = tuple(dict.fromkeys(name for row in rows for name in row))
            return Peek(header, tuple(tuple(row.get(name, "") for name in header) for row in rows)) if rows else None
        return _peek_parquet(path) if ending in PARQUET else None
    except (OSError, ValueError, UserError):
        return None


def read_any(path: Path, *, captions: bool = False, data: bytes | None = None) -> Table:
    """Read a table. ``captions``: leave lists of sentences as several captions, see ``plain_lists``.

    ``data``: the bytes of a table of text or of lines of JSON, where it lies in an archive.

    Raises
    ------
    UserError: if it is empty or damaged.
    """
    ending = path.suffix.lower()
    if ending not in (*LINES, *PARQUET):
        return read_table(path, data)
    table = _read_lines(path, data) if ending in LINES else _read_parquet(path)
    return table if captions else plain_lists(table)


def plain_lists(table: Table, but: str = "") -> Table:
    """Return a table whose lists are texts with ``;`` in between, ``but`` those of one column, of captions."""
    if not any(BETWEEN in cell for _, row in table.rows for cell in row):
        return table
    kept = [name == but for name in table.header]
    rows = tuple(
        (line, tuple(c if keep else c.replace(BETWEEN, SEPARATOR) for c, keep in zip(row, kept, strict=True)))
        for line, row in table.rows
    )
    return replace(table, rows=rows)


def _row(line: bytes, left: dict[str, None] | None = None) -> dict[str, str] | None:
    """Return the plain values of an object of JSON, lists of texts in one text each, None where it is none.

    ``left``: gets the names of what else it holds.
    """
    try:
        found = parse_json(line)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    listed_texts = {name: _joined(value) for name, value in found.items() if _is_texts(value)}
    plain = {name: value for name, value in found.items() if isinstance(value, str | int | float)} | listed_texts
    if left is not None:
        left.update((safe(str(name)), None) for name in found if name not in plain and found[name] is not None)
    return {safe(str(name)): safe(str(plain[name])).strip() for name in found if name in plain}


def _joined(texts: Sequence[str]) -> str:
    """Return the texts of a list as one: sentences, which are several captions, by what stands in no text."""
    words = sum(len(text.split()) for text in texts)
    return (BETWEEN if words >= WORDS * len(texts) else SEPARATOR).join(texts)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def _lines(path: Path, data: bytes | None) -> Iterator[tuple[int, bytes]]:
    shown = printable(str(path))
    try:
        if data is None and path.stat().st_size > LARGEST_TABLE:
            raise UserError(f"{shown} is larger than {LARGEST_TABLE // 2**20} MB", remedy="Split the table")
        with path.open("rb") if data is None else io.BytesIO(data) as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=1):
                if line.strip():
                    yield number, line.removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise UserError(f"{shown} cannot be read: {error.strerror}", remedy="Check its permissions") from error


def _read_lines(path: Path, data: bytes | None) -> Table:
    found: list[tuple[int, Mapping[str, str]]] = []
    skipped: list[Skipped] = []
    header: dict[str, None] = {}
    left: dict[str, None] = {}
    for number, line in _lines(path, data):
        row = _row(line, left)
        if row is None:
            skipped.append(Skipped(f"{path.name}, line {number}", "is no object of JSON"))
            continue
        header |= dict.fromkeys(row)
        if len(header) > MOST_COLUMNS:
            raise UserError(f"{printable(str(path))}: each line has other names", remedy="Give all lines the same ones")
        found.append((number, row))
    if not found:
        raise UserError(f"{printable(str(path))} has no rows", remedy="It needs one object of JSON a line")
    check_memory(printable(str(path)), CELL_BYTES * len(found) * len(header))
    rows = tuple((number, tuple(row.get(name, "") for name in header)) for number, row in found)
    gone = [printable(name) for name in left if name not in header]
    return Table(tuple(header), rows, tuple(skipped), (f"Columns left out: {listed(gone)}",) * bool(gone))


def _peek_parquet(path: Path) -> Peek | None:
    try:
        import pyarrow as pa
    except ImportError:
        return None
    try:
        with open_parquet(path) as file:
            header = [field.name for field in file.schema_arrow if _is_read(field.type)]
            if any(pa.types.is_list(one.type) and not _is_read(one.type) for one in file.schema_arrow):
                return None  # of vectors
            batch = next(file.iter_batches(PEEKED_ROWS, columns=header), None)
            columns = [] if batch is None else _columns(batch, header, printable(str(path)))
    except (UserError, pa.ArrowException, OSError):
        return None
    return Peek(tuple(header), tuple(zip(*columns, strict=True))) if columns else None


def _columns(batch: pa.RecordBatch, header: Sequence[str], shown: str) -> list[list[str]]:
    return [_texts(batch.column(name), f"The values of {printable(name)} in {shown}") for name in header]


def _texts(column: pa.Array, what: str) -> list[str]:
    """Return the cells of a column as texts; a list of texts is one text."""
    if is_plain(column.type):
        return texts_of_column(column, what)
    return [_joined([safe(one) for one in cell or () if one is not None]) for cell in column.to_pylist()]


def _is_read(kind: pa.DataType) -> bool:
    """Whether the cells of a column are texts, numbers, or lists of texts."""
    import pyarrow as pa

    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return is_plain(kind)
    inner = kind.value_type
    inner = inner.value_type if pa.types.is_dictionary(inner) else inner
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))


def _read_parquet(path: Path) -> Table:
    pa, shown, cells = pyarrow_for(path), printable(str(path)), Cells()
    try:
        with open_parquet(path) as file:
            header = [field.name for field in file.schema_arrow if _is_read(field.type)]
            left = [printable(name) for name in file.schema_arrow.names if name not in header]
            count = file.metadata.num_rows
            if count > MOST_ITEMS:
                raise UserError(f"{shown} claims {count:,} rows", remedy="Take a part of them")
            check_memory(shown, CELL_BYTES * count * len(header))
            rows: list[tuple[int, tuple[str, ...]]] = []
            budget = TextBudget(path, LONGEST_IN_PARQUET, LONGEST_CELL)
            for batch in file.iter_batches(rows_at_once(file), columns=header):
                for name in header:
                    budget.spend(batch.column(name))
                columns = map(cells.cut_short, _columns(batch, header, shown))
                rows += enumerate(zip(*columns, strict=True), start=len(rows))
    except (pa.ArrowException, OSError) as error:
        reason = (str(error).strip().splitlines() or ["it is damaged"])[0]
        raise UserError(f"{shown} cannot be read as Parquet: {printable(reason)}", remedy="Write it again") from error
    if not rows:
        raise UserError(f"{shown} has no rows", remedy="It needs one row a picture")
    notes = [*cells.told(), *[f"Columns left out: {listed(left)}"] * bool(left)]
    return Table(tuple(header), tuple(rows), (), tuple(notes))
