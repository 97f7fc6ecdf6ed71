"""A line in which a text can be typed that is asked about, where the items are texts."""

from __future__ import annotations

from textwrap import shorten

from PySide6.QtWidgets import QLineEdit

from explorer.core.errors import printable
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.language import tr

NAME = 48
"""Letters of a typed text by which it is called."""


class AskByText(QLineEdit):
    """What is typed and ended by Enter becomes a query from outside; it is there only for data of texts."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setPlaceholderText(tr("Ask by a text: type it, then Enter"))
        self.setAccessibleName(tr("Ask by a text"))
        self.setToolTip(tr("Find the items that are nearest to a text of your own"))
        self.setClearButtonEnabled(True)
        self.returnPressed.connect(self._ask)
        self.hide()

    @property
    def offered(self) -> bool:
        """Whether an item of the open data can be typed."""
        dataset = self._desk.data.dataset
        return dataset is not None and dataset.modality.typed

    def follow(self) -> None:
        """Be there where an item can be typed."""
        self.setVisible(self.offered)

    def _ask(self) -> None:
        if self.text().strip() and self.offered:
            self.ask(self.text().strip())
            self.clear()

    def ask(self, text: str) -> None:
        """Ask by a text, where an item of the open data can be typed."""
        if self.offered:
            self._desk.session.outside.add_encoded(text.encode("utf-8", "replace"), typed_name(text))


def typed_name(text: str) -> str:
    """Return how a text is called that was typed or pasted."""
    return printable(shorten(text, NAME, placeholder=" …"))
