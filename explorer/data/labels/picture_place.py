"""Where the files lie that a table names: in a folder, or in the archive that the table is in."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from explorer.data import names
from explorer.data.listing import Watch
from explorer.data.pictures import FilePictures, Pictures


class FoundPicture(NamedTuple):
    """A file of an item: its ``path`` in the place where it was found, bytes, and time of change or checksum."""

    path: str
    size: int
    time: int


class PicturePlace(Protocol):
    """What holds the files that a table names. ``root``: the folder that their paths may begin with, if any."""

    root: str

    def status(self, path: str) -> FoundPicture | str | None:
        """Return the file of this path, why it cannot be used, or nothing where there is none."""

    def below(self, watch: Watch, most: int, endings: frozenset[str]) -> Iterator[str]:
        """Yield the paths of files with these endings; about ``most`` files are looked at.

        Raises
        ------
        Cancelled: if the user cancels.
        """

    def beside(self, folder: str) -> Iterable[str]:
        """Return the names of what lies in a folder; none where there is no such folder."""

    def items(self, paths: Sequence[str]) -> Pictures:
        """Return the files of these paths as what is decoded."""


class FolderPlace:
    """A folder; paths are relative to it, or absolute."""

    def __init__(self, root: str) -> None:
        self.root = root

    def status(self, path: str) -> FoundPicture | str | None:
        """Return a file; see ``PicturePlace``."""
        try:
            # of a million rows joining by the library would be the longest part
            usual = path[:1] not in ("/", "\\") and path[1:2] != ":"
            status = os.stat(f"{self.root}{os.sep}{path}" if usual else os.path.join(self.root, path))
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(status.st_mode):
            return "not a regular file"
        return FoundPicture(path, status.st_size, status.st_mtime_ns)

    def below(self, watch: Watch, most: int, endings: frozenset[str]) -> Iterator[str]:
        """Yield paths with slashes; see ``PicturePlace``."""
        seen = 0
        for folder, below, files in os.walk(self.root):
            watch.check()
            below[:] = sorted(name for name in below if not names.hidden(name))
            seen += len(below) + len(files)
            prefix = os.path.relpath(folder, self.root).replace(os.sep, "/")
            for name in sorted(files):
                if names.suffix(name) in endings and not names.hidden(name):
                    yield name if prefix == "." else f"{prefix}/{name}"
            if seen > most:
                return

    def beside(self, folder: str) -> Iterable[str]:
        """Return the names in a folder; see ``PicturePlace``."""
        try:
            with os.scandir(os.path.join(self.root, folder)) as entries:
                return [entry.name for entry in entries]
        except (OSError, ValueError):  # ValueError: no name of a file
            return []  # a folder that only exists in the table: its rows are listed as missing

    def items(self, paths: Sequence[str]) -> FilePictures:
        """Return files; see ``PicturePlace``."""
        return FilePictures(self.root, tuple(paths))


class ArchivePlace:
    """The members of an archive, by their names, for a table that lies in one of its folders.

    ``members``: bytes and a checksum (or another mark of the content) of each; ``folder``: that of the table, empty at
    the top; ``packed``: makes what is decoded of the names of members.
    """

    root = ""

    def __init__(
        self, members: Mapping[str, tuple[int, int]], folder: str, packed: Callable[[Sequence[str]], Pictures]
    ) -> None:
        self._members = members
        self._folder = folder
        self._packed = packed

    def status(self, path: str) -> FoundPicture | str | None:
        """Return a member, named from the table's folder or from the top; see ``PicturePlace``."""
        for name in (posixpath.normpath(posixpath.join(self._folder, path)), path):
            if name in self._members:
                return FoundPicture(name, *self._members[name])
        return None

    def below(self, watch: Watch, most: int, endings: frozenset[str]) -> Iterator[str]:
        """Yield names of members; see ``PicturePlace``."""
        watch.check()
        yield from sorted(name for name in self._members if names.suffix(name) in endings)

    def beside(self, folder: str) -> Iterable[str]:
        """Return nothing: what an archive holds beside is said of it as a whole, whatever its folders."""
        return ()

    def items(self, paths: Sequence[str]) -> Pictures:
        """Return members; see ``PicturePlace``."""
        return self._packed(paths)
