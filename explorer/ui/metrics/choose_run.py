"""Which saved run is meant: those of the runs folder by their names, or another folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.engine.saved_runs import RunGlance, RunsFound
from explorer.evaluation.figures import number
from explorer.ui.session.run_names import recipe_line, told_apart
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.recipe_words import branched, of_step
from explorer.ui.widgets.save_dialog import ask_folder
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text import PlainLabel, moment
from explorer.ui.widgets.text_size import open_large

TITLES = (tr("Recipe"), tr("Run"), "recall@1", tr("Saved"))
WIDTHS = (0, 250, 132, 148)
SIZE = (820, 420)


class ChooseRun(QDialog):
    """Hands the folder of the run that is chosen to ``use``; ``without`` is not offered.

    ``title``, ``verb``: what the dialog and the button that takes the run say; ``about``: what will be done with it.
    """

    def __init__(
        self,
        parent: QWidget,
        without: Path,
        use: Callable[[Path], None],
        title: str = tr("Compare with a run"),
        verb: str = tr("Compare"),
        about: str = "",
    ) -> None:
        super().__init__(parent)
        self._window, self._without, self._use, self._title = parent, without, use, title
        self.runs: list[RunGlance] = []
        self.setWindowTitle(title)
        self.told = PlainLabel(tr("Looking for saved runs…"), role="caption")
        self.about = PlainLabel(about, role="muted")
        self.about.setWordWrap(True)
        self.about.setVisible(bool(about))
        self.table = SimpleTable(tr("Saved runs"), TITLES, WIDTHS)
        self.other, self.take = QPushButton(tr("Another folder…")), QPushButton(verb)
        cancel = QPushButton(tr("Cancel"))
        self.take.setDefault(True)
        self.take.setEnabled(False)
        self.other.clicked.connect(self._ask)
        self.take.clicked.connect(self._take)
        cancel.clicked.connect(self.reject)
        self.table.chosen.connect(lambda _row: self.take.setEnabled(True))
        self.table.doubleClicked.connect(lambda _index: self._take())
        self.take.setProperty("kind", "primary")
        buttons, pair = QHBoxLayout(), QDialogButtonBox()
        pair.addButton(self.take, QDialogButtonBox.ButtonRole.AcceptRole)  # in the order of the platform
        pair.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addWidget(self.other)
        buttons.addStretch(1)
        buttons.addWidget(pair)
        box = QVBoxLayout(self)
        box.setSpacing(8)
        box.addWidget(self.told)
        box.addWidget(self.table, 1)
        box.addWidget(self.about)
        box.addLayout(buttons)
        open_large(self, *SIZE)

    def show_runs(self, found: RunsFound) -> None:
        """Offer these, those of other data behind and switched off; the one that was chosen stays so."""
        before = self.chosen
        data = next((run.data for run in found.runs if run.path == self._without), None)
        others = [run for run in found.runs if run.path != self._without]
        alike = [run for run in others if data in (None, run.data)]
        apart = [run for run in others if data not in (None, run.data)]
        self.runs = [*alike, *apart]
        off = {len(alike) + row: tr("Of other data: {name}", name=printable(run.data)) for row, run in enumerate(apart)}
        mine = [run for run in found.runs if run.path == self._without]  # from which they are told as well
        lines = told_apart([run.recipe for run in (*mine, *alike)])[len(mine) :]
        lines += [recipe_line(run.recipe) for run in apart]
        self.table.show_rows(
            [_row(run, line, apart=run in apart) for run, line in zip(self.runs, lines, strict=True)], off=off
        )
        if alike:
            self.table.selectRow(next((row for row, run in enumerate(alike) if run.path == before), 0))
        self.take.setEnabled(bool(alike))
        if alike or found.reading:
            told = tr("The runs of your runs folder, newest first")
            self.told.setText(tr("{told}; those of other data are grey", told=told) if apart else told)
        else:
            self.told.setText(tr("There is no other saved run of these data here"))

    @property
    def chosen(self) -> Path | None:
        """The run that is chosen, None before one is."""
        row = self.table.currentIndex().row()
        return self.runs[row].path if 0 <= row < len(self.runs) else None

    def _take(self) -> None:
        if self.take.isEnabled() and (path := self.chosen) is not None:
            self.accept()
            self._use(path)

    def _ask(self) -> None:
        """Let a folder be chosen in place of these."""
        self.reject()
        ask_folder(self._window, self._title, str(self._without.parent), self._use)


def _row(run: RunGlance, line: str, *, apart: bool) -> tuple[str, ...]:
    recall = "–" if run.recall is None else of_step(localised(number(run.recall)), run.measured_before)
    line = f"{printable(run.data)}: {line}" if apart else line
    name = " · ".join(filter(None, (printable(run.name), branched(run.parent))))
    return line, name, recall, moment(run.seconds)
