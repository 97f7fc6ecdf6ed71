"""``items.arrow``: what ``items.csv`` says of very many items, as one batch of an Arrow file whose columns are mapped.

Anybody's Arrow reads it. A hundred million items are open at once, and take no memory but what is looked at.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.extras import installed, pip_line
from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray
from explorer.runs.atomic import FileRecord, digest_of, flush_to_disk
from explorer.runs.items import COLUMN, ITEMS_NAME, PARTS, RunItems

ARROW_NAME = "items.arrow"

ARROW_FROM = 2_000_000
"""Items from which a new run has this file, where pyarrow is there, and not a table for people and spreadsheets."""


def as_arrow(items: int) -> bool:
    """Return whether the items of a new run are written as an Arrow file."""
    return items >= ARROW_FROM and installed("pyarrow")


def mapped_in(folder: Path, items: int) -> bool:
    """Return whether this is what holds the items of a run, or held them, where neither file is there any more."""
    return (folder / ARROW_NAME).is_file() or (items >= ARROW_FROM and not (folder / ITEMS_NAME).is_file())


def write_arrow_items(path: Path, items: RunItems, class_names: tuple[str, ...]) -> FileRecord:
    """Write ``items.arrow`` and force it to the disk; texts that are not UTF-8 make a column of bytes."""
    import pyarrow as pa

    named: Any = pa.DictionaryArray.from_arrays(
        pa.array(items.labels.astype(np.int32), mask=items.labels < 0), _texts_of(TextColumn.of(class_names))
    )
    columns = {"id": _texts_of(items.ids), "class": named, "label": pa.array(items.labels)}
    columns["part"] = _texts_of(items.parts)
    columns |= {COLUMN + name: _texts_of(column) for name, column in items.columns.items()}
    batch = pa.record_batch(list(columns.values()), names=list(columns))
    with open(path, "xb") as file:
        with pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_batch(batch)
        file.flush()
        flush_to_disk(file.fileno())
    return digest_of(path)


def _texts_of(column: TextColumn) -> Any:
    """Return a column as an array of Arrow that shares its memory."""
    import pyarrow as pa

    data, ends, codes = column.arrays
    buffers = [None, pa.py_buffer(np.ascontiguousarray(ends)), pa.py_buffer(np.ascontiguousarray(data))]
    texts = pa.Array.from_buffers(pa.large_string(), len(ends) - 1, buffers)
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:  # names of files may be any bytes
        texts = pa.Array.from_buffers(pa.large_binary(), len(ends) - 1, buffers)
    return texts if codes is None else pa.DictionaryArray.from_arrays(pa.array(codes), texts)


def read_arrow_items(path: Path, *, expected: int, classes: int) -> RunItems:
    """Map ``items.arrow``.

    Raises
    ------
    UserError: if pyarrow is not there, or the file is missing or damaged.
    """
    if not installed("pyarrow"):
        raise UserError(
            f"{printable(str(path))} needs pyarrow, which is not installed", remedy=f"Run: {pip_line('pyarrow')}"
        )
    import pyarrow as pa

    try:
        with open(path, "rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        table = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(memory))).read_all().combine_chunks()
        table.validate(full=True)
        return _checked(table, expected, classes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:  # pyarrow's own are among them
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(
            f"{printable(str(path))} cannot be read: {reason or 'it is empty'}",
            remedy="Restore the file from a copy of the run",
        ) from error


def _checked(table: Any, expected: int, classes: int) -> RunItems:
    """Return the items of a table; ``ValueError``: it is not one that was written."""
    columns = {name: _one(table.column(name)) for name in table.column_names}
    labels: IntArray = _numbers(columns["label"], "int64")
    parts = _column(columns["part"])
    if len(labels) != expected:
        raise ValueError(f"it has {len(labels)} items instead of {expected}")
    if len(labels) and not -1 <= labels.min() <= labels.max() < classes:
        raise ValueError("a class does not exist")
    if not PARTS.issuperset(parts.codes()[1]):
        raise ValueError("a part does not exist")
    further = {name.removeprefix(COLUMN): _column(array) for name, array in columns.items() if name.startswith(COLUMN)}
    return RunItems(_column(columns["id"]), labels, parts, further)


def _one(column: Any) -> Any:
    """Return the array of a column that is in one piece, without gaps."""
    import pyarrow as pa

    if column.num_chunks > 1:
        raise ValueError("a column is in several pieces")
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def _column(array: Any) -> TextColumn:
    """Return an array of texts as a column that shares its memory."""
    import pyarrow as pa

    codes = None
    if pa.types.is_dictionary(array.type):
        codes, array = _numbers(array.indices, "int32"), array.dictionary
    if array.type not in (pa.large_string(), pa.large_binary()) or array.null_count or array.offset:
        raise ValueError("a column holds no texts")
    _, ends, data = array.buffers()
    places = (
        np.frombuffer(ends, np.int64)[: len(array) + 1] if ends is not None and ends.size else np.zeros(1, np.int64)
    )
    whole = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    return TextColumn(whole[: places[-1]], places, codes)


def _numbers(array: Any, kind: str) -> Any:
    """Return an array of whole numbers as numpy's that shares its memory."""
    if str(array.type) != kind or array.null_count:
        raise ValueError("a column holds no numbers")
    found = array.to_numpy(zero_copy_only=True)
    found.setflags(write=False)
    return found
