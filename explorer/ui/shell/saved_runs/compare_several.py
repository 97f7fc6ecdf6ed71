"""Three marked runs or more beside the oldest of them: a table of one figure with intervals and tests."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.figure_words import figure_name
from explorer.engine.compared_several import BY_QUERIES, Beside, SeveralCompared
from explorer.evaluation.figures import number
from explorer.evaluation.paired import Paired
from explorer.ui.metrics.compare_runs import chance
from explorer.ui.session.run_names import differences_told, settings_named
from explorer.ui.widgets.language import localised, said, tr
from explorer.ui.widgets.recipe_words import branched
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text import PlainLabel, count
from explorer.ui.widgets.text_size import open_large

TITLES = (tr("Run"), tr("items"), tr("first run"), tr("this run"), tr("difference"), tr("95 % interval"), "p")
WIDTHS = (0, 64, 84, 84, 84, 150, 76)
SIZE = (820, 420)
ABOUT = tr(
    "Each run beside {first}, the oldest of them, on what both held out. The difference is that of this run; p is "
    "corrected for how many are compared."
)


class SeveralView(QDialog):
    """The table, the sentence, and which figure it is of."""

    def __init__(self, told: SeveralCompared, parent: QWidget) -> None:
        super().__init__(parent)
        self._told = told
        self.setWindowTitle(tr("Compared with {run}", run=printable(told.first)))
        about = PlainLabel(ABOUT.format(first=printable(told.first)), role="caption")
        self.verdict = PlainLabel(printable(said(told.verdict)), selectable=True)
        for label in (about, self.verdict):
            label.setWordWrap(True)
        self.verdict.setVisible(bool(told.verdict))
        self.figure = QComboBox()
        self.figure.setAccessibleName(tr("The figure that the runs are compared by"))
        for name in told.figures:
            self.figure.addItem(said(figure_name(name)), name)
        self.figure.setCurrentIndex(max(0, self.figure.findData(BY_QUERIES)))
        self.table = SimpleTable(tr("Runs beside the first one"), TITLES, WIDTHS)
        self.figure.currentIndexChanged.connect(lambda _row: self._show())
        self.recipes = PlainLabel(role="muted", selectable=True)
        self.recipes.setWordWrap(True)
        self.table.chosen.connect(self._tell_recipes)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.accept)
        bottom = QHBoxLayout()
        bottom.addWidget(PlainLabel(tr("Figure"), role="muted"))
        bottom.addWidget(self.figure)
        bottom.addStretch(1)
        bottom.addWidget(close)
        box = QVBoxLayout(self)
        box.setSpacing(8)
        box.addWidget(about)
        box.addWidget(self.verdict)
        box.addWidget(self.table, 1)
        box.addWidget(self.recipes)
        box.addLayout(bottom)
        self._show()
        self._tell_recipes(0 if len(told.others) == 1 else -1)
        open_large(self, *SIZE)

    def _show(self) -> None:
        name = self.figure.currentData()
        if name is not None:
            self.table.show_rows([_row(other, other.figures[name]) for other in self._told.others])

    def _tell_recipes(self, row: int) -> None:
        """Say what the recipes of the first run and of the one that is chosen say differently; of two at once."""
        chosen = 0 <= row < len(self._told.others)
        choose = tr("Choose a run to read what its recipe says differently from that of the first.")
        self.recipes.setText(differences_told(self._told.others[row].differences) if chosen else choose)


def _row(other: Beside, of: Paired) -> tuple[str, ...]:
    other_says = {key: two for key, (_one, two) in other.differences.items()}
    return (
        " · ".join(filter(None, (printable(other.run), *settings_named(other_says), branched(other.parent)))),
        count(other.items),
        localised(number(of.a)),
        localised(number(of.b)),
        localised(f"{of.difference:+z.4f}"),
        localised(f"{of.low:+z.4f} – {of.high:+z.4f}"),
        chance(of.p),
    )
