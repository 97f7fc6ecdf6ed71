"""A Parquet file as a table of text: its columns of single values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.data.formats.parquetfile import open_parquet, pyarrow_for, rows_at_once, texts_of_column
from explorer.data.formats.text_budget import TEXT_BYTES, TextBudget
from explorer.data.formats.vectors import check_memory, check_shape
from explorer.data.listing import Watch
from explorer.data.names import listed


def plain_columns(path: Path) -> tuple[list[str], list[str]] | None:
    """Return the columns of numbers and those of texts, of a table without lists; None where it is no such. Cheap."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        return None
    try:
        schema = pq.read_schema(path)
    except (OSError, ValueError, pa.ArrowException):
        return None
    if any(pa.types.is_nested(field.type) or pa.types.is_binary(field.type) for field in schema):
        return None
    numbers = [field.name for field in schema if pa.types.is_floating(field.type) or pa.types.is_integer(field.type)]
    return numbers, [field.name for field in schema if field.name not in numbers]


def with_gaps(path: Path, numbers: Sequence[str]) -> bool:
    """Whether one of the columns of numbers says that values are missing, by the statistics of the file; cheap."""
    try:
        with open_parquet(path) as file:
            groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    except (UserError, OSError, ValueError):
        return False
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    known = [chunk.statistics for chunk in chunks if chunk.path_in_schema in numbers and chunk.statistics is not None]
    return any(bool(one.null_count) for one in known)


def read_table_of(path: Path, watch: Watch) -> tuple[dict[str, list[str]], list[str]]:
    """Return the columns of single values as texts, empty where there is none, and what is said of the others.

    Raises
    ------
    UserError: if it cannot be read, is too large, or pyarrow is missing; Cancelled: if the user cancels.
    """
    shown, pa = printable(str(path)), pyarrow_for(path)
    try:
        with open_parquet(path) as file:
            schema, count = file.schema_arrow, file.metadata.num_rows
            if len(set(schema.names)) < len(schema.names):
                raise UserError(f"{shown} has two columns of one name", remedy="Rename one of them")
            plain = [field.name for field in schema if not pa.types.is_nested(field.type)]
            check_shape(shown, (count, max(1, len(plain))), np.dtype(np.float32))
            check_memory(shown, TEXT_BYTES * count * len(plain))
            columns: dict[str, list[str]] = {name: [] for name in plain}
            budget, done = TextBudget(path), 0
            for batch in file.iter_batches(rows_at_once(file), columns=plain):
                watch.check()
                watch.progress("Reading the table", done, count)
                done += batch.num_rows
                for name in plain:
                    budget.spend(batch.column(name))
                    what = f"The values of {printable(name)} in {shown}"
                    columns[name] += texts_of_column(batch.column(name), what)
    except MemoryError as error:
        raise UserError(f"There is not enough memory for {shown}", remedy="Close other programs") from error
    except (pa.ArrowException, OSError, ValueError, UnicodeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"{shown} cannot be read as Parquet: {printable(reason)}", remedy="Write it again") from error
    left = [printable(name) for name in schema.names if name not in plain]
    return columns, [f"Columns of lists left out: {listed(left)}"] * bool(left)
