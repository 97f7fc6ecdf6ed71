"""What every list of boxes comes to: pictures with boxes and classes; and how these become the items of a data set."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import TOO_DEEP, parse_json
from explorer.core.text_column import TextColumn
from explorer.core.types import UNLABELLED, Skipped, frozen
from explorer.data import names
from explorer.data.decoding.cropped_pictures import WHOLE, cropped
from explorer.data.formats.vectors import check_memory, safe
from explorer.data.labels.part_names import SPLIT_COLUMN, likely_part_of
from explorer.data.labels.picture_finder import GONE, PictureFinder
from explorer.data.labels.picture_place import FolderPlace, FoundPicture
from explorer.data.listing import Listing, Watch, digest
from explorer.data.pictures import FilePictures

LARGEST_LIST = 1 << 30
PEEKED = 1 << 16
PEEKED_FILES = 4096
MOST_LISTS = 32
"""Files of one ending that are looked into, as a bid must be cheap."""
TIMES_LARGER = 6
"""How many times the bytes of a JSON file its objects take."""
PICTURE = "picture"
"""The column that says which picture a box is of."""
SHOWN = 1000
"""So many faults are listed one by one; of more, the number is said."""


@dataclass(frozen=True, slots=True)
class Box:
    """One object: its class (empty: none), left, top, width and height, and what else is known of it."""

    label: str
    place: tuple[float, float, float, float]
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marked:
    """One picture of a list: what the list calls it, its ``boxes`` or else its ``label`` as a whole.

    ``frame``: width and height by which the boxes are measured, see ``CroppedPictures``; ``folder``: where it should be
    sought first; ``label`` None: the picture as a whole is no item.
    """

    name: str
    frame: tuple[float, float] = (0.0, 0.0)
    boxes: Sequence[Box] = ()
    label: str | None = None
    split: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""


@dataclass(slots=True)
class Lists:
    """What a format found: pictures, the classes in its own order, files it was read from, what is left out, notes."""

    files: list[Path]
    marked: list[Marked] = field(default_factory=list)
    class_names: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def number(value: Any) -> float:
    """Return a number of a list; infinity where it is none, as not a number stands for whole pictures."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if good else float("inf")


def numbers(value: Any, count: int) -> tuple[float, ...]:
    """Return so many numbers of a list; infinity where they are none."""
    good = isinstance(value, list | tuple) and len(value) == count
    return tuple(number(one) for one in value) if good else (float("inf"),) * count


def text(value: Any) -> str:
    """Return a value of a list as text that can be written anywhere; empty where it is neither text nor a number."""
    return safe(str(value)).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def items_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list of JSON."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises
    ------
    UserError: if it is too large, or damaged.
    """
    shown = printable(str(path))
    try:
        size = path.stat().st_size
        if size > LARGEST_LIST:
            raise UserError(f"{shown} is larger than {LARGEST_LIST // 2**20} MB", remedy="Split it")
        check_memory(shown, TIMES_LARGER * size)
        return parse_json(path.read_bytes())
    except OSError as error:
        raise UserError(f"{shown} cannot be read: {error.strerror}", remedy="Check its permissions") from error
    except ValueError as error:
        reason = str(error) if str(error) == TOO_DEEP else "it is no JSON"
        raise UserError(f"{shown} is damaged: {reason}", remedy="Export it again") from error


def peek(path: Path) -> bytes:
    """Return the first and the last bytes of a file; never raises."""
    try:
        with path.open("rb") as file:
            head = file.read(PEEKED)
            size = file.seek(0, 2)
            file.seek(max(len(head), size - PEEKED))
            return head + file.read()
    except OSError:
        return b""


def root_of(path: Path) -> Path:
    """Return the folder below which the pictures are."""
    return path if path.is_dir() else path.parent


def files_in(path: Path, ending: str, *folders: str) -> list[Path]:
    """Return the first files of an ending in a folder and in some below it, by name; ``path`` if it is one.

    Never raises.
    """
    if path.is_file():
        return [path] if path.suffix.lower() == ending else []
    found = []
    for folder in ("", *folders):
        try:
            with os.scandir(path / folder) as entries:
                for count, entry in enumerate(entries):
                    if entry.name.lower().endswith(ending) and not names.hidden(entry.name) and entry.is_file():
                        found.append(Path(entry.path))
                    if count > PEEKED_FILES:
                        break
        except OSError:
            continue
    return sorted(found)[:MOST_LISTS]


def part_folders(path: Path) -> list[str]:
    """Return the folders in a folder that are called like parts of a split. Never raises."""
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if likely_part_of(entry.name) and entry.is_dir())
    except OSError:
        return []


def boxed_listing(path: Path, root: Path, lists: Lists, watch: Watch) -> Listing:
    """Return the data set of a list: an item each box, called ``picture#1``, or a picture as a whole.

    Parameters
    ----------
    path: what was opened. root: the folder below which the pictures are.

    Raises
    ------
    UserError: if none of the pictures is there; Cancelled: if the user cancels.
    """
    watch.progress("Looking for the pictures of the list", 0, len(lists.marked))
    finder = PictureFinder(FolderPlace(str(root)), watch)
    found = [(one, finder.find(f"{one.folder}/{one.name}" if one.folder else one.name)) for one in lists.marked]
    skipped = [
        *lists.skipped,
        *(Skipped(names.text(one.name), _absent(one, at)) for one, at in found if isinstance(at, str)),
    ]
    there = [(one, at) for one, at in found if isinstance(at, FoundPicture)]
    rows = [row for number, (one, at) in enumerate(there) for row in _rows(number, one, at)]
    if not rows:
        raise _none(path, root, lists, skipped)
    files = FilePictures(str(root), tuple(at.path for _, at in there))
    items = cropped(files, [r.source for r in rows], [r.place for r in rows], [r.frame for r in rows])
    classes = dict.fromkeys(name for name in (*lists.class_names, *(r.label for r in rows)) if name)
    number = {name: i for i, name in enumerate(classes)}
    notes = _notes(lists, there, rows)
    if len(skipped) > SHOWN:
        notes.append(f"{names.several(len(skipped) - SHOWN, 'more entry', 'more entries')} of the list left out")
    return Listing(
        name=names.text(path.stem if path.is_file() else path.name),
        uri=str(path),
        ids=TextColumn.of(names.unique(r.name for r in rows)),
        labels=frozen([number.get(r.label, UNLABELLED) for r in rows], np.int64),
        class_names=tuple(number),
        columns=_columns(rows),
        modality="pictures",
        items=items,
        content=digest([*(f"{at.path}|{at.size}|{at.time}" for _, at in there), items.said]),
        skipped=tuple(skipped[:SHOWN]),
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    source: int
    name: str
    label: str
    place: tuple[float, ...]
    frame: tuple[float, float]
    columns: Mapping[str, str]


def _rows(source: int, one: Marked, at: FoundPicture) -> Iterable[_Row]:
    picture = names.text(at.path)
    split = {SPLIT_COLUMN: one.split}
    if one.label is not None:
        yield _Row(source, picture, one.label, WHOLE, (0.0, 0.0), {**split, **one.columns})
    for count, box in enumerate(one.boxes, start=1):
        columns = {**split, PICTURE: picture, **one.columns, **box.columns}
        yield _Row(source, f"{picture}#{count}", box.label, box.place, one.frame, columns)


def _absent(one: Marked, reason: str) -> str:
    beside = f", which the list names with {names.several(len(one.boxes), 'box', 'boxes')}" if one.boxes else ""
    return f"{reason}{beside}" if reason == GONE else reason


def _columns(rows: Sequence[_Row]) -> dict[str, TextColumn]:
    found = dict.fromkeys(name for row in rows for name in row.columns)
    made = {name: TextColumn.of(row.columns.get(name, "") for row in rows) for name in found}
    if SPLIT_COLUMN in made and not any(row.columns[SPLIT_COLUMN] for row in rows):
        del made[SPLIT_COLUMN]
    return made


def _notes(lists: Lists, there: Sequence[tuple[Marked, FoundPicture]], rows: Sequence[_Row]) -> list[str]:
    bare = sum(not one.boxes and one.label is None for one, _ in there)
    boxes = sum(PICTURE in row.columns for row in rows)
    notes = [f"{names.several(boxes, 'box', 'boxes')} of {names.several(len(there), 'picture')}"] if boxes else []
    notes += [f"{names.several(bare, 'picture')} without a box left out"] * bool(bare)
    return notes + lists.notes


def _none(path: Path, root: Path, lists: Lists, skipped: Sequence[Skipped]) -> UserError:
    shown = printable(str(path))
    if not lists.marked:
        first = f": {skipped[0].path}: {skipped[0].reason}" if skipped else ""
        return UserError(f"{shown} names no picture{first}", remedy="Export it again")
    missing = [one for one in skipped if one.reason.startswith(GONE)]
    if missing:
        count, below = names.several(len(lists.marked), "picture"), printable(str(root))
        return UserError(
            f"None of the {count} that {shown} names is below {below}; the first is {printable(missing[0].path)}",
            remedy="Copy the list and its pictures into one folder",
        )
    return UserError(f"{shown} marks no object in any picture", remedy="Export it with its boxes or classes")
