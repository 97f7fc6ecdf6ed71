"""``sets.json``: sets of items that a person has named, of the items of a run or of data without one.

A set keeps the ids of its items, so that it is the same in a copy of the run and with more or fewer items. The file is
replaced as a whole and carries its own seal; it may change without the run's lock, and the manifest does not name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.core.errors import UserError
from explorer.runs.atomic import write_file
from explorer.runs.lock import locked
from explorer.runs.sealed import read_sealed, sealed

SETS_NAME, SETS_LOCK_NAME = "sets.json", "sets.lock"
SETS_LIMIT = 512 << 20
LONGEST_NAME, MOST_SETS = 100, 500


@dataclass(frozen=True, slots=True)
class ItemSet:
    """A set: its name, and the ids of its items, each once."""

    name: str
    ids: tuple[str, ...] = ()


def set_name(text: str) -> str:
    """Return a name as it was typed, without what is blank around it and between its words.

    Raises
    ------
    UserError: if nothing is left, or it is too long, or no text that can be kept.
    """
    name = " ".join(text.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise UserError(f"A set is called by 1 to {LONGEST_NAME} letters", remedy="Type another name")
    return name


def changing_sets(folder: Path) -> AbstractContextManager[None]:
    """Keep others from changing the sets of a folder meanwhile; a run that trains may have them changed.

    Raises
    ------
    UserError: if another process changes them, or the folder cannot be written.
    """
    return locked(folder, SETS_LOCK_NAME)


def write_sets(folder: Path, sets: Iterable[ItemSet]) -> None:
    """Keep these sets in a folder, in place of earlier ones.

    Raises
    ------
    UserError: if there are too many, or they cannot be written; the earlier ones are then as they were.
    """
    kept = [{"name": one.name, "ids": list(one.ids)} for one in sets]
    if len(kept) > MOST_SETS:
        raise UserError(f"No more than {MOST_SETS} sets are kept", remedy="Delete one first")
    write_file(folder / SETS_NAME, [sealed({"version": 1, "sets": kept})])


def read_sets(folder: Path) -> tuple[ItemSet, ...] | None:
    """Return the sets that are kept in a folder, None where none ever were.

    Raises
    ------
    UserError: if the file cannot be read or is damaged.
    """
    return read_sealed(folder / SETS_NAME, SETS_LIMIT, _parsed, "Remove the file, and name the sets anew")


def _parsed(document: Mapping[str, Any]) -> tuple[ItemSet, ...]:
    """Return the sets of a document; ValueError, TypeError, KeyError: it is none."""
    found = tuple(ItemSet(_text(one["name"]), tuple(map(_text, one["ids"]))) for one in document["sets"])
    names = {one.name for one in found}
    if len(found) > MOST_SETS or len(names) < len(found) or not all(0 < len(name) <= LONGEST_NAME for name in names):
        raise ValueError("its names are not those of sets")
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("it is no text")
    return value
