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

    def show_value(self, text: str, label: str = "", tip: str = "", *, past: bool = False) -> None:
        """Show a number, and perhaps say more exactly what it is; ``past``: it is not the newest."""
        self.value.setText(text)
        if bool(self.label.property("past")) != past:
            for part in (self.value, self.label):
                part.setProperty("past", past)
                part.style().unpolish(part)
                part.style().polish(part)
        if label:
            self.label.setText(label)
        self._explain(tip)
        self.setAccessibleName(f"{self.label.text()} {text}")

    def _explain(self, tip: str) -> None:
        self.setToolTip("\n".join(broken(part) for part in (self._about, tip[:1].upper() + tip[1:]) if part))
