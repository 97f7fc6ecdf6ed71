"""A figure of the run bar."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from explorer.ui.widgets.text import ElidedLabel, PlainLabel, broken

NOTHING = "–"


class RunBarFigure(QWidget):
    """A big number over a small label; its tip says what it is, its unit and what is good, and then of what it is."""

    def __init__(self, label: str, about: str) -> None:
        super().__init__()
        self._about = about
        self._whole = self._brief = label
        self._short = False
        self.value = PlainLabel(NOTHING, role="figure")
        self.label = ElidedLabel(label, role="caption")
        for part in (self.value, self.label):
            part.setAlignment(Qt.AlignmentFlag.AlignRight)
        # the run bar shows it where there is room for all of it: what lies beside it is shortened first
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 3, 0, 3)
        box.setSpacing(0)
        box.addWidget(self.value)
        box.addWidget(self.label)
        self._explain("")

    def about(self, words: str) -> None:
        """Say something else of what the number is."""
        self._about = words

    def needed(self, short: bool) -> int:
        """Return the width that it takes with the whole words, or with the ``short`` ones."""
        words = self.label.fontMetrics().horizontalAdvance(self._brief if short else self._whole)
        return max(words + 1, self.value.sizeHint().width())

    def shorten(self, short: bool) -> None:
        """Say in few words what the number is, where there is little room; the tip says all of them."""
        self._short = short
        self._name()

    def _name(self) -> None:
        label = self._brief if self._short else self._whole
        if label != self.label.text():
            self.label.setText(label)
            self.updateGeometry()

    def show_value(self, text: str, label: str = "", tip: str = "", *, brief: str = "", past: bool = False) -> None:
        """Show a number, and perhaps say more exactly what it is; ``past``: it is not the newest.

        ``brief``: the label in fewer words, as there is room for in a small window.
        """
        self.value.setText(text)
        if bool(self.label.property("past")) != past:
            for part in (self.value, self.label):
                part.setProperty("past", past)
                part.style().unpolish(part)
                part.style().polish(part)
        if label:
            self._whole, self._brief = label, brief or label
            self._name()
        self._explain(tip)
        self.setAccessibleName(f"{self._whole} {text}")

    def _explain(self, tip: str) -> None:
        self.setToolTip("\n".join(broken(part) for part in (self._about, tip[:1].upper() + tip[1:]) if part))
