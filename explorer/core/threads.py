"""Threads: how many may compute on the CPU, as far too many end the process without a word, and beginning one."""

from __future__ import annotations

import os
import threading

from explorer.core.errors import UserError, shown

MOST = max(256, 4 * (os.cpu_count() or 1))
"""More than any core count of a machine of today, so that a command that was copied from another one still trains."""


def check_threads(threads: object) -> None:
    """Check a number of threads that somebody asks for; 0: as many as suit.

    Raises
    ------
    UserError: if it is none, or more than the cores can use.
    """
    if isinstance(threads, bool) or not isinstance(threads, int) or not 0 <= threads <= MOST:
        raise UserError(
            f"{shown(threads)} is no number of threads that can train here",
            remedy=f"Give a whole number from 1 to {MOST}, or none for all cores",
        )


def begin(thread: threading.Thread) -> None:
    """Start a thread.

    Raises
    ------
    UserError: if the system lets no more of them begin.
    """
    try:
        thread.start()
    except RuntimeError as error:
        raise UserError(
            "The system lets this program begin no more threads", remedy="Close other programs, and try again"
        ) from error
