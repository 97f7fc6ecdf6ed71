"""Where the items of a saved run lie, told by their ids: its data need not be open, nor be there any more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from pathlib import Path

from explorer.data.formats.vectors import safe
from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.runs.folder import RunFolder

_AGAIN = re.compile(r"~([2-9]|[1-9]\d+)$")
"""What ``data.names.unique`` puts behind the second, third, … of equal ids."""


def place_of(folder: RunFolder, item: int, main: str, *, is_file: bool) -> str:
    """Return where an item of a run lies, for people: in what was added to the data where it came with that.

    ``main``: where the main data are; ``is_file``: whether each item is a file of its own. Of items of one name in
    several added folders the second lies in the second of those that have it, or are not there to be asked. Of rows
    whose ids do not tell in which of several added files they are, all of these are named.
    """
    name, columns = folder.items.ids[item], folder.items.columns
    role = columns[SPLIT_COLUMN][item] if SPLIT_COLUMN in columns else ""
    added = [one.uri for one in folder.data.added if one.role == role and name.startswith(f"{role}/")]
    uris, inside = (added, name.removeprefix(f"{role}/")) if added else ([main], name)
    if not is_file:
        return _file_of_row(folder, item, role, uris, inside)
    there = [path for uri in uris if (path := _file(uri, inside)).is_file()]
    if there and (len(uris) == 1 or f"{name}~2" not in folder.items.ids):
        return str(there[0])
    own, least, _ = _turn(folder, item, role, len(uris))
    again = None if there else _AGAIN.search(inside)
    inside = inside[: again.start()] if again is not None else inside
    may_have = [uri for uri in uris if _file(uri, inside).is_file() or not Path(uri).exists()]
    uri = may_have[min(own, len(may_have) - 1)] if may_have else uris[least]
    found = _file(uri, inside)
    return str(found) if found.is_file() else f"{uri}/{inside}"


def _file_of_row(folder: RunFolder, item: int, role: str, uris: Sequence[str], inside: str) -> str:
    """Return in which of several files a row is: one without an id is called by its file, ``x[3]``."""
    called = [uri for uri in uris if inside.startswith(f"{safe(Path(uri).stem)}[")]
    if len(called) == 1:
        return called[0]
    _, least, most = _turn(folder, item, role, len(uris))
    return " or ".join(uris[least : most + 1])


def _file(uri: str, inside: str) -> Path:
    """Return the file that an id names in a folder, or beside the table that lists it."""
    root = Path(uri)
    return root / inside if root.is_dir() else root.parent / inside


def _turn(folder: RunFolder, item: int, role: str, count: int) -> tuple[int, int, int]:
    """Return how many items of its name come before one in ``count`` added data, and in which of these it may be.

    They come one after the other, and a name comes in each of them once at most.
    """
    if count == 1:
        return 0, 0, 0
    ids = folder.items.ids
    rows = folder.items.columns[SPLIT_COLUMN].rows_of(role).tolist()
    of_role = [row for row in rows if ids[row].startswith(f"{role}/")]
    names = [ids[row] for row in of_role]
    known, at = set(names), of_role.index(item)
    bases = [_base(name, known) for name in names]
    before, least = Counter[str](), 0
    for base in bases[: at + 1]:
        least = max(least, before[base])
        before[base] += 1
    after, most = Counter[str](), count - 1
    for base in reversed(bases[at:]):
        most = min(most, count - 1 - after[base])
        after[base] += 1
    least = min(least, count - 1)
    return before[bases[at]] - 1, least, max(least, most)


def _base(name: str, known: Container[str]) -> str:
    """Return what an item was called in its own data."""
    again = _AGAIN.search(name)
    first = name[: again.start()] if again is not None else name
    return first if first in known else name
