"""Whether the first line of a table of text names its columns, told from what stands below it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from explorer.core.errors import printable
from explorer.data.file_kinds import named_in_tables
from explorer.data.formats.cells import MISSING, is_number
from explorer.data.formats.decimal_commas import pointed
from explorer.data.formats.number_lists import numbers_in
from explorer.data.labels.label_column import LABEL_NAMES, NEVER, WEAK_NAMES, plain_name
from explorer.data.names import PATH_COLUMNS, listed, suffix

Rows = Sequence[Sequence[str]]
KNOWN = frozenset((*LABEL_NAMES, *WEAK_NAMES, *PATH_COLUMNS, *NEVER))
"""What columns are called, in small letters: who stands in a first line beside numbers says that these are names."""
FIRST_YEAR, LAST_YEAR = 1500, 2100
MANY = 8
"""So many numbers that ascend where those of no other row do are names: wavelengths, times, frequencies."""
EVEN = 4
"""So many whole numbers that ascend evenly where those of no other row do are names."""


def headless(first: Sequence[str], rows: Rows) -> bool:
    """Whether the first row of a table is one of its rows and no header.

    It is where it names a picture; where a text, or the folder of a path, stands again below it in its column; and
    where it has numbers, or a list of them, in the columns of such. Numbers are names where they count from 0 or 1, are
    years above others, ascend as no other row does, or stand beside a known name such as ``class``.

    Parameters
    ----------
    first, rows: the cells of the first row, and those of the first rows below it, as many in each.
    """
    first, rows = _plain(first), list(map(_plain, rows))
    if any(suffix(cell) in named_in_tables() for cell in first):
        return True
    if all(map(is_number, first)):
        return not _are_names(first, range(len(first)), rows)
    if _stands_again(first, rows) or _lists_numbers(first, rows):
        return True
    columns = [column for column in range(len(first)) if _holds_numbers(column, rows)]
    given = [column for column in columns if is_number(first[column])]
    texts = [first[column] for column in columns if column not in given]
    if not given or not all(text.lower() in MISSING for text in texts):
        return False
    return not any(plain_name(cell) in KNOWN for cell in first) and not _are_names(first, given, rows)


def names_of(first: Sequence[str], rows: Rows, *, bare: bool) -> tuple[str, ...]:
    """Return the names of the columns: those of the first row, and of one without a name, its place.

    Of a ``bare`` table, whose first row is none, those of numbers are x1, x2, …, where they stand beside others.
    """
    if not bare:
        return tuple(cell or f"column {place}" for place, cell in enumerate(first, start=1))
    below = list(map(_plain, (first, *rows)))
    numbers = [column for column in range(len(first)) if _holds_numbers(column, below)]
    pictured = any(suffix(cell) in named_in_tables() for cell in first)
    if pictured or len(numbers) < 2 or len(numbers) == len(first):
        numbers = []
    called = {column: f"x{number}" for number, column in enumerate(numbers, start=1)}
    return tuple(called.get(column, f"column {column + 1}") for column in range(len(first)))


def words_alone(rows: Rows) -> bool:
    """Whether the first of the rows below a header has words where those below it, two or more, have numbers alone."""
    if len(rows) < 3:
        return False
    first, *others = map(_plain, rows)
    columns = [c for c in range(len(first)) if all(is_number(row[c]) or row[c].lower() in MISSING for row in others)]
    columns = [column for column in columns if any(is_number(row[column]) for row in others)]
    words = [first[column] for column in columns if first[column].lower() not in MISSING]
    return bool(words) and not any(map(is_number, words))


def told(header: Sequence[str], *, bare: bool) -> tuple[str, ...]:
    """Return what is said of a first row that is taken for none, or for names although it holds numbers."""
    if bare:
        shown = listed([printable(name) for name in header], 6)
        return (f"The first line of the table was read as a row: there is no header, and columns are called {shown}",)
    numbers = [printable(name) for name in header if is_number(name)]
    if len(numbers) < 2 or _counted(numbers):
        return ()
    return (f"The first line of the table names its columns, also by numbers: {listed(numbers, 6)}",)


def _plain(row: Sequence[str]) -> list[str]:
    """Return cells, of which numbers with a decimal comma have a point."""
    return [pointed(cell) if "," in cell else cell for cell in row]


def _stands_again(first: Sequence[str], rows: Rows) -> bool:
    """Whether a text of the first row, or the folder that it begins with, stands below in the same column."""
    others = [row for row in rows if list(row) != list(first)]  # a header may come again, whole
    for column, cell in enumerate(first):
        if not cell or is_number(cell) or cell.lower() in MISSING:
            continue
        folder = cell.replace("\\", "/").rpartition("/")[0]
        below = [row[column] for row in others]
        if cell in below or (folder and any(text.replace("\\", "/").startswith(f"{folder}/") for text in below)):
            return True
    return False


def _lists_numbers(first: Sequence[str], rows: Rows) -> bool:
    """Whether a cell of the first row lists numbers, as those below it do."""
    columns = [column for column, cell in enumerate(first) if numbers_in(cell) is not None]
    return any(rows and all(numbers_in(row[column]) is not None for row in rows) for column in columns)


def _holds_numbers(column: int, rows: Rows) -> bool:
    """Whether most cells of a column are numbers, of those that hold anything."""
    cells = [row[column] for row in rows if row[column].lower() not in MISSING]
    return bool(cells) and 2 * sum(is_number(cell) for cell in cells) > len(cells)


def _are_names(first: Sequence[str], columns: Sequence[int], rows: Rows) -> bool:
    """Whether the numbers of a first row, in these ``columns``, name them."""
    shown = [first[column] for column in columns]
    alone = all(is_number(cell) for cell in first if cell)
    if _counted(shown) and (alone or len(shown) > 2):
        return True
    below = [[row[column] for column in columns] for row in rows]
    below = [row for row in below if all(map(is_number, row))]
    if not below:
        return False
    if all(map(_is_year, shown)) and (not alone or _ascends(shown)) and not any(any(map(_is_year, r)) for r in below):
        return True
    even = len(shown) >= EVEN and _evenly(shown)
    if not even and not (len(shown) >= MANY and _ascends(shown)):
        return False
    return not any(map(_ascends, below)) and all(
        not min(values) <= number <= max(values)
        for number, values in zip(map(float, shown), zip(*(map(float, row) for row in below), strict=True), strict=True)
    )


def _counted(numbers: Sequence[str]) -> bool:
    """Whether numbers count from 0 or 1."""
    return any(list(numbers) == list(map(str, range(start, start + len(numbers)))) for start in (0, 1))


def _is_year(text: str) -> bool:
    return text.isdecimal() and len(text) == 4 and FIRST_YEAR <= int(text) <= LAST_YEAR


def _ascends(numbers: Sequence[str]) -> bool:
    return len(numbers) > 1 and all(a < b for a, b in itertools.pairwise(map(float, numbers)))


def _evenly(numbers: Sequence[str]) -> bool:
    """Whether numbers are whole and ascend by even steps."""
    if not all(number.isdecimal() for number in numbers):
        return False
    steps = {int(b) - int(a) for a, b in itertools.pairwise(numbers)}
    return len(steps) == 1 and steps.pop() > 0
