"""From where B is to be branched of A, and with which other live values."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.engine.session.branches import BranchOffered
from explorer.ui.shell.recipe_book import setting_words
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel, count
from explorer.ui.widgets.text_size import open_large

WORDS = tr(
    "B begins as A was after the step: the same weights, and the same randomness until then. What is changed below "
    "holds from there on; without a change B goes the way of A."
)
SIZE = (420, 320)


class BranchDialog(QDialog):
    """Asks for the step and the values.

    Signals
    -------
    chosen(step, asked): train it, with ``KEY=VALUE`` of each value that is another.
    """

    chosen = Signal(int, object)

    def __init__(self, offered: BranchOffered, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Make B from A"))
        words = PlainLabel(WORDS, role="caption")
        words.setWordWrap(True)
        self.step = QComboBox()
        for step in offered.steps:
            self.step.addItem(tr("step {step}", step=count(step)), step)
        self.step.setCurrentIndex((len(offered.steps) - 1) // 2)
        self.values = {key: QLineEdit(printable(str(value))) for key, value in offered.values}
        self._before = {key: field.text() for key, field in self.values.items()}
        form = QFormLayout()
        form.addRow(tr("Branch after"), self.step)
        for key, field in self.values.items():
            field.setAccessibleName(setting_words(key))
            form.addRow(setting_words(key), field)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.take = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.take.setText(tr("Train"))
        buttons.accepted.connect(self._take)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setSpacing(8)
        box.addWidget(words)
        box.addLayout(form)
        box.addStretch(1)
        box.addWidget(buttons)
        open_large(self, *SIZE)

    def _take(self) -> None:
        asked = [f"{key}={field.text()}" for key, field in self.values.items() if field.text() != self._before[key]]
        self.accept()
        self.chosen.emit(self.step.currentData(), asked)
