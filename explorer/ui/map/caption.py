"""A few words that float on the map: what is shown there, or why nothing is."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from explorer.ui.map.floating_box import Floating
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.theme import ThemeManager


class Caption(Floating):
    """One line of text, hidden while there is nothing to say."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(themes, parent, tr("About what is shown over the map"))
        self._label = PlainLabel("", self, role="caption")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.addWidget(self._label)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown."""
        return self._label.text()

    def say(self, text: str) -> None:
        """Show this, or nothing where it is empty."""
        self._label.setText(text)
        self.setVisible(bool(text))
        self.adjustSize()
