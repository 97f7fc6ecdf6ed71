"""What flat file names say of items: ``7_jackson_32.wav`` is a digit, a speaker and a number of the take."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SEPARATORS = ("_", "-", " ")
FEWEST = 4
"""So many files have a pattern in their names, at least."""
MOST_PARTS = 12

_SERIAL = re.compile(r"\d{6,}|(19|20)\d\d")
"""Dates, years, times and serial numbers: they repeat, and are no classes."""


@dataclass(frozen=True, slots=True)
class NameParts:
    """What file names say.

    ``columns``: part1, part2, … by their places in the names, those whose values repeat; ``label``: the first that may
    be a class; ``example``: a name, and what it says there.
    """

    columns: Mapping[str, tuple[str, ...]]
    label: str
    example: tuple[str, str]


def name_parts_in(paths: Sequence[str]) -> NameParts | None:
    """Return what the file names say; None unless all of them have one form and a part of it sorts the files.

    All names have as many parts, apart by one of ``SEPARATORS``. A part whose values repeat, twice on average at
    least, is a column. The class is the first column whose values are no dates or serial numbers; a
    number at the end is that of the take, and no class either.
    """
    stems = [path.rpartition("/")[2].rpartition(".")[0] for path in paths]
    if len(stems) < FEWEST:
        return None
    for separator in SEPARATORS:
        parts = _columns(stems, separator)
        columns = {f"part{place}": values for place, values in parts if 2 <= len(set(values)) <= len(stems) / 2}
        numbered = f"part{len(parts)}" if parts and all(map(str.isdecimal, set(parts[-1][1]))) else ""
        labels = [
            name
            for name, values in columns.items()
            if name != numbered and not all(map(_SERIAL.fullmatch, set(values)))
        ]
        if labels:
            return NameParts(columns, labels[0], (stems[0], columns[labels[0]][0]))
    return None


def _columns(stems: Sequence[str], separator: str) -> list[tuple[int, tuple[str, ...]]]:
    """Return the parts of all names by their places from 1, none where the names differ in their form."""
    rows = [stem.split(separator) for stem in stems]
    count = len(rows[0])
    if not 2 <= count <= MOST_PARTS or any(len(row) != count or not all(row) for row in rows):
        return []
    return [(place, values) for place, values in enumerate(zip(*rows, strict=True), start=1)]
