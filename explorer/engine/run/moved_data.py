"""Data of a run that were moved: where they were found to lie is kept with it, and every command looks there then."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from explorer.core.errors import UserError, printable
from explorer.engine.events import Role
from explorer.engine.run.run_files import check_same_data
from explorer.runs.folder import RunFolder
from explorer.runs.places import read_places, write_moves

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset


LOOKED_AT = 8
"""Items whose files are looked for where they lay."""


def check_and_remember(folder: RunFolder, dataset: Dataset, sources: Sequence[tuple[str, Role]]) -> str:
    """Check that data are those of a run, and keep where they were moved to: return that in one sentence.

    It is empty where none were moved: what is still where it was is looked for there, wherever a copy of it was opened.
    Of a run that cannot be written it says why. ``sources``: from which they were opened, the main ones first.

    Raises
    ------
    UserError: if they are others, see ``check_same_data``.
    """
    check_same_data(folder, dataset)
    record = folder.data
    known = [(record.uri, "main"), *((one.uri, one.role) for one in record.added)]
    if [role for _, role in known] != [role for _, role in sources]:
        return ""
    places = [(before, os.path.abspath(now)) for (before, _), (now, _) in zip(known, sources, strict=True)]
    taken = {now for before, now in places if before != now}  # by others of these data
    ids = list(dataset.ids[:LOOKED_AT])
    moved = [
        (before, now) for before, now in places if before != now and (before in taken or _is_gone(before, now, ids))
    ]
    moves = {before: now for before, now in moved if os.path.exists(now)}
    try:
        read_places(folder.path)
    except UserError as error:  # nothing is kept until it is gone
        return str(error)
    try:
        if moves:
            write_moves(folder.path, moves)
    except UserError as error:
        return f"{printable(folder.path.name)} cannot keep where its data are now: {error}"
    where = ", ".join(map(printable, moves.values()))
    return f"{printable(folder.path.name)} looks for its data where they are now: {where}" if moves else ""


def remember(
    folder: RunFolder, dataset: Dataset, sources: Sequence[tuple[str, Role]], tell: Callable[[str], None]
) -> None:
    """Keep where data were moved to, and tell it, where they are those of a run; others may be asked about as well."""
    with suppress(UserError):
        if told := check_and_remember(folder, dataset, sources):
            tell(told)


def _is_gone(before: str, now: str, ids: Sequence[str]) -> bool:
    """Return whether data that lie ``now`` elsewhere do so no more where they did, even if the folder is still there.

    ``ids``: of some items, which in a folder are paths of files below it.
    """
    if not os.path.isabs(before):
        return False
    if not os.path.lexists(before):
        return True
    there, here = ([os.path.lexists(os.path.join(place, name)) for name in ids] for place in (before, now))
    return os.path.isdir(before) and any(here) and not any(there)
