"""Vectors in a Parquet file: a column of lists of numbers, or a column a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.extras import pip_line
from explorer.core.types import FloatArray, Skipped
from explorer.data.formats.arrayfile import AnyArray
from explorer.data.formats.rehearsal import rehearse
from explorer.data.formats.text_budget import TEXT_BYTES, TextBudget
from explorer.data.formats.vectors import (
    ID_NAMES,
    VECTOR_NAMES,
    Found,
    check_memory,
    check_shape,
    first_named,
    ids_told,
    safe,
    texts_of,
)
from explorer.data.formats.vectortable import ROW_NAMES, label_column, numbered, row_numbers
from explorer.data.labels.label_column import LABEL_NAMES, is_row_index, plain_name
from explorer.data.listing import Watch
from explorer.data.names import listed, several

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS_AT_ONCE, FEW_ROWS = 16_384, 256
LONG_VALUE = 4096
"""Bytes of a value, as they are said to be without their packing, from which few rows are unpacked at once."""


def read_parquet(path: Path, asked: str, watch: Watch, target: str = "") -> Found:
    """Read a Parquet file: one column of lists of numbers, or many columns of numbers.

    ``asked`` and ``target`` as in ``label_column``.

    Raises
    ------
    UserError: if it cannot be read or holds no vectors, or pyarrow is missing; Cancelled: if the user cancels.
    """
    shown = printable(str(path))
    pa = pyarrow_for(path)
    try:
        with open_parquet(path) as file:
            return _from_parquet(path, file, asked, watch, target)
    except MemoryError as error:
        raise UserError(f"There is not enough memory for {shown}", remedy="Close other programs") from error
    except (pa.ArrowException, OSError, ValueError, UnicodeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"{shown} cannot be read as Parquet: {printable(reason)}", remedy="Write it again") from error


def pyarrow_for(path: Path) -> Any:
    """Return pyarrow, which reads a file.

    Raises
    ------
    UserError: if it is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise UserError(
            f"Reading {printable(str(path))} needs pyarrow", remedy=f"Install it with: {pip_line('pyarrow')}"
        ) from error
    return pa


def open_parquet(path: Path) -> pq.ParquetFile:
    """Open a Parquet file; use it in ``with``. A text that repeats is read once, as it is stored.

    Raises
    ------
    OSError, pyarrow.ArrowException: if it cannot be read, or does not hold as many rows as it says.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rehearse(path, "parquet")
    with pq.ParquetFile(path) as file:
        meta = file.metadata
        held = sum(meta.row_group(group).num_rows for group in range(meta.num_row_groups))
        if held != meta.num_rows:  # pyarrow believes either, as it is asked
            raise pa.ArrowInvalid(f"it says that it has {several(meta.num_rows, 'row')} and has {held:,}")
        repeated = {
            column.path_in_schema
            for column in column_chunks(file)
            if column.physical_type == "BYTE_ARRAY" and column.has_dictionary_page
        } & {file.schema.column(place).path for place in range(file.metadata.num_columns)}  # groups may say others
    return pq.ParquetFile(path, read_dictionary=sorted(repeated))


def column_chunks(file: pq.ParquetFile) -> Iterator[pq.ColumnChunkMetaData]:
    """Yield what is said of each column in each group of rows."""
    meta = file.metadata
    for group in range(meta.num_row_groups):
        for place in range(meta.num_columns):
            yield meta.row_group(group).column(place)


def _from_parquet(path: Path, file: pq.ParquetFile, asked: str, watch: Watch, target: str) -> Found:
    import pyarrow as pa

    shown, schema, count = printable(str(path)), file.schema_arrow, file.metadata.num_rows
    if len(set(schema.names)) < len(schema.names):
        raise UserError(f"{shown} has two columns of one name", remedy="Rename one of them")
    plain = [field.name for field in schema if not pa.types.is_nested(field.type)]
    named = asked or first_named(plain, LABEL_NAMES)
    own = first_named((name for name in plain if name != named), ID_NAMES)
    counter = _row_numbers(file, plain, named)
    own = own or counter
    chosen = _vector_columns(shown, schema, {named, own, counter, target})
    others = [name for name in plain if name not in chosen]
    _check_leaves(shown, file, count, chosen)
    budget = TextBudget(path)
    parts: list[FloatArray] = []
    texts: dict[str, list[str]] = {name: [] for name in others}
    rows: list[int] = []
    skipped: list[Skipped] = []
    width, first = len(chosen) if len(chosen) > 1 else 0, 0
    for batch in file.iter_batches(rows_at_once(file), columns=[*chosen, *others]):
        watch.check()
        watch.progress("Reading vectors", first, count)
        block, lengths = _block(batch, chosen)
        width = width or int(next(iter(lengths[lengths > 0].tolist()), 0))
        good = np.flatnonzero(lengths == width) if width else np.empty(0, np.int64)
        skipped += [_unlike(path, first + i, int(lengths[i]), width) for i in np.flatnonzero(lengths != width).tolist()]
        parts.append(_chosen_rows(block, lengths, width))
        rows += (first + good).tolist()
        for name in others:
            budget.spend(batch.column(name))
            values = texts_of_column(
                batch.column(name), f"The values of {printable(name)} in {shown}", label=name == asked
            )
            texts[name] += [values[i] for i in good.tolist()]
        first += batch.num_rows
    vectors = np.concatenate([part for part in parts if len(part)]) if rows else np.empty((0, width), np.float32)
    check_shape(shown, vectors.shape, vectors.dtype)
    label, told = label_column(path, texts, asked, target)
    labels = None if label is None else texts.pop(label)
    ids = texts.pop(own, None) if own is not None else None
    found = Found(vectors, labels, ids, dict(texts), rows, skipped, told)
    left = [printable(name) for name in schema.names if name not in {*plain, *chosen}]
    found.notes += [*ids_told(own), *[f"Columns of lists left out: {listed(left)}"] * bool(left)]
    return found


def _row_numbers(file: pq.ParquetFile, plain: Sequence[str], label: str | None) -> str | None:
    """Return the first column where it is called like one that numbers the rows, and does so in the first ones."""
    first = file.schema_arrow.names[:1]
    if not first or first[0] not in plain or first[0] == label or plain_name(first[0]) not in ROW_NAMES:
        return None
    batch = next(file.iter_batches(FEW_ROWS, columns=first), None)
    values = [] if batch is None else texts_of_column(batch.column(0), f"The values of {printable(first[0])}")
    return row_numbers(first, [(value,) for value in values])


def _vector_columns(shown: str, schema: pa.Schema, taken: set[str | None]) -> list[str]:
    """Return the one column of lists, else the columns of numbers: those of a numbered series, or all."""
    import pyarrow as pa

    def number(kind: Any) -> bool:
        return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))

    lists = [
        field.name
        for field in schema
        if (
            pa.types.is_list(field.type)
            or pa.types.is_large_list(field.type)
            or pa.types.is_fixed_size_list(field.type)
        )
        and number(field.type.value_type)
    ]
    named = first_named(lists, VECTOR_NAMES) if len(lists) > 1 else None
    if len(lists) == 1 or named:
        return [named or lists[0]]
    if lists:
        raise UserError(
            f"{shown} has several columns of lists: {listed([printable(name) for name in lists])}",
            remedy="Name one of them vectors",
        )
    numbers = [
        field.name
        for field in schema
        if field.name not in taken and number(field.type) and not is_row_index(field.name)
    ]
    series = [numbers[i] for i in numbered(numbers)]
    columns = series or numbers
    if len(columns) < 2:
        found = listed([printable(name) for name in schema.names]) or "none"
        raise UserError(
            f"{shown} holds no vectors: it has neither a column of lists of numbers nor several of numbers; "
            f"its columns are {found}",
            remedy="Write the vectors as one column of lists",
        )
    return columns


def _check_leaves(shown: str, file: pq.ParquetFile, count: int, chosen: Sequence[str]) -> None:
    """Refuse, before anything is unpacked, what says that it unpacks to more than there is room for."""
    leaves, text = 0, 0
    for column in column_chunks(file):
        wanted = column.path_in_schema.split(".")[0] in chosen or column.path_in_schema in chosen
        leaves += column.num_values if wanted else 0
        text += 0 if wanted else column.num_values
    check_shape(shown, (count, max(1, -(-leaves // max(count, 1)))), np.dtype(np.float32))
    check_memory(shown, 8 * leaves + TEXT_BYTES * text)


def rows_at_once(file: pq.ParquetFile) -> int:
    """Return how many rows are unpacked at once: few where texts are long, or packed as what differs from the last."""
    long = any(
        "DELTA_BYTE_ARRAY" in column.encodings or column.total_uncompressed_size > LONG_VALUE * column.num_values
        for column in column_chunks(file)
    )
    return FEW_ROWS if long else ROWS_AT_ONCE


def _block(batch: pa.RecordBatch, chosen: Sequence[str]) -> tuple[AnyArray, AnyArray]:
    """Return the numbers of a batch, one list after another, and how many each row has; 0: none."""
    import pyarrow.compute as pc

    if len(chosen) > 1:
        columns = [batch.column(name).to_numpy(zero_copy_only=False).astype(np.float32) for name in chosen]
        block = np.stack(columns, axis=1) if batch.num_rows else np.empty((0, len(chosen)), np.float32)
        return block.reshape(-1), np.full(batch.num_rows, len(chosen), np.int64)
    lists = batch.column(chosen[0])
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    with np.errstate(over="ignore"):
        return lists.flatten().to_numpy(zero_copy_only=False).astype(np.float32), lengths


def _chosen_rows(block: AnyArray, lengths: AnyArray, width: int) -> FloatArray:
    if not width:
        return np.empty((0, 0), np.float32)
    kept = np.repeat(lengths == width, lengths)
    rows: FloatArray = block[kept].reshape(-1, width)
    return rows


def _unlike(path: Path, row: int, length: int, width: int) -> Skipped:
    reason = f"has {several(length, 'number')} where others have {width}" if length else "has no vector"
    return Skipped(f"{path.name}, row {row}", reason)


def is_plain(kind: pa.DataType) -> bool:
    """Whether cells are texts or numbers; bytes are neither, and most often pictures."""
    import pyarrow as pa

    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def texts_of_column(column: pa.Array, what: str, *, label: bool = False) -> list[str]:
    """Return the values of a column as texts, empty where there is none; one text that repeats is one object.

    Raises
    ------
    UserError: if they are fractions as a ``label``; ``what`` says what they are.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        # a batch comes with the dictionary of its whole group of rows: only what it uses is made text
        codes = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False)
        used, places = np.unique(codes, return_inverse=True)
        missing = int(len(used) and used[0] < 0)
        different = texts_of_column(column.dictionary.take(pa.array(used[missing:])), what, label=label)
        found = [""] * missing + different
        return [found[place] for place in places.tolist()]
    kind = column.type
    if pa.types.is_temporal(kind):  # Python's own times have no nanoseconds
        column = column.cast(pa.string())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts: list[str] = pc.fill_null(pc.utf8_trim_whitespace(column), "").to_pylist()
        return texts
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numbers = ["" if value is None else value for value in column.to_pylist()]
        known = np.array([value for value in numbers if value != ""])
        shown = iter(texts_of(known, what, label=label) if len(known) else ())
        return ["" if value == "" else next(shown) for value in numbers]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return ["" if v is None else v.decode("utf-8", "backslashreplace").strip() for v in column.to_pylist()]
    return ["" if value is None else safe(str(value)).strip() for value in column.to_pylist()]
