"""What a person did beside selecting and pinning, so that it can be taken back by the same key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """Something that was done, and what takes it back and does it again; both return at once.

    ``words``: what is said of it, with a way to take it back; empty where it is seen at once. ``title``: what it is
    called in the menu where these are none.
    """

    words: str
    undo: Callable[[], object]
    redo: Callable[[], object]
    title: str = ""
