"""Which column of a table is the class, and what its cells mean: the same in every kind of file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from explorer.core.errors import printable
from explorer.core.text_column import TextColumn
from explorer.data.names import listed

LABEL_NAMES = (
    *("label", "labels", "y", "class", "classes", "class_name", "category", "category_name", "target", "targets"),
    *("identity", "person_id", "pid", "species", "breed", "choice", "tags", "class_id", "category_id", "label_id"),
)
"""What columns and arrays of classes are called, in small letters; the first that is there counts."""
WEAK_NAMES = ("name", "id")
"""What they may be called as well: a column of this name is as often a title or a number of the row."""
NEVER = frozenset(
    """
    split subset set partition fold part camera cam width height size x y xmin xmax ymin ymax date time datetime
    timestamp url source year annotator lead_time
    """.split()  # noqa: SIM905
)
"""Columns that repeat their values, and are no classes."""
MOST_LOOKED_AT = 200_000
"""Rows by which a column is judged."""

_INDEX = re.compile(r"__index_level_\d+__")
_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_MISSING = frozenset({"nan", "na", "n/a", "none", "null", "<na>"})


def plain_name(name: str) -> str:
    """Return the name of a column as those known here are written."""
    return name.lower().strip().replace(" ", "_")


def is_row_index(name: str) -> bool:
    """Whether pandas wrote a column to keep the index of its rows, to which nobody gave a name."""
    return _INDEX.fullmatch(name) is not None


def plain_values(values: Sequence[str], *, label: bool = False) -> Sequence[str]:
    """Return the cells of a column with one text for one number: ``1.0`` is 1, as it is in an array.

    Only where most of the different cells are whole numbers and none a fraction; ``nan`` and its kin then say that
    there is none, and as a ``label`` so does -1, unless -1 and 1 are all there is.
    """
    if isinstance(values, TextColumn):
        codes, texts = values.codes()
        plain_texts = plain_values(texts, label=label)
        return values if plain_texts is texts else TextColumn.coded(plain_texts, codes)
    different = set(values) - {""}
    whole = {value for value in different if _WHOLE.fullmatch(value)}
    if 2 * len(whole) <= len(different) or any(_is_fraction(value) for value in different - whole):
        return values
    plain = {value: value.partition(".")[0].removeprefix("+") for value in whole}
    plain |= {value: "" for value in different - whole if value.lower() in _MISSING}
    if label and not set(plain.values()) <= {"-1", "1", ""}:
        plain |= {value: "" for value, number in plain.items() if number == "-1"}
    if all(value == number for value, number in plain.items()):
        return values
    return [plain.get(value, value) for value in values]


def _is_fraction(text: str) -> bool:
    try:
        return text.lower() not in _MISSING and not float(text).is_integer()
    except (ValueError, OverflowError):
        return False


def guessed(columns: Mapping[str, Iterable[str]], weak: Sequence[str] = ()) -> tuple[str | None, str]:
    """Return which of the ``columns`` is the class, None where none is, and what to say of a guess.

    A column whose values are different in every row cannot teach anything: one of a known name that repeats comes
    before it, and a column of a ``weak`` name is none at all where it does not repeat, unless it holds names.
    """
    columns = {name: values for name, values in columns.items() if not is_row_index(name)}
    named = {plain_name(name): name for name in reversed(list(columns))}
    counted = {name: _counted(columns[name]) for name in columns}
    known = [named[name] for name in LABEL_NAMES if name in named and counted[named[name]]]
    perhaps = [named[name] for name in weak if name in named and counted[named[name]]]
    for name in (*known, *perhaps):
        if (count := counted[name]) and count[0] < count[1]:
            return name, ""
    if known:
        return known[0], ""
    others = [name for name in columns if plain_name(name) not in {*NEVER, *LABEL_NAMES, *weak}]
    others = [name for name in others if (count := counted[name]) and 2 <= count[0] <= count[1] / 2]
    if len(others) == 1:
        return others[0], "the only one whose values repeat"
    if named.get("name") in perhaps:
        return named["name"], ""
    return None, f"{listed([printable(name) for name in others])} may be classes" if others else ""


def _counted(values: Iterable[str]) -> tuple[int, int] | None:
    """Return how many different values a column has, and how many cells; None where it is empty or holds fractions."""
    cells = [value for value in islice(values, MOST_LOOKED_AT) if value]
    different = set(cells)
    if not cells or any(_is_fraction(value) for value in different):
        return None
    return len(different), len(cells)
