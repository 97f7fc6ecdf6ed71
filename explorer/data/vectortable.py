"""Vectors in a table: a column a number, beside columns of ids, labels and anything else; as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.types import FloatArray, Skipped
from explorer.data.csvfile import Table, read_table
from explorer.data.listing import Watch
from explorer.data.names import PATH_COLUMNS, listed
from explorer.data.vectors import (
    ID_NAMES,
    LABEL_NAMES,
    LARGEST_DIMENSION,
    Found,
    check_shape,
    first_named,
)

CHECK_EVERY = 1024
NUMBERED = re.compile(r"[A-Za-z_]*?[ _]?(\d+)")
QUOTED = frozenset("=+-@\t\r\n'")
"""Before these the tables of ``embed`` put a quote, so that no spreadsheet takes a text for a formula."""


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


def vector_places(header: Sequence[str]) -> list[int]:
    """Return the columns of the numbers of a vector in a table of text; none where it is a table of something else.

    z0, z1, … are always a vector; another series is where it makes up half of the columns and there is no path of a
    picture among these.
    """
    places = numbered(header)
    if not places or header[places[0]] == "z0":
        return places
    paths = first_named(header, PATH_COLUMNS)
    return places if paths is None and len(places) >= max(3, len(header) / 2) else []


def is_vector_table(path: Path) -> bool:
    """Whether a table of text is one of vectors, by its header; cheap, and never raises."""
    try:
        with path.open("rb") as file:
            line = file.readline(LARGEST_DIMENSION * 16).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    delimiter = max(",;\t|", key=line.count)
    return bool(vector_places([cell.strip().strip('"') for cell in line.strip().split(delimiter)]))


def label_column(path: Path, header: Sequence[str], asked: str) -> str | None:
    """Return the column of labels: the one that is asked for, else the guess.

    Raises
    ------
    UserError: if there is no such column.
    """
    if asked and asked not in header:
        found = listed([printable(name) for name in header if not NUMBERED.fullmatch(name)]) or "numbers only"
        raise UserError(
            f"{printable(str(path))} has no column {printable(asked)!r}; it has {found}",
            remedy="Set data.label_column=…",
        )
    return asked or first_named(header, LABEL_NAMES)


def read_text(path: Path, asked: str, watch: Watch) -> Found:
    """Read a table of text in which every row is a vector.

    Raises
    ------
    UserError: if it cannot be read, or no row is a vector; Cancelled: if the user cancels.
    """
    table = read_table(path)
    places = vector_places(table.header)
    others = [name for i, name in enumerate(table.header) if i not in set(places)]
    label = label_column(path, others, asked)
    check_shape(printable(str(path)), (len(table.rows), len(places)), np.dtype(np.float32))
    vectors, lines, skipped = _numbers(path, table, places, watch)
    rows = [row for _, row in table.rows]
    if len(lines) < len(rows):
        good = set(lines)
        rows = [row for line, row in table.rows if line in good]
    texts = {name: [_unquoted(row[table.header.index(name)]) for row in rows] for name in others}
    labels = None if label is None else texts.pop(label)
    own = first_named(texts, ID_NAMES)
    ids = None if own is None else texts.pop(own)
    found = Found(vectors, labels, ids, dict(texts), lines, [*table.skipped, *skipped])
    found.notes += table.notes
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
            bad = next(place for place in places if not _is_number(row[place]))
            reason = f"{printable(row[bad])!r} in the column {printable(table.header[bad])} is not a number"
            skipped.append(Skipped(f"{path.name}, row {line}", reason))
            continue
        with np.errstate(over="ignore"):
            vectors[len(lines)] = values
        lines.append(line)
    if not lines:
        raise UserError(f"{printable(str(path))}: no row is a vector; the first: {skipped[0].reason}")
    return vectors[: len(lines)], lines, skipped


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unquoted(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in QUOTED and len(text) > 1 else text
