"""Where the pictures are that a table names: as written, with Windows' backslashes, without folder or ending."""

from __future__ import annotations

import unicodedata
from itertools import takewhile

from explorer.data import names
from explorer.data.labels.picture_place import FoundPicture, PicturePlace
from explorer.data.listing import Watch

MOST_SEARCHED = 1_000_000
"""So many files below a table are looked through for the pictures that it names."""
GONE = "the file does not exist"


def _slashes(name: str) -> str:
    return name.replace("\\", "/")


def as_written(place: PicturePlace, name: str) -> FoundPicture | str:
    """Return the picture that a table calls ``name``, or why there is none; ``GONE`` if nothing is there.

    Tables from Windows write backslashes, and systems write an accent in two ways: all of that is tried.
    """
    if "://" in name:
        return "a web address; only local pictures are read"
    if names.suffix(_slashes(name)) in names.NOT_READ:
        return names.NOT_READ_REASON
    found = place.status(name)
    if found is not None:
        return found
    spelt = [_slashes(name)]
    spelt += [] if name.isascii() else [unicodedata.normalize(form, spelt[0]) for form in ("NFC", "NFD")]
    for path in dict.fromkeys(spelt):
        found = place.status(path) if path != name else None
        if found is not None:
            return found
    return GONE


class PictureFinder:
    """The pictures in a place, by their names: for tables that leave out the folder, or the ending.

    ``most``: so many files are looked at; ``endings``: of the files, where they are no pictures.
    """

    def __init__(
        self, place: PicturePlace, watch: Watch, most: int = MOST_SEARCHED, endings: frozenset[str] = names.READ
    ) -> None:
        self._place = place
        self._by_name: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        for path in place.below(watch, most, endings):
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
        return (self._place.status(paths[0]) or GONE) if paths else GONE


def _plain(path: str) -> str:
    return unicodedata.normalize("NFC", path).lower()


def _shared(wanted: list[str], there: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(wanted, there, strict=False)))
