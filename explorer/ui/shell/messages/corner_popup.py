"""A box inside the window above its status bar, which closes by Escape, or when the focus leaves it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget


class CornerPopup(QFrame):
    """Such a box, hidden at first."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("message-log")
        self.setAccessibleName(title)
        self.hide()
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)

    def _on_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and now is not self and not self.isAncestorOf(now):
            self.dismiss()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape: close."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def dismiss(self) -> None:
        """Close."""
        self.hide()

    def end_at(self, end: QPoint) -> None:
        """Put the lower right corner at a place in the window."""
        self.move(max(0, end.x() - self.width()), end.y() - self.height())
