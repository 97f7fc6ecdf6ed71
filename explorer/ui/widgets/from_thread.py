"""Signals that a thread emits."""

from __future__ import annotations

from collections.abc import Callable


def emit_from_thread(emit: Callable[..., object], *values: object) -> None:
    """Emit a signal from a thread, by its ``emit``: nothing happens where its object is gone.

    The window may be closed while a thread works on; nobody waits any more for what it found.
    """
    try:
        emit(*values)
    except RuntimeError:  # "Signal source has been deleted"; what a slot raises does not come here
        return
