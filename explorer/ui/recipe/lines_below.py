"""Some lines of text below a form that scrolls."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.text_size import when_letters_change

ENDLESS, AROUND = 10_000, 5
"""Pixels for any text, and above and below its lines: a style sheet takes the margins away that a label is given."""


class LinesBelow(PlainLabel):
    """Breaks its text into lines, and is as high as these are in its width.

    To its layout it has a height like any other widget: as soon as one of them had a height for a width, the scroll
    area around the panel would give it the height that the whole form would like to have, and scroll, both ways.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None, *, role: str = "") -> None:
        super().__init__(text, parent, role=role)
        self.setWordWrap(True)
        when_letters_change(self, self._fit)

    def hasHeightForWidth(self) -> bool:
        """Return that the height is chosen here."""
        return False

    def setText(self, text: str) -> None:
        """Show a text, in as many lines as it takes."""
        super().setText(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        # not by its height for its width: findings/pyside6_label_height_for_width_never_shrinks.sh
        room = QRect(0, 0, self.width(), ENDLESS)
        lines = self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self.text())
        self.setFixedHeight(lines.height() + 2 * AROUND)

    def height_needed(self) -> int:
        """Return how high it is, in pixels; 0 while it is hidden."""
        return 0 if self.isHidden() else self.minimumHeight()
