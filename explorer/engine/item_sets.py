"""Named sets of items: of a run, or of data without one, and which items of a dataset they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray, frozen
from explorer.engine.paths import folder_of_data
from explorer.runs.item_sets import ItemSet, read_sets


@dataclass(frozen=True, slots=True)
class KeptSet:
    """A set as it is found in a dataset: its ``items``, sorted, and how many of its ids are ``gone`` from there."""

    name: str
    items: IntArray
    gone: int = 0


def sets_of(run: Path | None, uri: str) -> tuple[ItemSet, ...]:
    """Return the sets of a run; where it never had any, or is None, those of its data ``uri``.

    Raises
    ------
    UserError: if a file is damaged.
    """
    found = None if run is None else read_sets(run)
    return (read_sets(folder_of_data(uri)) or ()) if found is None else found


def found_in(sets: Iterable[ItemSet], ids: TextColumn) -> tuple[KeptSet, ...]:
    """Return sets with the items that have their ids, by name."""
    ordered = sorted(sets, key=lambda one: (one.name.casefold(), one.name))
    wanted = {id for one in ordered for id in one.ids}
    place: dict[str, int] = {}
    start = 0
    for part in ids.portions() if wanted else ():
        place.update((id, start + at) for at, id in enumerate(part) if id in wanted)
        start += len(part)
    found = []
    for one in ordered:
        items = np.array(sorted(place[id] for id in one.ids if id in place), np.int64)
        found.append(KeptSet(one.name, frozen(items), len(one.ids) - len(items)))
    return tuple(found)


def set_called(sets: Iterable[ItemSet], name: str, ids: TextColumn) -> KeptSet:
    """Return the set of a name.

    Raises
    ------
    UserError: if there is none; those that there are get named.
    """
    there = tuple(sets)
    chosen = [one for one in there if one.name == name]
    if not chosen:
        names = ", ".join(printable(one.name) for one in there) or "none are kept with it"
        raise UserError(f"The run has no set {printable(name)!r}", remedy=f"Sets: {names}")
    return found_in(chosen, ids)[0]
