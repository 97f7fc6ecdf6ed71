"""A scroll area whose inside may change its height with its width."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QScrollArea, QWidget

DEEPEST = 8
"""Sizes that are tried for one change of size; Qt itself tries without an end, until the stack is full."""


class SteadyScroll(QScrollArea):
    """Settles its size in a few tries, where scroll bars and what they leave room for would chase each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._depth = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the inside, but not from within too many changes of it."""
        if self._depth >= DEEPEST:
            return False
        self._depth += 1
        try:
            return super().eventFilter(watched, event)
        finally:
            self._depth -= 1
