"""Tables that are no text: JSON Lines and Parquet, their records as the rows of a table, every cell a text."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from explorer.core.errors import UserError, printable
from explorer.core.types import Skipped
from explorer.data.csvfile import LONGEST_LINE, PEEKED_BYTES, PEEKED_ROWS, Peek, Table, peek_table, read_table

TABLES = (".csv", ".tsv")
LINES = (".jsonl", ".ndjson")
PARQUET = ".parquet"
RECORDS = (*TABLES, *LINES, PARQUET)
"""The endings of files that hold a record a line or a row."""


def peek_records(path: Path) -> Peek | None:
    """Return the names of the fields and the first records, or nothing where there are none; never raises."""
    ending = path.suffix.lower()
    if ending in TABLES:
        return peek_table(path)
    try:
        if ending == PARQUET:
            header, records = _parquet_head(path)
        else:
            with path.open("rb") as file:
                head = file.read(PEEKED_BYTES + LONGEST_LINE).splitlines()
            parsed = list(_objects(head[:PEEKED_ROWS]))
            header, records = _fields(parsed), parsed
    except (OSError, ValueError, ImportError):
        return None
    return Peek(header, tuple(_row(record, header) for record in records)) if header else None


def read_records(path: Path) -> Table:
    """Read a file of records, or a table of text.

    Raises
    ------
    UserError: if it cannot be read, or holds none; the line is named.
    """
    ending = path.suffix.lower()
    if ending in TABLES:
        return read_table(path)
    shown = printable(str(path))
    try:
        if ending == PARQUET:
            header, found = _parquet(path)
            skipped: list[Skipped] = []
        else:
            header, found, skipped = _lines(path)
    except OSError as error:
        raise UserError(f"{shown} cannot be read: {error.strerror or error}", remedy="Check the file") from error
    if not found:
        first = f"; the first: {skipped[0].reason}" if skipped else ""
        raise UserError(f"{shown} holds no records{first}", remedy="It needs one record a line")
    return Table(header, tuple(found), tuple(skipped), ())


def _object(line: bytes) -> dict[str, Any]:
    record = json.loads(line)
    if not isinstance(record, dict):
        raise ValueError("no object")
    return record


def _objects(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        with suppress(ValueError, RecursionError):
            yield _object(line)


def _fields(records: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(itertools.chain.from_iterable(records)))


def _row(record: Mapping[str, Any], header: Iterable[str]) -> tuple[str, ...]:
    return tuple(_cell(record.get(name)) for name in header)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (bool, list, dict)) else str(value)


def _lines(path: Path) -> tuple[tuple[str, ...], list[tuple[int, tuple[str, ...]]], list[Skipped]]:
    records: list[tuple[int, dict[str, Any]]] = []
    skipped = []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                records.append((number, _object(line)))
            except (ValueError, RecursionError):
                skipped.append(Skipped(f"{path.name}, line {number}", "not an object of JSON"))
    header = _fields(record for _, record in records)
    return header, [(number, _row(record, header)) for number, record in records], skipped


def _parquet_head(path: Path) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        names = _plain_columns(file)
        batch = next(file.iter_batches(PEEKED_ROWS, columns=list(names)), None)
        return names, [] if batch is None else batch.to_pylist()


def _plain_columns(file: Any) -> tuple[str, ...]:
    """Return the columns of texts and numbers; those of lists, structs and bytes are not cells."""
    import pyarrow as pa

    kinds = {field.name: getattr(field.type, "value_type", field.type) for field in file.schema_arrow}
    nested = {field.name for field in file.schema_arrow if pa.types.is_nested(field.type)}
    return tuple(name for name, kind in kinds.items() if name not in nested and not pa.types.is_binary(kind))


def _parquet(path: Path) -> tuple[tuple[str, ...], list[tuple[int, tuple[str, ...]]]]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        shown = printable(str(path))
        raise UserError(
            f"reading {shown} needs pyarrow", remedy="Install it with: python -m pip install pyarrow"
        ) from error
    try:
        with pq.ParquetFile(path) as file:
            header = _plain_columns(file)
            rows: Iterator[tuple[str, ...]] = (
                _row(record, header)
                for batch in file.iter_batches(columns=list(header))
                for record in batch.to_pylist()
            )
            return header, list(enumerate(rows))
    except (pa.ArrowException, ValueError) as error:
        shown = printable(str(path))
        raise UserError(
            f"{shown} cannot be read as Parquet: {printable(str(error).splitlines()[0])}", remedy="Write it again"
        ) from error
