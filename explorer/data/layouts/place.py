"""A folder or a zip as a layout looks at it: what lies in a folder of it, and the content of an index file."""

from __future__ import annotations

import functools
import os
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.data import names
from explorer.data.formats.archive_names import with_slashes
from explorer.data.formats.zip_directory import peek_members

LARGEST_INDEX = 512 << 20
"""Bytes above which a file that says what the pictures are is refused."""
PEEKED_BYTES = 1 << 14
PEEKED_FILES = 20_000
PEEKED_DIRECTORY = 16 << 20
"""So much of the directory of a zip is looked through: that of about 150,000 files."""
DEEPEST = 4


class Place:
    """What lies in a folder or a zip; paths are relative posix paths, that of a folder ends in a slash."""

    def __init__(self, spec: str) -> None:
        self.spec = spec
        self._seen: dict[str, frozenset[str]] = {}

    def children(self, folder: str = "") -> frozenset[str]:
        """Return what lies in a folder, other folders with a slash at their ends; nothing where it is none."""
        if folder not in self._seen:
            self._seen[folder] = self._listed(folder)
        return self._seen[folder]

    def _listed(self, folder: str) -> frozenset[str]:
        raise NotImplementedError

    def has(self, path: str) -> bool:
        """Return whether a file, or a folder with a slash at its end, is there."""
        folder, _, name = path.removesuffix("/").rpartition("/")
        return name + "/" * path.endswith("/") in self.children(f"{folder}/" if folder else "")

    def read(self, path: str, most: int) -> bytes:
        """Return the first bytes of a file, at most so many.

        Raises
        ------
        UserError: if it is not there, or cannot be read.
        """
        raise NotImplementedError

    def text(self, path: str) -> str:
        """Return the text of a file: UTF-8, else Latin-1, as old ones are.

        Raises
        ------
        UserError: as ``whole``.
        """
        return decoded(self.whole(path))

    def whole(self, path: str) -> bytes:
        """Return the content of a file.

        Raises
        ------
        UserError: if it is not there, cannot be read, or has more bytes than an index may have.
        """
        data = self.read(path, LARGEST_INDEX + 1)
        if len(data) > LARGEST_INDEX:
            raise _unreadable(path, self.spec, f"it has more than {LARGEST_INDEX >> 20} MB")
        return data

    def peek(self, path: str) -> str:
        """Return the beginning of a file as text; empty where it cannot be read."""
        try:
            return decoded(self.read(path, PEEKED_BYTES)) if self.has(path) else ""
        except UserError:
            return ""

    def roots(self) -> Iterator[str]:
        """Yield the folder itself (empty), and those inside that it may be packed in, from the outside."""
        root = ""
        for _ in range(DEEPEST):
            yield root
            folders = [name for name in self.children(root) if name.endswith("/")]
            if len(folders) != 1:
                return
            root += folders[0]


class FolderPlace(Place):
    """A folder on disk."""

    def _listed(self, folder: str) -> frozenset[str]:
        found = set()
        try:
            with os.scandir(os.path.join(self.spec, folder)) as entries:
                for entry in entries:
                    if not names.hidden(entry.name):
                        found.add(names.text(entry.name) + "/" * entry.is_dir())
                    if len(found) > PEEKED_FILES:
                        break  # no folder of index files
        except (OSError, ValueError):
            return frozenset()
        return frozenset(found)

    def has(self, path: str) -> bool:
        """Return whether a file or a folder is there; see ``Place``."""
        place = os.path.join(self.spec, path)
        return os.path.isdir(place) if path.endswith("/") else os.path.isfile(place)

    def read(self, path: str, most: int) -> bytes:
        """Return the first bytes of a file; see ``Place``."""
        try:
            with open(os.path.join(self.spec, path), "rb") as file:
                return file.read(most)
        except OSError as error:
            raise _unreadable(path, self.spec, error.strerror or str(error)) from error


class ZipPlace(Place):
    """A zip; its directory is read once, its files when they are asked for."""

    def __init__(self, spec: str) -> None:
        super().__init__(spec)
        peek = peek_members(Path(spec), PEEKED_DIRECTORY)
        self._spelt = _with_slashes(peek.names if peek else ())
        self._below: dict[str, set[str]] = defaultdict(set)
        for path in self._spelt:
            self._note(path)

    def _note(self, path: str) -> None:
        cut = path.rfind("/") + 1
        inside = self._below.get(path[:cut])
        if inside is not None:  # of a folder that is known, the file alone is new
            name = path[cut:]
            if name and not names.hidden(name):
                inside.add(name)
            return
        start = 0
        while start < len(path):
            end = path.find("/", start)
            end = len(path) if end < 0 else end + 1
            name = path[start:end]
            if name == "/" or names.hidden(name.removesuffix("/")):
                return
            self._below[path[:start]].add(name)
            start = end

    def _listed(self, folder: str) -> frozenset[str]:
        return frozenset(self._below.get(folder, ()))

    def read(self, path: str, most: int) -> bytes:
        """Return the first bytes of a file; see ``Place``."""
        try:
            with zipfile.ZipFile(self.spec) as archive, archive.open(self._spelt[path]) as file:
                return file.read(most)
        except KeyError as error:
            raise _unreadable(path, self.spec, "it is not there") from error
        except (OSError, RuntimeError, zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
            raise _unreadable(path, self.spec, str(error)) from error


def _with_slashes(members: tuple[str, ...]) -> dict[str, str]:
    """Return members by their names with slashes, where those of Windows have backslashes between them."""
    return {with_slashes(name): name for name in members}


def _unreadable(path: str, spec: str, why: str) -> UserError:
    return UserError(
        f"{printable(path)} of {printable(spec)} cannot be read: {why}", remedy="Download or copy the data set again"
    )


def place_of(spec: str) -> Place | None:
    """Return a folder or a zip to be looked at; nothing where it is neither."""
    if os.path.isdir(spec):
        return FolderPlace(os.path.abspath(spec))
    if spec.lower().endswith(".zip") and os.path.isfile(spec):
        status = os.stat(spec)
        return _zip_place(os.path.abspath(spec), status.st_size, status.st_mtime_ns)
    return None


@functools.lru_cache(maxsize=1)
def _zip_place(spec: str, size: int, time: int) -> ZipPlace:
    """Return a zip, looked through once for a bid, the listing and its pairs; ``size`` and ``time`` tell a new one."""
    return ZipPlace(spec)


def forget_places() -> None:
    """Let go of the zip that was looked through last, once nobody will ask for its names again."""
    _zip_place.cache_clear()


def decoded(data: bytes) -> str:
    """Return the text of an index file: UTF-8, else Latin-1, as old ones are."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
