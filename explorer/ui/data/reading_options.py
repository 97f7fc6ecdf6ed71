"""How the open data were read: what was guessed, each guess to be changed by a click that reads them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import ParameterInfo, Scalar
from explorer.core.targets import OF_CLASSES, numeric_columns
from explorer.data.names import suffix
from explorer.engine.events import UNDER_WAY, DatasetOpened, RecipeChanged, StateChanged
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.fields.base import Field
from explorer.ui.widgets.fields.choice import ChoiceField
from explorer.ui.widgets.fields.field_of import field_for
from explorer.ui.widgets.forms import WAIT, Rows
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.problems import Problems
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, plain_tip
from explorer.ui.widgets.text_size import keep_size

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

OF_ALL = (
    *("modality", "label_column", "path_column", "label_separator", "partition"),
    *("target_column", "target_period"),
)
"""Options that mean something whatever the items are."""

TABLES = frozenset({".csv", ".tsv", ".jsonl", ".parquet"})
OF_TABLES = frozenset({"captioned", "pictures", "table", "text", "vectors"})
"""Endings of tables, and the kinds that the rows of one can be."""

COLUMNS = ("label_column", "path_column", "text_column", "id_column")
"""Options that are the name of a column."""

TITLES = {
    "modality": tr("Items"),
    "label_column": tr("Class column"),
    "path_column": tr("File column"),
    "text_column": tr("Text column"),
    "target_column": tr("Target (number)"),
    "target_period": tr("Target repeats after"),
    "label_separator": tr("Labels split at"),
    "numbers": tr("Numbers"),
    "categories": tr("Categories"),
    "left_out": tr("Left out"),
    "id_column": tr("Id column"),
    "partition": tr("Known split"),
    "crop": tr("Crop to boxes"),
    "size": tr("Picture size"),
    "colour": tr("Colour"),
    "white": tr("White of 16 bits"),
    "rate": tr("Sample rate"),
    "seconds": tr("Length"),
    "frames": tr("Frames"),
    "points": tr("Points"),
    "length": tr("Text length"),
}
UNCOUNTED = UNDER_WAY | {"loading"}
LEAST, HEIGHT = 92, 150
"""Pixels of the fields: three of them, for which the panel below gives room, and five where there is room."""


class ReadingOptions(QWidget):
    """A fold with one field for each data option that the open data's modality looks at.

    ``read_as``: stands beside the fold, where a line of its own would take one from the classes.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.fields: dict[str, Field] = {}
        self._folded: Dataset | None = None
        self.fold = QPushButton(tr("▸  How it is read"))
        self.fold.setProperty("kind", "fold")
        self.fold.setCheckable(True)
        self.read_as = ElidedLabel("", role="caption")
        self.read_as.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._problems = Problems()
        self.error = PlainLabel(role="error")
        self.error.setWordWrap(True)
        self.error.hide()
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setAccessibleName(tr("How the data are read"))
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        keep_size(self.area, least_height=LEAST, most_height=HEIGHT)
        self.area.viewport().setAutoFillBackground(False)
        self.area.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.fold)
        row.addWidget(self.read_as, 1)
        box.addLayout(row)
        box.addWidget(self.area)
        box.addWidget(self.error)
        self.fold.toggled.connect(self._on_fold)
        bridge = desk.bridge
        bridge.of(DatasetOpened).connect(lambda event: self.take(event.dataset))
        bridge.of(RecipeChanged).connect(lambda _event: self._show_values())
        bridge.of(StateChanged).connect(lambda _event: self._show_state())

    def _on_fold(self, shown: bool) -> None:
        self.fold.setText(tr("▾  How it is read") if shown else tr("▸  How it is read"))
        if shown and self._folded is not None:
            self.show_dataset(self._folded)
        self.area.setVisible(shown)

    def take(self, dataset: Dataset) -> None:
        """Have the fields of what is open: now, or once they are unfolded, as opening data is work enough."""
        if self.fold.isChecked():
            self.show_dataset(dataset)
        else:
            self._folded = dataset

    def show_dataset(self, dataset: Dataset) -> None:
        """Make the fields of what is open."""
        self._folded = None
        rows = Rows(wrapped=True)
        self.fields = {}
        for info in DataOptions.described():
            if info.name in OF_ALL or info.name in dataset.modality.options:
                self._add(rows, info, dataset)
        rows.setAutoFillBackground(False)
        self.area.setWidget(rows)
        rows.setAutoFillBackground(False)
        self._show_values()
        self._show_state()

    def _add(self, rows: Rows, info: ParameterInfo, dataset: Dataset) -> None:
        choices = self._choices(info, dataset)
        field = ChoiceField(choices) if choices else field_for(info)
        title, tip = TITLES.get(info.name, info.name), tr("{help}; the data are read again", help=said(info.help))
        field.setProperty("help", tip)
        field.name(title, tip)
        field.changed.connect(lambda value, name=info.name: self._change(name, value))
        field.invalid.connect(lambda problem, name=info.name: self._show_error(self._problems.tell(name, problem)))
        self.fields[info.name] = field
        rows.add(title, field, tip)

    def _choices(self, info: ParameterInfo, dataset: Dataset) -> list[tuple[str, str, str, bool]]:
        """Return what may be chosen; nothing where it is written."""
        automatic = ("", tr("Auto"), tr("As it is guessed"), True)
        if info.name == "modality":
            from explorer.data.modalities.base import modalities

            table = suffix(dataset.uri) in TABLES
            known = [one for one in modalities() if (one.name in OF_TABLES if table else one.from_files)]
            kinds = [(one.name, tr(one.plural).capitalize(), "", True) for one in known]
            return [automatic, *kinds]
        if info.name == "target_column":
            return [("", tr("None"), tr("Classes are learned"), True), *_targets(dataset)]
        if info.name in COLUMNS:
            return [automatic, *((name, printable(name), "", True) for name in dataset.columns)]
        titles = {"": tr("Auto"), "rgb": tr("Colour"), "classes": tr("By class"), "given": tr("As given")}
        return [(value, titles.get(value) or said(value.capitalize()), "", True) for value in info.choices]

    def _show_values(self) -> None:
        options = self.desk.session.recipe.data
        for name, field in self.fields.items():
            value = getattr(options, name)
            if isinstance(field, ChoiceField) and field.combo.findData(str(value)) < 0:
                field.combo.addItem(printable(str(value)), str(value))
            field.set_value(value)
        self._problems.forget()
        self._show_error("")

    def _show_state(self) -> None:
        waits = self.desk.session.state in UNCOUNTED
        for field in self.fields.values():
            field.setEnabled(not waits)
            field.setToolTip(plain_tip(WAIT if waits else str(field.property("help"))))

    def _change(self, name: str, value: Scalar) -> None:
        session = self.desk.session
        self._show_error(self._problems.tell(name, ""))
        try:
            session.configure(session.recipe.with_value(f"data.{name}", value))
        except UserError as error:
            self._show_values()
            self._show_error(str(error))

    def _show_error(self, text: str) -> None:
        self.error.setText(printable(text))
        self.error.setVisible(bool(text))


def _targets(dataset: Dataset) -> list[tuple[str, str, str, bool]]:
    """Return the columns of numbers, and the classes where these are numbers."""
    columns = [(name, printable(name), "", True) for name in numeric_columns(dataset.columns)]
    if OF_CLASSES not in dataset.columns and numeric_columns({OF_CLASSES: dataset.class_names}):
        columns.append((OF_CLASSES, tr("The classes, as numbers"), "", True))
    return columns
