"""From where a branch of a run is to begin, and with which other live values."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.registry import Scalar, catalogue
from explorer.engine.session.branches import BranchOffered
from explorer.ui.shell.recipe_book import setting_words
from explorer.ui.widgets.fields.choice import Combo
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import PlainLabel, count
from explorer.ui.widgets.text_size import open_large

WORDS = tr(
    "The new run begins as this one was after the step: the same weights, and the same randomness until then. What is "
    "changed below holds from there on; without a change it goes the same way. This run stays as it is."
)
SIZE = (420, 320)


def nearest(steps: Sequence[int], step: int) -> int:
    """Return the place of the last of ascending steps at or before one, else the first; of the newest one for −1."""
    if step < 0:
        return len(steps) - 1
    return max((place for place, kept in enumerate(steps) if kept <= step), default=0)


class BranchDialog(QDialog):
    """Asks for the step and the values; ``at``: the step that is shown, −1: the newest.

    Signals
    -------
    chosen(step, asked): train it, with ``KEY=VALUE`` of each value that is another.
    """

    chosen = Signal(int, object)

    def __init__(self, offered: BranchOffered, parent: QWidget, *, title: str, words: str, at: int = -1) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        told = PlainLabel(words, role="caption")
        told.setWordWrap(True)
        self.step = Combo()
        for step in offered.steps:
            self.step.addItem(tr("step {step}", step=count(step)), step)
        self.step.setCurrentIndex(nearest(offered.steps, at))
        self.note = PlainLabel(
            tr("Step {step} has no checkpoint, of which the newest three stay: the nearest is chosen", step=count(at)),
            role="muted",
        )
        self.note.setWordWrap(True)
        self.note.setVisible(at >= 0 and at not in offered.steps)
        self.values = {key: _field(key, value) for key, value in offered.values}
        self._before = {key: _typed(field) for key, field in self.values.items()}
        form = QFormLayout()
        form.addRow(tr("Branch after"), self.step)
        form.addRow(self.note)
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
        box.addWidget(told)
        box.addLayout(form)
        box.addStretch(1)
        box.addWidget(buttons)
        open_large(self, *SIZE)

    def _take(self) -> None:
        asked = [f"{key}={_typed(field)}" for key, field in self.values.items() if _typed(field) != self._before[key]]
        self.accept()
        self.chosen.emit(self.step.currentData(), asked)


def _field(key: str, value: Scalar) -> QLineEdit | Combo:
    """Return where a value is typed, or chosen by its title where it is the name of a part."""
    if key != "miner":
        return QLineEdit(printable(str(value)))
    field = Combo()
    for name, entry in catalogue("miner").items():
        if entry.available or name == value:
            field.addItem(said(entry.title), name)
    field.setCurrentIndex(field.findData(value))
    return field


def _typed(field: QLineEdit | Combo) -> str:
    return str(field.currentData()) if isinstance(field, Combo) else field.text()
