"""Which data are being read, so that nothing that is written ever takes the place of a file of theirs."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from explorer.core.errors import UserError, printable


@dataclass(frozen=True, slots=True)
class _Data:
    """Files and folders of data, and the ``items`` of them that may lie elsewhere."""

    sources: tuple[Path, ...]
    items: Callable[[], Iterable[str]]


_lock = threading.Lock()
_in_use: WeakKeyDictionary[object, _Data] = WeakKeyDictionary()


def keep_whole(owner: object, sources: Sequence[Path], items: Callable[[], Iterable[str]] = tuple) -> None:
    """Keep data as they are while ``owner`` lives, in place of those that it had before.

    ``sources``: their files and folders; ``items``: returns the paths of items, which may lie outside of these.
    """
    with _lock:
        _in_use[owner] = _Data(tuple(sources), items)


def refuse_data(path: Path) -> None:
    """Check that what is about to be written takes the place of no file of data in use, and lies in no folder of them.

    Raises
    ------
    UserError: it does.
    """
    with _lock:
        data = list(_in_use.values())
    refuse_within(path, [source for one in data for source in one.sources])
    if path.is_file() and any(_same(path, item) for one in data for item in one.items()):
        raise _belongs(path)


def refuse_within(path: Path, sources: Iterable[Path]) -> None:
    """Check that a path is none of ``sources`` and lies in none, by whatever links or letter case it is named.

    Raises
    ------
    UserError: it is, or does.
    """
    whole = Path(os.path.abspath(path))
    names = dict.fromkeys((whole, *whole.parents, path.resolve(), *path.resolve().parents))
    known = set(_identities(names))
    if any(one in known for one in _identities(sources)):
        if path.is_file():
            raise _belongs(path)
        raise UserError(f"{printable(str(path))} lies in the data", remedy="Choose a folder beside them")


def _belongs(path: Path) -> UserError:
    return UserError(
        f"{printable(str(path))} belongs to the data and is not written over", remedy="Choose another name"
    )


def _identities(paths: Iterable[Path]) -> Iterator[tuple[int, int]]:
    """Return what stands for each file or folder that is there."""
    for path in paths:
        try:
            found = os.stat(path)
        except (OSError, ValueError):  # such as a name that is too long for a path: then it is none
            continue
        yield found.st_dev, found.st_ino


def _same(path: Path, item: str) -> bool:
    """Return whether an item is this file; most are told apart by the ends of their names, without a look at them."""
    if not item.lower().endswith(path.resolve().suffix.lower()):
        return False
    try:
        return os.path.samefile(path, item)
    except (OSError, ValueError):
        return False
