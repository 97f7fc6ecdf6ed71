"""Counts in words, the same everywhere: on the command line, in reports and in the window."""

from __future__ import annotations


def several(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: ``1 picture``, ``1,234 pictures``; ``many``: several, where it is not one and s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
