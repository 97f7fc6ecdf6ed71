"""A line of text that shows whether what is typed can be taken."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit


class CheckedEdit(QLineEdit):
    """A line of text; Escape gives up what was typed."""

    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give up what was typed with Escape."""
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.given_up.emit()
        else:
            super().keyPressEvent(event)

    def mark(self, invalid: bool) -> None:
        """Show whether the text is wrong."""
        value = "true" if invalid else "false"
        if self.property("invalid") != value:
            self.setProperty("invalid", value)
            self.style().unpolish(self)
            self.style().polish(self)
