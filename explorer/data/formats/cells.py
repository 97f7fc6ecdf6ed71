"""Cells of a table: which are numbers, and which hold nothing; none is of any length, and whoever cuts one says so."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.data.names import several

LONGEST_CELL = 4096
"""Characters of a cell that are kept."""
MISSING = frozenset({"", "?", "-", "na", "n/a", "nan", "null", "none", "<na>", "nil", "missing"})
"""What stands in a cell without a value, in small letters."""


def is_number(text: str) -> bool:
    """Whether a cell is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


@dataclass(slots=True)
class Cells:
    """Counts what was cut."""

    cut: int = 0

    def cut_short(self, values: list[str]) -> list[str]:
        """Return values of which none is longer than is kept, and count those that were."""
        long = {value: value[:LONGEST_CELL] for value in set(values) if len(value) > LONGEST_CELL}
        self.cut += sum(value in long for value in values) if long else 0
        return [long.get(value, value) for value in values] if long else values

    def told(self) -> list[str]:
        """Return what is to be said."""
        return [f"{several(self.cut, 'cell')} of more than {LONGEST_CELL:,} characters cut"] * bool(self.cut)
