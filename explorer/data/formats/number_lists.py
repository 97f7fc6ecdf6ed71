"""Cells that list the numbers of a vector, as pandas and NumPy write them."""

from __future__ import annotations

import re

from explorer.data.formats.decimal_commas import decimal_list

SEPARATORS = re.compile(r"[\s,;]+")


def numbers_in(cell: str) -> list[float] | None:
    """Return the numbers of a cell that lists two or more: ``[0.1, 0.2]`` or ``[0.1 0.2]``; None where it does not.

    With decimal commas: ``[0,1; 0,2]``.
    """
    inside = within(cell)
    parts = decimal_list(inside) or SEPARATORS.split(inside)
    if len(parts) < 2:
        return None
    try:
        return [float(part) for part in parts]
    except ValueError:
        return None


def within(cell: str) -> str:
    """Return what stands in the brackets of a list, if it has some."""
    return cell.removeprefix("array(").strip("()[] \n")
