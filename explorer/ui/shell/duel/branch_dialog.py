"""From where a branch of a run is to begin, and with which other live values."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from explorer.core.errors import UserError, printable
from explorer.core.live_change import with_live_value
from explorer.core.registry import Scalar, catalogue
from explorer.engine.session.branches import BranchOffered
from explorer.ui.shell.recipes.recipe_book import setting_words
from explorer.ui.widgets.fields.choice import Combo
from explorer.ui.widgets.language import LANGUAGE, localised, said, tr
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import PlainLabel, count
from explorer.ui.widgets.text_size import open_large

WORDS = tr(
    "The new run begins as this one was after the step: the same weights, and the same randomness until then. What is "
    "changed below holds from there on; without a change it goes the same way. This run stays as it is."
)
SIZE = (420, 320)


def last_until(steps: Sequence[int], step: int) -> int:
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
        self.offered, self._filling = offered, False
        told = PlainLabel(words, role="caption")
        told.setWordWrap(True)
        self.step = Combo()
        for step in offered.steps:
            self.step.addItem(tr("step {step}", step=count(step)), step)
        self.step.setCurrentIndex(last_until(offered.steps, at))
        self.note = PlainLabel(_chosen_instead(offered.steps, at), role="muted")
        self.note.setWordWrap(True)
        self.note.setVisible(at >= 0 and at not in offered.steps)
        self._own: set[str] = set()  # what a person has put in the place of the value of the step
        self.values = {key: self._field(key) for key, _value in offered.values[0]}
        self.step.currentIndexChanged.connect(self._fill)
        self._fill()
        form = QFormLayout()
        form.addRow(tr("Branch after"), self.step)
        form.addRow(self.note)
        for key, field in self.values.items():
            field.setAccessibleName(setting_words(key))
            form.addRow(setting_words(key), field)
        self.problem = PlainLabel(role="error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.take = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.take.setText(tr("Train"))
        self.take.setProperty("kind", "primary")
        buttons.accepted.connect(self._take)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setSpacing(8)
        box.addWidget(told)
        box.addLayout(form)
        box.addWidget(self.problem)
        box.addStretch(1)
        box.addWidget(buttons)
        open_large(self, *SIZE)

    def _field(self, key: str) -> QLineEdit | Combo:
        """Return where a value is put, empty yet."""
        field = _empty_field(key, [dict(values)[key] for values in self.offered.values])
        changed = field.currentIndexChanged if isinstance(field, Combo) else field.textChanged
        changed.connect(lambda _now: self._note(key))
        return field

    def _fill(self) -> None:
        """Show the values that the run had after the chosen step, but where a person has put another one."""
        self._filling = True
        for key, value in self._now().items():
            if key not in self._own:
                _put(self.values[key], value)
        self._filling = False

    def _now(self) -> dict[str, Scalar]:
        """Return the live values of the run after the chosen step, by key."""
        return dict(self.offered.values[self.step.currentIndex()])

    def _differs(self, key: str) -> bool:
        return _typed(self.values[key]) != printable(str(self._now()[key]))

    def _note(self, key: str) -> None:
        """Remember a value that a person has put in the place of that of the step, or has put back."""
        if not self._filling:
            (self._own.add if self._differs(key) else self._own.discard)(key)

    def _take(self) -> None:
        mine = [key for key in self.values if key in self._own and self._differs(key)]
        asked = {key: _typed(self.values[key]).strip() for key in mine}
        if self._refused(asked):
            return
        self.accept()
        self.chosen.emit(self.step.currentData(), [f"{key}={text}" for key, text in asked.items()])

    def _refused(self, asked: dict[str, str]) -> bool:
        """Say what is wrong with a value, and return whether one is; what was typed stays to be mended."""
        recipe, problem = self.offered.recipes[self.step.currentIndex()], ""
        for key, text in asked.items():
            try:
                recipe = with_live_value(recipe, key, text)
            except UserError as error:
                problem = in_window(str(error))
                self.values[key].setFocus()
                break
        self.problem.setText(printable(problem))
        self.problem.setVisible(bool(problem))
        return bool(problem)


def _chosen_instead(steps: Sequence[int], at: int) -> str:
    """Return which of the steps is chosen, and why, where the one that is shown has no checkpoint."""
    if at < min(steps):
        return tr(
            "Step {step} has no checkpoint, nor has one before it: step {chosen}, the first that was kept, is chosen "
            "and comes later",
            step=count(at),
            chosen=count(min(steps)),
        )
    return tr(
        "Step {step} has no checkpoint, of which the newest, the best and a few earlier ones stay: step {chosen}, the "
        "last one before it, is chosen; later ones are in the list",
        step=count(at),
        chosen=count(steps[last_until(steps, at)]),
    )


def _empty_field(key: str, values: Collection[Scalar]) -> QLineEdit | Combo:
    """Return where a value is typed, or chosen by its title where it names a part; ``values``: those it had."""
    if key != "miner":
        return QLineEdit()
    field = Combo()
    for name, entry in catalogue("miner").items():
        if entry.available or name in values:
            field.addItem(said(entry.title), name)
    return field


def _put(field: QLineEdit | Combo, value: Scalar) -> None:
    if isinstance(field, Combo):
        field.setCurrentIndex(field.findData(value))
    else:
        field.setText(_shown(value))


def _shown(value: Scalar) -> str:
    """Return a value as the window writes it."""
    return localised(str(value)) if isinstance(value, float) else printable(str(value))


def _typed(field: QLineEdit | Combo) -> str:
    """Return a value as a recipe writes it."""
    if isinstance(field, Combo):
        return str(field.currentData())
    return field.text() if LANGUAGE == "en" else field.text().replace(",", ".")
