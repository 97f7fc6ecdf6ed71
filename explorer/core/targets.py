"""A number of every item that is learned in place of a class: an age, a count, an angle."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError, printable, shown
from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray, frozen

Doubles = npt.NDArray[np.float64]

SHORTEST = 1e-6
"""A period that is a smaller share of what the numbers span is lost in their rounding."""

OF_CLASSES = "class"
"""Stands for the names of the classes, where these are numbers and no column is called so."""
FEWEST = 3
LARGEST = 1e100
"""What a number may be, at most, before its sign is looked at: squares of larger ones are no numbers any more."""
MISSING = frozenset({"", "nan", "na", "n/a", "none", "null", "<na>", "-", "?"})


@dataclass(frozen=True, slots=True)
class Target:
    """What is learned of N items: ``values`` (N,) float64, read-only, NaN where an item has none.

    ``name``: of the column that says it. ``period``: after how much it begins anew, as an angle does after 360; 0:
    never.
    """

    name: str
    values: Doubles
    period: float = 0.0

    def __len__(self) -> int:
        return len(self.values)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """(N,): which items have a number."""
        found: npt.NDArray[np.bool_] = np.isfinite(self.values)
        return found

    def of(self, items: IntArray) -> Target:
        """Return the target of some items."""
        return Target(self.name, frozen(self.values[items]), self.period)

    def scaled(self) -> tuple[npt.NDArray[np.float32], float]:
        """Return the values as float32 from 0 to 1, and the period in the same unit: of large numbers none is lost."""
        known = self.values[self.known]
        low = float(known.min()) if len(known) else 0.0
        width = (float(known.max()) - low if len(known) else 0.0) or 1.0
        return ((self.values - low) / width).astype(np.float32), self.period / width


def apart(a: Doubles, b: Doubles, period: float) -> Doubles:
    """Return how far numbers are apart: |a − b|, or the shorter way around where they begin anew after a period."""
    difference: Doubles = np.abs(np.asarray(a, np.float64) - b)
    if period <= 0:
        return difference
    around = difference % period
    return np.minimum(around, period - around)


def target_of(
    columns: Mapping[str, Sequence[str]],
    name: str,
    period: float,
    classes: tuple[IntArray, Sequence[str]] | None = None,
) -> Target:
    """Return the target that a column says.

    ``classes``: the class of every item, −1 where it has none, and what they are called: meant by ``OF_CLASSES``.

    Raises
    ------
    UserError: if there is no such column, it holds something else than numbers, or too few of them.
    """
    texts, codes = _texts(columns, name, classes)
    numbers = np.array([_number(text) for text in texts] or [math.nan])
    _check(name, texts)
    values = numbers[codes]
    if np.isfinite(values).sum() < FEWEST or len(np.unique(values[np.isfinite(values)])) < 2:
        raise UserError(
            f"The target {printable(name)} has fewer than {FEWEST} numbers, or all are one", remedy="Choose another"
        )
    width = float(np.nanmax(values) - np.nanmin(values))
    if 0 < period < max(1.0 / LARGEST, SHORTEST * width):
        raise UserError(
            f"The target {printable(name)} spans {width:g}, and begins anew after {period:g}: too little to learn",
            remedy="Choose a longer period, such as 360 for degrees, or 0 for none",
        )
    return Target(name, frozen(values), float(period))


def _check(name: str, texts: Sequence[str]) -> None:
    for text in texts:
        number = _number(text)
        if math.isnan(number) and text.strip().lower() not in MISSING:
            raise UserError(
                f"The target {printable(name)} holds {shown(printable(text))}, which is no number",
                remedy="Choose a column of numbers, or leave such cells empty",
            )
        if abs(number) > LARGEST:
            raise UserError(
                f"The target {printable(name)} holds {shown(printable(text))}, which is too large: the largest is "
                f"{LARGEST:g}",
                remedy="Choose another column, or leave such cells empty",
            )


def numeric_columns(columns: Mapping[str, Sequence[str]], look: int = 200) -> tuple[str, ...]:
    """Return the columns whose first cells are numbers, at least two of them different."""
    found = []
    for name, values in columns.items():
        cells = {values[i] for i in range(min(look, len(values)))}
        numbers = {_number(cell) for cell in cells if cell.strip().lower() not in MISSING}
        if len(numbers) > 1 and not any(math.isnan(number) for number in numbers):
            found.append(name)
    return tuple(found)


def _texts(
    columns: Mapping[str, Sequence[str]], name: str, classes: tuple[IntArray, Sequence[str]] | None
) -> tuple[Sequence[str], IntArray]:
    """Return the different texts of a target, and which of them each item has."""
    if name in columns:
        codes, texts = TextColumn.of(columns[name]).codes()
        return texts, np.asarray(codes, np.int64)
    if name == OF_CLASSES and classes is not None and len(classes[1]):
        return (*classes[1], ""), classes[0]
    known = ", ".join(printable(column) for column in columns) or "none"
    raise UserError(
        f"There is no column {printable(name)!r} for a target",
        remedy=f"Columns of these data: {known}; {OF_CLASSES} stands for classes that are called by numbers",
    )


def _number(text: str) -> float:
    """Return a text as a number, NaN where it is none or is not finite."""
    try:
        number = float(text.strip())
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan
