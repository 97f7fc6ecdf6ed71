"""Modules that remember many rows, of which each step replaces a few."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Rolling(Protocol):
    """A module that can go back to how its own buffers were, without a copy of them: a step may have gone wrong."""

    def keep(self) -> None:
        """Let the buffers as they are now be what ``put_back`` returns to."""

    def put_back(self) -> None:
        """Put into the buffers what they held at the last ``keep``."""
