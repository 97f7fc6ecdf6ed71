"""A label table (CSV): one row a picture, with its path, its label and any further columns."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.types import Skipped
from explorer.data import names
from explorer.data.bids import CERTAIN, LAST, SEEN, Bid
from explorer.data.csvfile import PEEKED_ROWS, Table, column_named, peek_table, picture_column, read_table
from explorer.data.labelling import labelling
from explorer.data.listing import Listing, Watch, digest
from explorer.data.pictures import FilePictures

SUFFIXES = (".csv", ".tsv")
LABEL_COLUMNS = ("label", "class", "class_name", "category", "target", "identity", "id", "species", "name")
CHECK_EVERY = 1024
UNSEEN = 0.4
"""The bid for a table that names pictures which are not there, below that for columns of numbers."""


@dataclass(slots=True)
class _Matched:
    """Rows whose picture exists: the row's position and the picture's path, bytes and time of change."""

    rows: list[int] = field(default_factory=list)
    files: list[tuple[str, int, int]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    missing: int = 0
    repeated: int = 0


def _asked(path: Path, header: Sequence[str], column: str, option: str) -> int:
    if column not in header:
        found = ", ".join(printable(name) for name in header)
        raise UserError(
            f"{path} has no column {printable(column)!r}; its columns are {found}", remedy=f"Set data.{option}=…"
        )
    return header.index(column)


def _path_column(path: Path, table: Table, options: DataOptions) -> int:
    if options.path_column:
        return _asked(path, table.header, options.path_column, "path_column")
    guess = picture_column(table.header, [row for _, row in table.rows[:PEEKED_ROWS]])
    if guess is not None:
        return guess
    found = ", ".join(printable(name) for name in table.header)
    raise UserError(
        f"{path}: no column holds the paths of pictures; its columns are {found}",
        remedy="Name it with --set data.path_column=…",
    )


def _label_column(path: Path, table: Table, options: DataOptions, path_column: int) -> int | None:
    if options.label_column:
        return _asked(path, table.header, options.label_column, "label_column")
    guess = column_named(table.header, LABEL_COLUMNS)
    return guess if guess != path_column else None


def _status(root: str, name: str) -> tuple[int, int] | str:
    """Return bytes and time of change of a picture, or why there is none."""
    if "://" in name:
        return "a web address; only local pictures are read"
    if names.suffix(name) in names.NOT_READ:
        return names.NOT_READ_REASON
    try:
        status = os.stat(os.path.join(root, name))
    except (OSError, ValueError):
        return ""
    return (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else "not a regular file"


def _match(root: str, table: Table, path_column: int, label_column: int | None, watch: Watch) -> _Matched:
    matched = _Matched()
    first: dict[str, int] = {}
    conflicts: set[str] = set()
    for position, (line, row) in enumerate(table.rows):
        if position % CHECK_EVERY == 0:
            watch.check()
            watch.progress("Looking up the pictures of the table", position, len(table.rows))
        name = row[path_column]
        key = os.path.normpath(name)
        if key in first:
            matched.repeated += 1
            if label_column is not None and table.rows[first[key]][1][label_column] != row[label_column]:
                conflicts.add(key)
            continue
        first[key] = position
        found = _status(root, name) if name else f"line {line} names no picture"
        if isinstance(found, tuple):
            matched.rows.append(position)
            matched.files.append((name, *found))
        else:
            matched.missing += not found
            matched.skipped.append(Skipped(names.text(name) or f"line {line}", found or "the file does not exist"))
    _drop(conflicts, matched)
    return matched


def _drop(conflicts: set[str], matched: _Matched) -> None:
    """Leave out pictures to which the table gives two labels: neither can be believed."""
    if not conflicts:
        return
    keep = [os.path.normpath(name) not in conflicts for name, _, _ in matched.files]
    matched.skipped += [
        Skipped(names.text(file[0]), "the table gives it two different labels")
        for file, kept in zip(matched.files, keep, strict=True)
        if not kept
    ]
    matched.rows = [row for row, kept in zip(matched.rows, keep, strict=True) if kept]
    matched.files = [file for file, kept in zip(matched.files, keep, strict=True) if kept]


def _beside(root: str, matched: _Matched, watch: Watch) -> list[str]:
    """Count the pictures that lie in the folders of the table's pictures and are not in the table."""
    known = {os.path.normpath(os.path.join(root, name)) for name, _, _ in matched.files}
    known |= {os.path.normpath(os.path.join(root, item.path)) for item in matched.skipped}
    count = 0
    for folder in {os.path.dirname(path) for path in known}:
        watch.check()
        try:
            with os.scandir(folder) as entries:
                count += sum(
                    names.suffix(e.name) in names.READ and not names.hidden(e.name) and e.path not in known
                    for e in entries
                )
        except OSError:
            continue  # a folder that only exists in the table: its rows are listed as missing
    return [f"{names.several(count, 'picture')} beside those of the table, not in it"] if count else []


@register("source", "csv", title="Label table")
class TableSource:
    """A CSV with a column of picture paths, relative to the table, a column of labels, and any others."""

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a file called .csv or .tsv; see ``listing.Source``."""
        path = Path(spec)
        return _bid(path, options) if path.suffix.lower() in SUFFIXES and path.is_file() else None

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a table; see ``listing.Source``."""
        path = Path(spec).absolute()
        root = str(path.parent)
        table = read_table(path)
        path_column = _path_column(path, table, options)
        label_column = _label_column(path, table, options, path_column)
        matched = _match(root, table, path_column, label_column, watch)
        if not matched.files:
            raise UserError(
                f"none of the {len(table.rows):,} pictures that {path} names can be found",
                remedy=f"Their paths are taken relative to {root}",
            )
        rows = [table.rows[position][1] for position in matched.rows]
        texts = [row[label_column] for row in rows] if label_column is not None else [""] * len(rows)
        known = labelling(texts, options.label_separator)
        others = [i for i in range(len(table.header)) if i not in (path_column, label_column)]
        return Listing(
            name=names.text(path.stem),
            uri=str(path),
            ids=names.unique(names.text(name.replace(os.sep, "/")) for name, _, _ in matched.files),
            labels=known.labels,
            class_names=known.class_names,
            columns={table.header[i]: tuple(row[i] for row in rows) for i in others},
            modality="pictures",
            items=FilePictures(root, tuple(name for name, _, _ in matched.files)),
            content=digest(f"{name}|{size}|{time}" for name, size, time in matched.files),
            skipped=(*table.skipped, *matched.skipped),
            notes=(*table.notes, *_notes(table, matched, label_column, texts), *_beside(root, matched, watch)),
            label_sets=known.label_sets,
            set_names=known.set_names,
        )


def _bid(path: Path, options: DataOptions) -> Bid:
    """Bid much where a picture that the table names is there, little where none is: it may be a table of vectors."""
    table = peek_table(path)
    if table is None:
        return Bid(LAST, "a file called .csv or .tsv that is no table of text")
    asked = options.path_column
    if asked in table.header:
        return Bid(CERTAIN, f"a table whose column {printable(asked)} is said to name pictures")
    column = picture_column(table.header, table.rows)
    if column is None:
        return Bid(LAST, "a table in which no column names pictures")
    named = f"a table with a column that names pictures, {printable(table.header[column])}"
    root = path.absolute().parent
    if any(isinstance(_status(str(root), row[column]), tuple) for row in table.rows if row[column]):
        return Bid(SEEN, named)
    return Bid(UNSEEN, f"{named}, of which the first are not there")


def _notes(table: Table, matched: _Matched, label_column: int | None, texts: Sequence[str]) -> list[str]:
    notes = []
    if label_column is None:
        found = ", ".join(printable(name) for name in table.header)
        notes.append(f"no column of labels recognised among {found}: unlabelled; set data.label_column to name it")
    elif "" in texts:
        notes.append(f"{names.several(texts.count(''), 'row')} without a label: unlabelled")
    if matched.repeated:
        notes.append(f"{names.several(matched.repeated, 'row')} repeating a picture of an earlier row")
    if matched.missing:
        notes.append(f"{names.several(matched.missing, 'row')} whose picture does not exist")
    return notes
