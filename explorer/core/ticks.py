"""A clock that all processes of a machine share, in few bytes a moment."""

from __future__ import annotations

import time

TICKS = 64
"""Ticks a second."""


def ticks() -> int:
    """Return how late it is, in ticks since the machine was started, as far as 32 bits reach: two years."""
    return int(time.monotonic() * TICKS) & 0xFFFFFFFF
