"""What flat file names say of items: ``7_jackson_32.wav`` is a digit, a speaker and a number of the take."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SEPARATORS = ("_", "-", " ", ".")
FEWEST = 4
"""So many files have a pattern in their names, at least."""
MOST_PARTS = 12
OF_ANOTHER_FORM = 0.25
"""Such a share of the names may have another form, at most: one stray file among many says nothing of them."""

_SERIAL = re.compile(r"\d{6,}|(19|20)\d\d")
"""Dates, years, times and serial numbers: they repeat, and are no classes."""


@dataclass(frozen=True, slots=True)
class NameParts:
    """What file names say.

    ``columns``: part1, part2, … by their places in the names, those whose values repeat; ``label``: the first that may
    be a class; ``example``: a name, and what it says there; ``others``: how many names have another form.
    """

    columns: Mapping[str, tuple[str, ...]]
    label: str
    example: tuple[str, str]
    others: int = 0


def name_parts_in(paths: Sequence[str]) -> NameParts | None:
    """Return what the file names say; None unless nearly all of them have one form and a part of it sorts the files.

    They have as many parts, apart by one of ``SEPARATORS``; the values of the few names of another form are empty. A
    part whose values repeat, twice on average at least, is a column. The class is the first column whose values are no
    dates or serial numbers; a number at the end is that of the take, and no class either.
    """
    stems = [path.rpartition("/")[2].rpartition(".")[0] for path in paths]
    if len(stems) < FEWEST:
        return None
    for separator in SEPARATORS:
        parts = [(place, values, set(values) - {""}) for place, values in _columns(stems, separator)]
        columns = {f"part{place}": values for place, values, said in parts if 2 <= len(said) <= len(stems) / 2}
        numbered = f"part{len(parts)}" if parts and all(map(str.isdecimal, parts[-1][2])) else ""
        labels = [
            name
            for name, values in columns.items()
            if name != numbered and not all(map(_SERIAL.fullmatch, set(values) - {""}))
        ]
        if labels:
            values = columns[labels[0]]
            first = next(place for place, value in enumerate(values) if value)
            return NameParts(columns, labels[0], (stems[first], values[first]), values.count(""))
    return None


def _columns(stems: Sequence[str], separator: str) -> list[tuple[int, tuple[str, ...]]]:
    """Return the parts of the names by their places from 1, none where too many differ in their form."""
    rows = [stem.split(separator) for stem in stems]
    count, _ = Counter(map(len, rows)).most_common(1)[0]
    if not 2 <= count <= MOST_PARTS:
        return []
    fits = [len(row) == count and all(row) for row in rows]
    if fits.count(False) > len(rows) * OF_ANOTHER_FORM:
        return []
    filled = [row if fit else [""] * count for row, fit in zip(rows, fits, strict=True)]
    return [(place, values) for place, values in enumerate(zip(*filled, strict=True), start=1)]
