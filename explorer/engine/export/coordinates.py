"""The coordinates of a map in a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from explorer.core.errors import Cancelled, printable
from explorer.core.registry import Scalar, register
from explorer.core.types import FloatArray, IntArray, Projection
from explorer.engine.export.base import Export, SaveChoice, Subject, needs_package, written_whole
from explorer.engine.jobs import Control
from explorer.runs.items import safe_cell

ROWS = 20_000
"""Rows that are written at a time, and between two looks whether to stop."""

FIXED = ("id", "path", "class", "part", "x", "y", "step")


@register("export", "coordinates", title="Coordinates of the map")
class Coordinates(Export):
    """The map as a table, a row for each item on it: .csv, or .parquet with pyarrow.

    Columns: ``id``, ``path``, ``class``, ``part`` (train or held-out), ``x``, ``y`` (float32), ``step``, and one for
    each of right, violation, loss, fidelity, hubness and distance that was measured; ``selected`` (1 or 0) where items
    are.
    """

    endings = (".csv", ".parquet")
    action = "Save coordinates"
    tip = "Where every item is, as a table"
    choices = (SaveChoice("Table (*.csv)"), SaveChoice("Parquet (*.parquet)", needs=("pyarrow",)))
    formats = ("CSV", "Parquet")

    def check(self, path: Path) -> None:
        """Raise a ``UserError`` where the name has another ending, or pyarrow is missing for a .parquet."""
        super().check(path)
        if path.suffix.lower() == ".parquet":
            needs_package("writing .parquet", "pyarrow")

    def write(self, path: Path, subject: Subject, control: Control) -> dict[str, Scalar]:
        """Write the chosen map."""
        self.check(path)
        frame = subject.frame(subject.chosen)
        table = _Table(subject, frame)
        writer = _write_parquet if path.suffix.lower() == ".parquet" else _write_csv
        written_whole(path, lambda beside: writer(beside, table, control))
        return {"items": len(frame.indices), "step": frame.step, "columns": len(table.names)}


class _Table:
    """The columns of a map, some rows at a time."""

    def __init__(self, subject: Subject, frame: Projection) -> None:
        self._items, self._frame = subject.items, frame
        self._values = {v.name: _aligned(v.indices, v.values, frame.indices) for v in subject.values}
        self._selected = subject.selected if subject.selected is not None and len(subject.selected) else None
        self.names = (*FIXED, *self._values, *([] if self._selected is None else ["selected"]))

    def parts(self, control: Control) -> Iterator[dict[str, Any]]:
        """Yield the columns by name, ``ROWS`` rows at a time."""
        frame, items = self._frame, self._items
        for first in range(0, max(len(frame.indices), 1), ROWS):
            if control.cancelled():
                raise Cancelled
            control.progress("", first, len(frame.indices))
            rows = slice(first, first + ROWS)
            chosen = frame.indices[rows].tolist()
            yield {
                "id": list(items.ids.take(chosen)),
                "path": [items.path(i) for i in chosen],
                "class": [items.class_name(i) for i in chosen],
                "part": list(items.parts.take(chosen)),
                "x": frame.xy[rows, 0],
                "y": frame.xy[rows, 1],
                "step": np.full(len(chosen), frame.step, np.int64),
                **{name: values[rows] for name, values in self._values.items()},
                **({} if self._selected is None else {"selected": np.isin(chosen, self._selected).astype(np.int64)}),
            }


def _aligned(indices: IntArray, values: FloatArray, wanted: IntArray) -> FloatArray:
    """Return the value of each wanted item, NaN where there is none."""
    size = int(max(indices.max(initial=-1), wanted.max(initial=-1))) + 1
    known = np.full(size, np.nan, np.float32)
    known[indices] = values
    found: FloatArray = known[wanted]
    return found


def _write_csv(path: Path, table: _Table, control: Control) -> None:
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.names)
        for part in table.parts(control):
            writer.writerows(zip(*(_texts(part[name]) for name in table.names), strict=True))


def _texts(column: Any) -> list[Any]:
    if isinstance(column, list):
        return [safe_cell(text) for text in column]
    if column.dtype == np.float32:  # nine digits bring every float32 back; what is not known stays empty
        return ["" if np.isnan(value) else f"{value:.9g}" for value in column]
    values: list[Any] = column.tolist()
    return values


def _write_parquet(path: Path, table: _Table, control: Control) -> None:
    import pyarrow
    import pyarrow.parquet

    writer: Any = None
    file: IO[bytes]
    with open(path, "wb") as file:
        try:
            for part in table.parts(control):
                columns = {name: _column(pyarrow, part[name]) for name in table.names}
                rows = pyarrow.table(columns)
                writer = writer or pyarrow.parquet.ParquetWriter(file, rows.schema)
                writer.write_table(rows)
        finally:
            if writer is not None:
                writer.close()


def _column(pyarrow: Any, column: Any) -> Any:
    if isinstance(column, list):
        return pyarrow.array([printable(text) for text in column], pyarrow.string())
    return pyarrow.array(column, from_pandas=column.dtype == np.float32)
