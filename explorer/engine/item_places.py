"""Where the items of a saved run lie, told by their ids: its data need not be open, nor be there any more."""

from __future__ import annotations

import re
from pathlib import Path

from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.runs.folder import RunFolder

_AGAIN = re.compile(r"~([2-9]|[1-9]\d+)$")
"""What ``data.names.unique`` puts behind the second, third, … of equal ids."""


def place_of(folder: RunFolder, item: int, main: str, *, is_file: bool) -> str:
    """Return where an item of a run lies, for people: in what was added to the data where it came with that.

    ``main``: where the main data are; ``is_file``: whether each item is a file of its own. Of items of one name in
    several added folders the second lies in the second of those that have it, or are not there to be asked.
    """
    name, columns = folder.items.ids[item], folder.items.columns
    role = columns[SPLIT_COLUMN][item] if SPLIT_COLUMN in columns else ""
    added = [one.uri for one in folder.data.added if one.role == role and name.startswith(f"{role}/")]
    uris, inside = (added, name.removeprefix(f"{role}/")) if added else ([main], name)
    if not is_file:
        return uris[_number(folder, name, role, len(uris))]
    there = [path for uri in uris if (path := _file(uri, inside)).is_file()]
    again = None if there else _AGAIN.search(inside)
    if again is not None or (len(uris) > 1 and f"{name}~2" in folder.items.ids):
        inside = inside[: again.start()] if again is not None else inside
        may_have = [uri for uri in uris if _file(uri, inside).is_file() or not Path(uri).exists()] or uris
        uris = [may_have[_number(folder, name, role, len(may_have))]]
        there = [path for path in (_file(uris[0], inside),) if path.is_file()]
    return str(there[0]) if there else f"{uris[0]}/{inside}"


def _file(uri: str, inside: str) -> Path:
    """Return the file that an id names in a folder, or beside the table that lists it."""
    root = Path(uri)
    return root / inside if root.is_dir() else root.parent / inside


def _number(folder: RunFolder, name: str, role: str, count: int) -> int:
    """Return in which of ``count`` added data an item is of which others have the name; 0 where there is one only."""
    again = _AGAIN.search(name)
    if again is None or count == 1:
        return 0
    ids, first = folder.items.ids, name[: again.start()]
    of_main = first in ids and folder.items.columns[SPLIT_COLUMN][ids.index(first)] != role
    return min(int(again[1]) - 1 - of_main, count - 1)
