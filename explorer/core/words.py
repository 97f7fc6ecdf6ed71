"""Counts and times in words, the same everywhere: on the command line, in reports and in the window."""

from __future__ import annotations


def several(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: ``1 picture``, ``1,234 pictures``; ``many``: several, where it is not one and s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def clock(seconds: float) -> str:
    """Return a length of time as minutes and seconds, ``3:05``, or with hours: ``1:03:05``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
