"""Several runs at once: which fields are tried in which values, with how many seeds, and how long each trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from explorer.core.errors import UserError, printable
from explorer.core.figure_words import figure_name
from explorer.core.recipe import Recipe
from explorer.engine.sweep.asked import METRICS, METRICS_OF_NUMBERS, check_asked
from explorer.engine.sweep.background import LeftSweep
from explorer.engine.sweep.plan import axis_of, devices_of
from explorer.ui.shell.sweep.sweep_fields import AxisRow, sweep_fields
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.steady_scroll import SteadyScroll
from explorer.ui.widgets.text import PlainLabel, count, counted
from explorer.ui.widgets.text_size import keep_size, open_large
from explorer.ui.widgets.theme import ThemeManager

TITLE = tr("Train several runs")
SIZE = (760, 520)
LEAST_DEVICES = 220
ABOUT = tr(
    "Tick the values that each field shall be tried in, or write numbers with blanks between. A run of each "
    "combination is trained in the background; they come into the table of saved runs as they are done."
)
ONE = tr("So far there is one value of each field: say more of them, and a run of each is trained.")
EVENLY: Final = "sobol"
OPTUNA: Final = "optuna"
DRAWN = (
    ("", tr("all of them"), tr("A run of each combination")),
    (EVENLY, tr("some, spread evenly"), tr("Of many combinations only so many are trained, spread over all values")),
    (
        OPTUNA,
        tr("some, each by those before"),
        tr("Optuna chooses each combination by what those before it came to: the first ten are spread evenly"),
    ),
)
"""How combinations are chosen: key, words, and what that means."""
USUAL_DRAW = 20
BUDGETS = (
    ("", tr("as long as the recipe says"), 0, 0),
    ("epochs", tr("epochs"), 10, 100_000),
    ("pictures", tr("items seen"), 20_000, 1_000_000_000),
    ("minutes", tr("minutes"), 5, 10_000),
)


@dataclass(frozen=True, slots=True)
class AskedSweep:
    """What is to be trained: values as ``axis_of`` takes them, and the fields of ``SweepPlan``; ``epochs`` 0: as is."""

    over: tuple[str, ...]
    draw: int = 0
    drawn_by: Literal["sobol", "optuna"] = EVENLY
    metric: str = METRICS[0]
    devices: tuple[str, ...] = ()
    seeds: int = 1
    epochs: int = 0
    pictures: int = 0
    minutes: float = 0.0
    halving: bool = False


class SweepDialog(QDialog):
    """Hands what is to be trained to ``use``, and a sweep that can be gone on with to ``go_on``."""

    def __init__(
        self,
        parent: QWidget,
        themes: ThemeManager,
        recipe: Recipe,
        use: Callable[[AskedSweep], None],
        go_on: Callable[[LeftSweep], None],
        unfit: Mapping[str, str],
    ) -> None:
        """``unfit``: why losses mean nothing for the open data, by their names."""
        super().__init__(parent)
        self._themes, self._fields, self._use, self._go_on = themes, sweep_fields(recipe, unfit), use, go_on
        self._metrics = METRICS_OF_NUMBERS if recipe.data.target_column else METRICS
        self.setWindowTitle(TITLE)
        self.rows: list[AxisRow] = []
        self.left = QVBoxLayout()
        self.problem = PlainLabel(role="error")
        self.problem.setWordWrap(True)
        self.note = PlainLabel(role="muted")
        self.note.setWordWrap(True)
        self.train, self.close_button = QPushButton(), QPushButton(tr("Cancel"))
        self.train.setProperty("kind", "primary")
        self.train.setDefault(True)
        self.train.clicked.connect(self._take)
        self.close_button.clicked.connect(self.reject)
        self._lay_out()
        self._follow()
        open_large(self, *SIZE)

    def _lay_out(self) -> None:
        about = PlainLabel(ABOUT, role="muted")
        about.setWordWrap(True)
        inside = QWidget()
        self._axes = QVBoxLayout(inside)
        self._axes.setContentsMargins(0, 0, 0, 0)
        self.more = QPushButton(tr("Another field"))
        self.more.clicked.connect(lambda: self.add(""))
        self._axes.addStretch(1)
        scroll = SteadyScroll()
        scroll.setObjectName("panel-scroll")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        for ground in (scroll.viewport(), inside):
            ground.setAutoFillBackground(False)
        buttons = QDialogButtonBox()
        buttons.addButton(self.train, QDialogButtonBox.ButtonRole.AcceptRole)  # in the order of the platform
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        box = QVBoxLayout(self)
        box.setSpacing(10)
        box.addLayout(self.left)
        box.addWidget(about)
        box.addWidget(scroll, 1)
        box.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)  # below what scrolls: there it was cut off
        box.addLayout(self._settings())
        box.addWidget(self.note)
        box.addWidget(self.problem)
        box.addWidget(buttons)

    def _settings(self) -> QGridLayout:
        self.seeds, self.amount, self.devices = QSpinBox(), QSpinBox(), QLineEdit()
        self.seeds.setRange(1, 100)
        self.seeds.setToolTip(tr("Each is trained so often, each time from other random numbers; three tell something"))
        self.budget = QComboBox()
        for key, words, _usual, _most in BUDGETS:
            self.budget.addItem(words, key)
        self.halving = QCheckBox(tr("Only the better half goes on, again and again"))
        self.halving.setToolTip(tr("All train for a part of the time; then the worse half is stopped, twice or more"))
        keep_size(self.devices, least_width=LEAST_DEVICES)
        self.devices.setPlaceholderText(tr("as the recipe says"))
        self.devices.setToolTip(
            tr("A run on each at the same time, as cuda:0 cuda:1; one that stands there twice trains two at once")
        )
        self.devices.textChanged.connect(lambda _text: self._follow())
        self.seeds.valueChanged.connect(lambda _value: self._follow())
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        rows: tuple[tuple[str, tuple[QWidget, ...]], ...] = (
            (tr("Combinations"), self._drawing()),
            (tr("Seeds"), (self.seeds,)),
            (tr("Each trains"), (self.amount, self.budget, self.halving)),
            (tr("Devices"), (self.devices,)),
        )
        for place, (words, fields) in enumerate(rows):
            grid.addWidget(PlainLabel(words), place, 0)
            row = QHBoxLayout()
            for field in fields:
                row.addWidget(field)
            row.addStretch(1)
            grid.addLayout(row, place, 1)
        self.seeds.setAccessibleName(tr("Seeds"))
        self.devices.setAccessibleName(tr("Devices"))
        self.amount.setAccessibleName(tr("How long each run trains"))
        self.budget.setAccessibleName(tr("In what that is counted"))
        self.budget.currentIndexChanged.connect(lambda _row: self._on_budget())
        self._on_budget()
        self._on_drawn()
        return grid

    def _drawing(self) -> tuple[QWidget, ...]:
        """Make the fields that say which combinations are trained."""
        self.drawn, self.draw, self.figure = QComboBox(), QSpinBox(), QComboBox()
        for key, words, tip in DRAWN:
            self.drawn.addItem(words, key)
            self.drawn.setItemData(self.drawn.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        for name in self._metrics:
            self.figure.addItem(said(figure_name(name)), name)
        self.draw.setRange(1, 100_000)
        self.draw.setValue(USUAL_DRAW)
        self.by = PlainLabel(tr("for the best"), role="muted")
        named: tuple[tuple[QWidget, str], ...] = (
            (self.drawn, tr("Which combinations are trained")),
            (self.draw, tr("How many combinations")),
            (self.figure, tr("The figure that shall be best")),
        )
        for field, name in named:
            field.setAccessibleName(name)
            field.setToolTip(name)
        self.drawn.currentIndexChanged.connect(lambda _row: self._on_drawn())
        self.draw.valueChanged.connect(lambda _value: self._follow())
        return self.drawn, self.draw, self.by, self.figure

    def _on_drawn(self) -> None:
        how = self.drawn.currentData()
        self.drawn.setToolTip(str(self.drawn.currentData(Qt.ItemDataRole.ToolTipRole)))
        self.draw.setVisible(bool(how))
        for field in (self.by, self.figure):
            field.setVisible(how == OPTUNA)
        self._allow_halving()
        self._follow()

    def _allow_halving(self) -> None:
        """Halving goes by epochs, and by all combinations of a round."""
        allowed = self.budget.currentData() != "minutes" and self.drawn.currentData() != OPTUNA
        self.halving.setEnabled(allowed)
        if not allowed:
            self.halving.setChecked(False)

    def _on_budget(self) -> None:
        key, _words, usual, most = BUDGETS[self.budget.currentIndex()]
        self.amount.setVisible(bool(key))
        self.amount.setRange(1, max(most, 1))
        self.amount.setValue(max(usual, 1))
        self._allow_halving()

    def add(self, key: str) -> None:
        """Let one more field be tried in several values; one that is there already stays as it is."""
        taken = [row.chosen.key for row in self.rows]
        free = next((field.key for field in self._fields if field.key not in taken), "")
        if key in taken or not free:
            return
        row = AxisRow(self._themes, self._fields, key or free)
        row.changed.connect(self._follow)
        row.removed.connect(lambda: self._remove(row))
        self.rows.append(row)
        self._axes.insertWidget(len(self.rows) - 1, row)
        self._follow()

    def suggest(self, key: str, values: Sequence[str], seeds: int) -> None:
        """Let these values of a field be tried with so many seeds, unless something else is said before Train."""
        self.add(key)
        for row in self.rows:
            if row.chosen.key == key:
                row.choose(values)
        self.seeds.setValue(seeds)

    def _remove(self, row: AxisRow) -> None:
        self.rows.remove(row)
        self._axes.removeWidget(row)
        row.deleteLater()
        self._follow()

    def show_left(self, sweeps: Sequence[LeftSweep]) -> None:
        """Offer to go on with a sweep of which something is left, the newest."""
        while (item := self.left.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for sweep in sweeps[:1]:
            words = tr(
                "Go on with {runs} on {data}, of which {done} are trained",
                runs=counted(sweep.runs, "run"),
                data=printable(sweep.name),
                done=count(sweep.done),
            )
            button = QPushButton(words)
            button.clicked.connect(lambda _=False, sweep=sweep: self._take_left(sweep))
            self.left.addWidget(button)

    def _take_left(self, sweep: LeftSweep) -> None:
        self.accept()
        self._go_on(sweep)

    def asked(self) -> AskedSweep:
        """Return what is to be trained."""
        how = str(self.drawn.currentData())
        over = tuple(text for row in self.rows if (text := row.said(drawn=bool(how))[0]))
        key = str(self.budget.currentData())
        return AskedSweep(
            over,
            draw=self.draw.value() if how else 0,
            drawn_by=OPTUNA if how == OPTUNA else EVENLY,
            metric=str(self.figure.currentData()) if how == OPTUNA else METRICS[0],
            devices=devices_of(self.devices.text()),
            seeds=self.seeds.value(),
            halving=self.halving.isChecked(),
            **({key: self.amount.value()} if key else {}),
        )

    def _follow(self) -> None:
        """Say how many runs that are, or why they cannot be trained."""
        values = [row.said(drawn=False)[1] for row in self.rows]
        drawn = bool(self.drawn.currentData())
        runs = (self.draw.value() if drawn else prod(values)) * self.seeds.value()
        problem = ""
        try:
            asked = self.asked()
            for text in asked.over:
                axis_of(text)
            if asked.drawn_by == OPTUNA:
                check_asked(asked.draw, asked.seeds, asked.metric, halving=asked.halving)
        except UserError as error:
            problem = in_window(str(error))
        keys = [row.chosen.key for row in self.rows]
        if len(set(keys)) < len(keys):
            problem = tr("One field stands there twice: say all of its values once.")
        twice = [value for row in self.rows for value in row.twice()]
        note = tr("Named twice, trained once: {values}", values=printable(", ".join(twice))) if twice else ""
        self.note.setText(note or (ONE if prod(values) == 1 else ""))
        self.note.setVisible(bool(self.note.text()))
        self.problem.setText(printable(problem))
        self.problem.setVisible(bool(problem))
        parts = {key for key in keys if "." not in key}
        fewer = not drawn and any(key.partition(".")[0] in parts for key in keys if "." in key)
        words = tr("Train at most {runs}") if fewer else tr("Train {runs}")  # not every part has every parameter
        self.train.setText(words.format(runs=counted(runs, "run")))
        self.train.setEnabled(not problem and runs > 0)

    def _take(self) -> None:
        asked = self.asked()
        self.accept()
        self._use(asked)
