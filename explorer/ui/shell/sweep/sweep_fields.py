"""What can be tried in several values: the fields of a recipe, and a row in which the values of one are said."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QStackedWidget,
    QWidget,
)

from explorer.core.recipe import PART_KINDS, Recipe
from explorer.core.registry import ParameterInfo, Scalar, catalogue, choice_words
from explorer.ui.shell.saved_runs.run_columns import said_value, title_of
from explorer.ui.widgets.fields.choice import Combo
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import LANGUAGE, localised, said, tr
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager

VALUE = int(Qt.ItemDataRole.UserRole)
CHOICE_HEIGHT, MOST_CHOICES = 17, 12
"""The height of a line of a list of values, and how many are in sight; of more it scrolls."""
LEAST_TITLE = 12
NUMBERS = frozenset({"int", "float"})
_PARTING = re.compile(r"[;,\s]+" if LANGUAGE == "en" else r"[;\s]+|,\s+")


@dataclass(frozen=True, slots=True)
class SweepField:
    """A key of the recipe; ``choices``: its values with their titles; none: numbers, or any text.

    ``unfit``: why values mean nothing for the open data, as English text.
    """

    key: str
    title: str
    now: Scalar
    choices: tuple[tuple[str, str], ...] = ()
    number: bool = False
    unfit: Mapping[str, str] = dataclasses.field(default_factory=dict)


def sweep_fields(recipe: Recipe, unfit: Mapping[str, str]) -> list[SweepField]:
    """Return what a recipe can be tried with otherwise: its parts, their parameters, and its epochs.

    ``unfit``: why losses mean nothing for the open data, by their names.
    """
    found = []
    for kind in PART_KINDS:
        entries, part = catalogue(kind), recipe.part(kind)
        parts = [(name, said(entry.title)) for name, entry in entries.items() if entry.available and entry.title]
        choices = tuple(sorted(parts, key=lambda one: one[1]))
        found.append(SweepField(kind, title_of(kind), part.name, choices, unfit=unfit if kind == "loss" else {}))
        entry = entries.get(part.name)
        infos = entry.parameters if entry is not None else ()
        found += [_field(kind, info, part.params.get(info.name, info.default)) for info in infos]
    found.append(SweepField("epochs", tr("Epochs"), recipe.epochs, number=True))
    return found


def _field(kind: str, info: ParameterInfo, now: Scalar) -> SweepField:
    key = f"{kind}.{info.name}"
    title = f"{title_of(kind)}: {title_of(key)}"
    if info.type == "bool":
        return SweepField(key, title, now, (("true", tr("on")), ("false", tr("off"))))
    choices = tuple((choice, said(choice_words(choice))) for choice in info.choices)
    return SweepField(key, title, now, choices, number=info.type in NUMBERS)


def numbers_in(text: str) -> list[str]:
    """Return the values of a list, numbers as a recipe writes them; in German they may have commas in them."""
    parts = [part for part in _PARTING.split(text.strip()) if part]
    return parts if LANGUAGE == "en" else [part.replace(",", ".") for part in parts]


class AxisRow(QWidget):
    """One field and its values.

    Signals
    -------
    changed(): other values are said. removed(): it shall not be tried in several.
    """

    changed = Signal()
    removed = Signal()

    def __init__(self, themes: ThemeManager, fields: Sequence[SweepField], key: str) -> None:
        super().__init__()
        self._fields = {field.key: field for field in fields}
        self.field = Combo()  # shortens what it says: the mark at the end of the row has room
        self.field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.field.setMinimumContentsLength(LEAST_TITLE)
        self.field.setAccessibleName(tr("What is tried in several values"))
        self.field.setMaxVisibleItems(20)
        for one in fields:
            self.field.addItem(one.title, one.key)
        self.how = QComboBox()
        self.how.setAccessibleName(tr("How its values are said"))
        self.how.addItems([tr("these values"), tr("a range")])
        self.listed, self.choices = QLineEdit(), QListWidget()
        self.listed.setAccessibleName(tr("The values, with blanks between"))
        self.choices.setAccessibleName(tr("The values that are tried"))
        self.choices.setObjectName("choices")
        self.values = QStackedWidget()
        for widget in (self.listed, self._range(), self.choices):
            self.values.addWidget(widget)
        self.remove = IconButton(themes, "close", tr("Do not try this in several values"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in ((self.field, 2), (self.how, 1), (self.values, 4), (self.remove, 0)):
            row.addWidget(widget, stretch, Qt.AlignmentFlag.AlignTop)
        self.field.setCurrentIndex(max(0, self.field.findData(key)))
        self.field.currentIndexChanged.connect(lambda _row: self._show_field())
        self.how.currentIndexChanged.connect(lambda _row: self._show_values())
        self.remove.clicked.connect(self.removed)
        self._show_field()

    def _range(self) -> QWidget:
        """Make the fields of a range."""
        held = QWidget()
        self.low, self.high, self.steps = QLineEdit(), QLineEdit(), QSpinBox()
        self.logarithmic = QCheckBox(tr("by factors"))
        self.logarithmic.setToolTip(tr("Each value is the one before times the same: for rates and the like"))
        self.steps.setRange(2, 100)
        self.steps.setValue(5)
        row = QHBoxLayout(held)
        row.setContentsMargins(0, 0, 0, 0)
        for words, field in ((tr("from"), self.low), (tr("to", "range"), self.high), (tr("values"), self.steps)):
            field.setAccessibleName(words)
            row.addWidget(PlainLabel(words, role="muted"))
            row.addWidget(field, 1)
        row.addWidget(self.logarithmic)
        for line in (self.low, self.high, self.listed):
            line.textChanged.connect(lambda _text: self.changed.emit())
        self.steps.valueChanged.connect(lambda _value: self.changed.emit())
        self.logarithmic.toggled.connect(lambda _on: self.changed.emit())
        self.choices.itemChanged.connect(lambda _item: self.changed.emit())
        return held

    @property
    def chosen(self) -> SweepField:
        """The field that is tried in several values."""
        return self._fields[str(self.field.currentData())]

    def _show_field(self) -> None:
        field = self.chosen
        self.how.setEnabled(field.number)
        if not field.number:
            self.how.setCurrentIndex(0)
        self.choices.clear()
        now = str(field.now).lower() if isinstance(field.now, bool) else field.now
        for value, title in sorted(field.choices, key=lambda one: (one[0] != now, one[0] in field.unfit)):
            item = QListWidgetItem(title, self.choices)
            item.setData(VALUE, value)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            same = value == now
            item.setCheckState(Qt.CheckState.Checked if same else Qt.CheckState.Unchecked)
            if reason := field.unfit.get(value):
                item.setFlags(Qt.ItemFlag.NoItemFlags)
                item.setToolTip(said(reason))
        self.listed.setText(said_value(field.now).replace(",", "") if LANGUAGE == "en" else said_value(field.now))
        self.listed.setPlaceholderText(localised("0.1  0.3  0.5") if field.number else "")
        self._show_values()

    def choose(self, values: Sequence[str]) -> None:
        """Tick just these of the values that can be chosen, and bring them to the top."""
        for place in range(self.choices.count()):
            item = self.choices.item(place)
            if item.flags() & Qt.ItemFlag.ItemIsUserCheckable:
                ticked = str(item.data(VALUE)) in values
                item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        items = [self.choices.takeItem(0) for _ in range(self.choices.count())]
        for item in sorted(items, key=lambda one: one.checkState() != Qt.CheckState.Checked):
            self.choices.addItem(item)

    def _show_values(self) -> None:
        self.values.setCurrentIndex(2 if self.chosen.choices else self.how.currentIndex())
        lines = min(self.choices.count(), MOST_CHOICES)
        height = scaled(CHOICE_HEIGHT) * lines if lines else self.listed.sizeHint().height()
        self.values.setFixedHeight(height)
        self.changed.emit()

    def twice(self) -> list[str]:
        """Return the values of a list that stand in it more than once."""
        values = self._listed()
        return list(dict.fromkeys(value for value in values if values.count(value) > 1))

    def _listed(self) -> list[str]:
        """Return the values of a list, as they stand in it; none where they are chosen otherwise."""
        if self.chosen.choices or self.how.currentIndex() == 1:
            return []
        return numbers_in(self.listed.text()) if self.chosen.number else self.listed.text().split()

    def said(self, *, drawn: bool) -> tuple[str, int]:
        """Return what is swept over, as ``axis_of`` takes it, and how many values that are; empty: nothing is said.

        ``drawn``: some combinations are drawn, so that of a range every value is possible.
        """
        field = self.chosen
        if field.choices:
            items = [self.choices.item(place) for place in range(self.choices.count())]
            values = [str(item.data(VALUE)) for item in items if item.checkState() == Qt.CheckState.Checked]
        elif self.how.currentIndex() == 1:
            ends = [*numbers_in(self.low.text())[:1], *numbers_in(self.high.text())[:1]]
            if len(ends) < 2:
                return "", 0
            count = "" if drawn else f":{self.steps.value()}"
            factors = ":log" if self.logarithmic.isChecked() else ""
            return f"{field.key}={':'.join(ends)}{count}{factors}", self.steps.value()
        else:
            values = self._listed()
        values = list(dict.fromkeys(values))
        return (f"{field.key}={','.join(values)}", len(values)) if values else ("", 0)
