"""What a sweep came to: each combination with its interval, best first, and what that lets anybody say."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.engine.sweep.background import SweepEnded
from explorer.engine.sweep.summary import Combination
from explorer.evaluation.figures import Figure, interval, number
from explorer.ui.shell.saved_runs.run_columns import said_setting, title_of
from explorer.ui.widgets.language import localised, said, tr
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text import PlainLabel, count, counted
from explorer.ui.widgets.text_size import open_large

TITLES = (tr("Combination"), "recall@1", tr("95 % interval"), tr("seeds"), "")
WIDTHS = (0, 76, 140, 56, 110)
SIZE = (680, 460)


class SweepResults(QDialog):
    """The table and the sentence; ``show_runs`` opens the table of all saved runs."""

    def __init__(self, told: SweepEnded, show_runs: Callable[[], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("{runs} on {data}", runs=counted(told.runs, "run"), data=printable(told.name)))
        self.sentence = PlainLabel(printable(said(told.verdict)), selectable=True)
        self.sentence.setWordWrap(True)
        self.sentence.setVisible(bool(told.verdict))
        self.table = SimpleTable(tr("What each combination came to"), TITLES, WIDTHS)
        self.table.show_rows([_row(one) for one in told.found])
        every, close = QPushButton(tr("Table of runs")), QPushButton(tr("Close"))
        every.clicked.connect(self.accept)
        every.clicked.connect(lambda: show_runs())
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(every)
        buttons.addStretch(1)
        buttons.addWidget(close)
        box = QVBoxLayout(self)
        box.setSpacing(10)
        box.addWidget(self.sentence)
        box.addWidget(self.table, 1)
        box.addLayout(buttons)
        open_large(self, *SIZE)


def _row(one: Combination) -> tuple[str, ...]:
    parts = [f"{title_of(key)} {said_setting(key, value)}" for key, value in one.settings]
    between = interval(Figure("recall@1", one.mean, one.low, one.high))
    words = [] if one.whole else [tr("left behind")]
    words += [tr("{failed} failed", failed=count(one.failed))] if one.failed else []
    name = printable(" · ".join(parts)) or tr("as it is")
    return name, localised(number(one.mean)), localised(between), count(len(one.scores)), ", ".join(words)
