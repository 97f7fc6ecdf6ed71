"""The pictures of a table's rows: which are there, which rows name the same one, and what lies beside them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from explorer.core.errors import printable
from explorer.core.types import Skipped
from explorer.data import names
from explorer.data.file_kinds import kind_of_ending
from explorer.data.formats.csvfile import Table
from explorer.data.labels.captions import BETWEEN
from explorer.data.labels.picture_finder import GONE, PictureFinder, as_written
from explorer.data.labels.picture_place import FoundPicture, PicturePlace
from explorer.data.listing import Watch
from explorer.data.modalities.base import Modality

CHECK_EVERY = 1024


@dataclass(slots=True)
class Matched:
    """Pictures that are there, each with the position of its first row and its label or labels.

    ``further``: the rows of a picture behind its first one; ``missing``: rows without; ``repeated``: rows of a picture
    of an earlier row; ``conflicts``: pictures with two labels that may have one; ``example``: of a name that stands for
    a picture elsewhere.
    """

    rows: list[int] = field(default_factory=list)
    files: list[FoundPicture] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    further: dict[int, list[int]] = field(default_factory=dict)
    missing: int = 0
    repeated: int = 0
    conflicts: int = 0
    example: str = ""


def match(
    place: PicturePlace, table: Table, column: int, labels: Sequence[str], separator: str, watch: Watch, kind: Modality
) -> Matched:
    """Find the picture of every row, or the file of another ``kind``; ``labels``: one text a row.

    A picture is noted once: with a ``separator`` with the labels of all its rows, else with the one they agree on.

    Raises
    ------
    Cancelled: if the user cancels.
    """
    found = _looked_up(place, table, column, watch)
    matched = Matched()
    if found and all(isinstance(at, str) for at in found.values()) and GONE in found.values():
        finder = PictureFinder(place, watch, endings=kind.asked_by)
        found = {name: finder.find(name) for name in found}
        stands = next(((name, at.path) for name, at in found.items() if isinstance(at, FoundPicture)), None)
        matched.example = " is ".join(map(printable, stands)) if stands else ""
    first: dict[str, int] = {}  # a list for each picture would be the largest part of the memory
    again: dict[str, list[int]] = {}
    for position, (line, row) in enumerate(table.rows):
        name = row[column]
        at = _of_kind(found[name], kind) if name else f"line {line} names no {kind.noun}"
        if isinstance(at, FoundPicture):
            if first.setdefault(at.path, position) != position:
                again.setdefault(at.path, []).append(position)
        else:
            matched.missing += at == GONE
            matched.skipped.append(Skipped(names.text(name) or f"line {line}", at))
    for path, position in first.items():
        picture = found[table.rows[position][1][column]]
        assert isinstance(picture, FoundPicture)
        if path in again:
            _note_repeated(picture, [position, *again[path]], labels, separator, matched)
            continue
        matched.rows.append(position)
        matched.files.append(picture)
        matched.labels.append(labels[position])
    return matched


def _of_kind(at: FoundPicture | str, kind: Modality) -> FoundPicture | str:
    """Return a file that was found, or that it is of another kind."""
    other = isinstance(at, FoundPicture) and kind_of_ending().get(names.suffix(at.path), kind.name) != kind.name
    return f"is no {kind.noun}" if other else at


def _looked_up(place: PicturePlace, table: Table, column: int, watch: Watch) -> Mapping[str, FoundPicture | str]:
    """Return what the names of the table stand for as they are written; two names of one file, the same picture."""
    found: dict[str, FoundPicture | str] = {}
    spelt: dict[str, FoundPicture] = {}
    for position, (_, row) in enumerate(table.rows):
        if position % CHECK_EVERY == 0:
            watch.check()
            watch.progress("Looking up the pictures of the table", position, len(table.rows))
        name = row[column]
        if not name or name in found:
            continue
        at = as_written(place, name)
        if isinstance(at, FoundPicture):
            key = _normal(at.path)
            known = found.get(key, at) if key != name else at
            at = spelt.get(key) or (known if isinstance(known, FoundPicture) else at)
            if key != name:
                spelt[key] = at
        found[name] = at
    return found


def _note_repeated(
    picture: FoundPicture, positions: Sequence[int], labels: Sequence[str], separator: str, to: Matched
) -> None:
    different = list(dict.fromkeys(labels[position] for position in positions))
    to.repeated += len(positions) - 1
    to.further[positions[0]] = list(positions[1:])
    if len(different) > 1 and not separator:  # neither can be believed
        to.conflicts += 1
        to.skipped.append(Skipped(names.text(picture.path), "the table gives it two different labels"))
        return
    to.rows.append(positions[0])
    to.files.append(picture)
    to.labels.append(separator.join(different))


def with_all_captions(table: Table, matched: Matched, column: str) -> list[tuple[str, ...]]:
    """Return the first row of each picture, with the captions of all its rows in one cell; none is a repetition."""
    at, matched.repeated = table.header.index(column), 0
    rows = []
    for first in matched.rows:
        cells = [table.rows[position][1][at] for position in (first, *matched.further.get(first, ()))]
        row = table.rows[first][1]
        rows.append((*row[:at], BETWEEN.join(cell for cell in cells if cell), *row[at + 1 :]))
    return rows


def _normal(path: str) -> str:
    """Return a path without ``.`` and ``..``, and with slashes; most have neither, and a million are many."""
    if os.sep == "/" and path[:1] not in (".", "/") and "//" not in path and "/." not in path:
        return path
    return os.path.normpath(path).replace(os.sep, "/")


def beside(place: PicturePlace, matched: Matched, watch: Watch, kind: Modality) -> list[str]:
    """Return what is to be said of files in the folders of the table's files of this kind that are not in the table.

    Raises
    ------
    Cancelled: if the user cancels.
    """
    own = place.root.replace(os.sep, "/").rstrip("/") + "/"
    known = {_normal(file.path).removeprefix(own) for file in matched.files}
    known |= {_normal(item.path).removeprefix(own) for item in matched.skipped}
    count = 0
    for folder in {path.rpartition("/")[0] for path in known}:
        watch.check()
        prefix = f"{folder}/" if folder else ""
        count += sum(
            f"{prefix}{name}" not in known and names.suffix(name) in kind.asked_by and not names.hidden(name)
            for name in place.beside(folder)
        )
    return (
        [f"{names.several(count, kind.noun, kind.plural)} beside those of the table left out, as it does not name them"]
        if count
        else []
    )
