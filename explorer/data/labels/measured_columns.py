"""Which columns of a table are measurements, and of what kind: numbers, categories, and what is neither."""

from __future__ import annotations

import itertools
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.core.errors import printable
from explorer.core.types import FloatArray
from explorer.data.formats.cells import MISSING, is_number
from explorer.data.labels.label_column import is_row_index, plain_name, plain_values
from explorer.data.names import listed, several

NUMBER, ABSENT, FIRST_CATEGORY = 0, 1, 2
"""The codes of a cell: a number, nothing, and from here on a category."""
CATEGORIES = 1 << 20
"""So many different codes a category may get, from its own text alone: the same in every table."""
NOT_MEASURED = frozenset(
    ("split", "subset", "partition", "fold", "set", "url", "camera", "cam", "writer", "speaker", "annotator", "source")
)
"""Columns that say how a table is used, in small letters."""
FEW = 12
"""So many different texts are categories in any table; more only where each comes twice or more on average.

What a column is shall hang little on the rows that are there: one that is the same everywhere stays, as it may differ
in another table, with which this one is joined.
"""
OTHERS = "*"
EMPTY = "holds no value"
SENTENCE = 2
"""Blanks in a cell, beyond which a column holds sentences and no names."""
COUNTERS = frozenset(("", "row", "rows", "no", "nr", "no.", "number", "unnamed:_0", "column_1", "rownames", "row_id"))


@dataclass(frozen=True, slots=True)
class Measured:
    """The columns that an item is made of, in the order of their names, and what is said of them.

    ``cells`` (N, F, 2) float32: the number of a cell (that of the middle where it has none, 0 for a category) and its
    code; ``numbers`` and ``categories``: the names of the columns; ``notes``: which they are, what is missing, and what
    is left out.
    """

    cells: FloatArray
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kinds:
    """What columns are by hand: of ``numbers``, of ``categories``, or ``left_out``, which may be all others (``*``)."""

    numbers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that are named."""
        return (*self.numbers, *self.categories, *(name for name in self.left_out if name != OTHERS))

    def of(self, name: str) -> str:
        """Return what a column is by hand, empty where that is left to a guess."""
        if name in self.numbers or name in self.categories:
            return "number" if name in self.numbers else "category"
        return "is said to be no measurement" if name in self.left_out or OTHERS in self.left_out else ""


NOBODY = Kinds()
"""Nothing is said by hand."""


def is_missing(cell: str) -> bool:
    """Whether a cell holds no value."""
    return cell.strip().lower() in MISSING


def kind_of_column(name: str, values: Sequence[str]) -> str:
    """Return ``number`` or ``category``, or why a column is no measurement."""
    if all(is_missing(value) for value in set(values)):
        return EMPTY
    if plain_name(name) in NOT_MEASURED:
        return "says how the table is used"
    if is_row_index(name):
        return "is the index of the rows"
    counts = Counter(values)
    known = [value for value in counts if not is_missing(value)]
    filled = sum(counts[value] for value in known)
    if all(is_number(value) for value in known):
        return "counts the rows" if _counts(plain_name(name), values, len(known)) else "number"
    blanks = sum(value.count(" ") * counts[value] for value in known)
    if blanks > SENTENCE * filled or (len(known) > FEW and 2 * len(known) > filled):
        return "is a different text in most rows"
    return "category"


def _counts(name: str, values: Sequence[str], different: int) -> bool:
    """Whether a column of numbers counts the rows: by steps of 1, or by its name and never twice."""
    if different < max(2, len(values)) or not all(value.isdecimal() for value in values):
        return False
    return name in COUNTERS or all(int(b) - int(a) == 1 for a, b in itertools.pairwise(values))


def category_code(text: str) -> int:
    """Return the code of a category: of its text alone, so that it is the same in other tables."""
    return FIRST_CATEGORY + zlib.crc32(text.strip().encode("utf-8", "backslashreplace")) % CATEGORIES


def measured(columns: Mapping[str, Sequence[str]], by_hand: Kinds = NOBODY) -> Measured:
    """Return the measurements among columns of text; no column where there are none. ``by_hand``: not to be guessed."""
    kinds = {name: by_hand.of(name) or kind_of_column(name, values) for name, values in columns.items()}
    chosen = sorted(name for name, kind in kinds.items() if kind in ("number", "category"))
    rows = len(next(iter(columns.values()), ()))
    cells = np.zeros((rows, len(chosen), 2), np.float32)
    gaps, beyond = dict[str, int](), dict[str, int]()
    for place, name in enumerate(chosen):
        if kinds[name] == "number":
            gaps[name], beyond[name] = _fill_numbers(columns[name], cells[:, place])
        else:
            gaps[name] = _fill_categories(columns[name], cells[:, place])
    numbers = tuple(name for name in chosen if kinds[name] == "number")
    categories = tuple(name for name in chosen if kinds[name] == "category")
    left = {name: kind for name, kind in kinds.items() if name not in chosen}
    return Measured(cells, numbers, categories, _notes(numbers, categories, gaps, beyond, left))


def _fill_numbers(values: Sequence[str], cells: FloatArray) -> tuple[int, int]:
    """Write numbers; the middle one where there is none, or one that float32 cannot hold. Return how many of each."""
    with np.errstate(over="ignore"):
        cells_read = [np.nan if is_missing(value) or not is_number(value) else float(value) for value in values]
        numbers = np.array(cells_read).astype(np.float32)
    known, missing = np.isfinite(numbers), int(np.isnan(numbers).sum())
    numbers[~known] = np.median(numbers[known]) if known.any() else 0.0
    cells[:, 0] = numbers
    cells[:, 1] = np.where(known, NUMBER, ABSENT)
    return missing, int((~known).sum()) - missing


def _fill_categories(values: Sequence[str], cells: FloatArray) -> int:
    plain = plain_values(values)
    codes = {value: ABSENT if is_missing(value) else category_code(value) for value in set(plain)}
    cells[:, 1] = [codes[value] for value in plain]
    return int((cells[:, 1] == ABSENT).sum())


def _notes(
    numbers: Sequence[str],
    categories: Sequence[str],
    gaps: Mapping[str, int],
    beyond: Mapping[str, int],
    left: Mapping[str, str],
) -> tuple[str, ...]:
    notes = []
    if numbers:
        notes.append(f"{several(len(numbers), 'column')} of numbers: {_shown(numbers)}")
    if categories:
        notes.append(f"{several(len(categories), 'column')} of categories: {_shown(categories)}")
    if any(gaps.values()):
        so = "the middle one stands for a number, a category of its own for a name"
        notes.append(f"Missing values ({_told(gaps)}): {so}")
    if any(beyond.values()):
        notes.append(f"Numbers that are infinite or beyond 3.4e38 ({_told(beyond)}): taken as missing")
    reasons: dict[str, list[str]] = {}
    for name, reason in left.items():
        reasons.setdefault(reason, []).append(name)
    notes += [f"Left out, as it {reason}: {_shown(names)}" for reason, names in reasons.items()]
    return tuple(notes)


def _told(counts: Mapping[str, int]) -> str:
    return listed([f"{printable(name)} {count:,}" for name, count in counts.items() if count])


def _shown(names: Sequence[str]) -> str:
    return listed([printable(name) for name in names])
