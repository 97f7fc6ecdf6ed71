"""Where the pictures are that a table names: as written, with Windows' backslashes, without folder or ending."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from explorer.data import names
from explorer.data.listing import Watch

MOST_SEARCHED = 1_000_000
"""So many files below a table are looked through for the pictures that it names."""
GONE = "the file does not exist"


class FoundPicture(NamedTuple):
    """A picture: its ``path`` relative to the table's folder, bytes and time of change."""

    path: str
    size: int
    time: int


def _slashes(name: str) -> str:
    return name.replace("\\", "/")


def as_written(root: str, name: str) -> FoundPicture | str:
    """Return the picture that a table calls ``name``, or why there is none; ``GONE`` if nothing is there.

    Tables from Windows write backslashes, and systems write an accent in two ways: all of that is tried.
    """
    if "://" in name:
        return "a web address; only local pictures are read"
    if names.suffix(_slashes(name)) in names.NOT_READ:
        return names.NOT_READ_REASON
    found = _status(root, name)
    if found is not None:
        return found
    spelt = [_slashes(name)]
    spelt += [] if name.isascii() else [unicodedata.normalize(form, spelt[0]) for form in ("NFC", "NFD")]
    for path in dict.fromkeys(spelt):
        found = _status(root, path) if path != name else None
        if found is not None:
            return found
    return GONE


def _status(root: str, path: str) -> FoundPicture | str | None:
    try:
        # of a million rows joining by the library would be the longest part
        usual = path[:1] not in ("/", "\\") and path[1:2] != ":"
        status = os.stat(f"{root}{os.sep}{path}" if usual else os.path.join(root, path))
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    return FoundPicture(path, status.st_size, status.st_mtime_ns)


class PictureFinder:
    """The pictures below a folder, by their names: for tables that leave out the folder, or the ending.

    ``most``: so many files are looked at; ``endings``: of the files, where they are no pictures.
    """

    def __init__(
        self, root: str, watch: Watch, most: int = MOST_SEARCHED, endings: frozenset[str] = names.READ
    ) -> None:
        self._root = root
        self._by_name: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        for path in pictures_below(root, watch, most, endings):
            name = _plain(path.rpartition("/")[2])
            self._by_name.setdefault(name, []).append(path)
            self._by_stem.setdefault(name.rpartition(".")[0], []).append(path)

    def paths(self, name: str) -> list[str]:
        """Return the pictures that ``name`` may stand for: those that share most of its folders, from the right."""
        wanted = [part for part in _plain(_slashes(name)).split("/") if part]
        if not wanted:
            return []
        there = self._by_name.get(wanted[-1]) or self._by_stem.get(wanted[-1], [])
        if len(there) < 2:
            return there
        shared = [_shared(wanted[-2::-1], _plain(path).split("/")[-2::-1]) for path in there]
        return [path for path, count in zip(there, shared, strict=True) if count == max(shared)]

    def find(self, name: str) -> FoundPicture | str:
        """Return the picture that ``name`` stands for, or why there is none."""
        paths = self.paths(name)
        if len(paths) > 1:
            return f"there is more than one of this name: {names.listed([names.text(path) for path in paths], 3)}"
        return (_status(self._root, paths[0]) or GONE) if paths else GONE


def _plain(path: str) -> str:
    return unicodedata.normalize("NFC", path).lower()


def _shared(wanted: list[str], there: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(wanted, there, strict=False)))


def pictures_below(root: str, watch: Watch, most: int, endings: frozenset[str] = names.READ) -> Iterator[str]:
    """Yield the pictures below a folder by their names, relative to it; about ``most`` files are looked at."""
    seen = 0
    for folder, below, files in os.walk(root):
        watch.check()
        below[:] = sorted(name for name in below if not names.hidden(name))
        seen += len(below) + len(files)
        prefix = os.path.relpath(folder, root).replace(os.sep, "/")
        for name in sorted(files):
            if names.suffix(name) in endings and not names.hidden(name):
                yield name if prefix == "." else f"{prefix}/{name}"
        if seen > most:
            return
