"""A scroll area whose inside may change its height with its width."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

DEEPEST = 8
"""Sizes that are tried for one change of size; Qt itself tries without an end, until the stack is full."""


class SteadyScroll(QScrollArea):
    """Settles its size in a few tries, where scroll bars and what they leave room for would chase each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._depth = 0

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of the inside where it cannot be scrolled sideways: it would be cut off at the right."""
        least, inside = super().minimumSizeHint(), self.widget()
        if inside is None or self.horizontalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff:
            return least
        return QSize(inside.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width(), least.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the inside, but not from within too many changes of it."""
        if self._depth >= DEEPEST:
            return False
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        self._depth += 1
        try:
            return super().eventFilter(watched, event)
        finally:
            self._depth -= 1


def scroll_within(outer: QWidget, inside: QWidget, margin: int = 0) -> None:
    """Fill ``outer`` with what is inside, and let that be scrolled to where it has no room."""
    scroll = SteadyScroll()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(inside)
    for ground in (scroll.viewport(), inside):
        ground.setAutoFillBackground(False)
    whole = QVBoxLayout(outer)
    whole.setContentsMargins(*[margin] * 4)
    whole.addWidget(scroll)
