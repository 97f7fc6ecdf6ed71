"""A line of text that shows whether what is typed can be taken."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLineEdit


class CheckedEdit(QLineEdit):
    """A line of text; Escape gives up what was typed, a click or Down shows all that can be chosen."""

    given_up = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show what can be chosen, where there is something."""
        super().mousePressEvent(event)
        self._offer()

    def _offer(self) -> bool:
        completer = self.completer()
        if completer is None or not self.isEnabled():
            return False
        completer.setCompletionPrefix("")
        completer.complete()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give up what was typed with Escape; Down shows what can be chosen."""
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.given_up.emit()
        elif event.key() == Qt.Key.Key_Down and self._offer():
            event.accept()
        else:
            super().keyPressEvent(event)

    def mark(self, invalid: bool) -> None:
        """Show whether the text is wrong."""
        value = "true" if invalid else "false"
        if self.property("invalid") != value:
            self.setProperty("invalid", value)
            self.style().unpolish(self)
            self.style().polish(self)
