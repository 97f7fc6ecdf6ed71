"""The line below the saved runs that tells of the deleted ones: until when they can be brought back, and by what."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton

from explorer.core.errors import printable
from explorer.engine.disk_use import megabytes
from explorer.engine.run_trash import KEPT_DAYS
from explorer.engine.saved_runs import DeletedRun
from explorer.ui.shell.saved_runs.saved_runs import headed, told
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.question import Asks, offer_removal, question_box
from explorer.ui.widgets.text import ElidedLabel, counted, moment


class DeletedRuns(QFrame, Asks):
    """Hidden while there are none.

    Signals
    -------
    taken_back(run): this one shall come back. emptied(): all shall be removed for good.
    """

    taken_back = Signal(object)
    emptied = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.runs: Sequence[DeletedRun] = ()
        self.words = ElidedLabel("")
        self.menu = QMenu(self)
        self.undo, self.empty = QPushButton(tr("Bring back")), QPushButton()
        self.undo.setToolTip(tr("Of several, choose which; Ctrl+Z in the list brings back the last one"))
        self.empty.setToolTip(tr("Remove all deleted runs for good now"))
        self.undo.clicked.connect(self._bring_back)
        self.empty.clicked.connect(self._ask)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.addWidget(self.words, 1)
        row.addWidget(self.undo)
        row.addWidget(self.empty)
        self.hide()

    @property
    def size_told(self) -> str:
        """How much room they take."""
        return said(megabytes(sum(run.lying.size for run in self.runs)))

    def show_runs(self, runs: Sequence[DeletedRun]) -> None:
        """Tell of these, the one that was deleted last first."""
        self.runs = runs
        self.setVisible(bool(runs))
        if not runs:
            return
        last, others = runs[0], len(runs) - 1
        if others:
            others_told = counted(others, "other run")
            said = tr(
                "Deleted, each kept for {days} days: {named} (until {dated}) and {others_told}",
                days=KEPT_DAYS,
                named=named(last),
                dated=dated(last),
                others_told=others_told,
            )
        else:
            said = tr("Deleted, kept until {dated}: {named}", dated=dated(last), named=named(last))
        self.words.setText(said)
        self.empty.setText(tr("Empty now, {size_told}…", size_told=self.size_told))
        self.menu.clear()
        for run in runs:
            action = self.menu.addAction(told_apart(run).replace("&", "&&"))
            action.triggered.connect(lambda _=False, run=run: self.taken_back.emit(run))

    def _bring_back(self) -> None:
        if len(self.runs) == 1:
            self.taken_back.emit(self.runs[0])
        else:
            self.menu.popup(self.undo.mapToGlobal(self.undo.rect().bottomLeft()))

    def _ask(self) -> None:
        """Ask before they are removed for good; Escape keeps them."""
        text = tr("Remove {runs} for good?", runs=counted(len(self.runs), "deleted run"))
        details = tr("This frees {size_told}. It cannot be undone.", size_told=self.size_told)
        box = question_box(self.window(), tr("Deleted runs"), text, details)
        offer_removal(box, tr("Remove for good"), tr("Keep them")).clicked.connect(self.emptied)
        self.open_question(box)


def named(run: DeletedRun) -> str:
    """Return what a deleted run is called in a list."""
    return headed(run.glance) if run.glance is not None else printable(run.name)


def told_apart(run: DeletedRun) -> str:
    """Return what tells a deleted run from others of its recipe: its folder, how far it came and when."""
    folder = printable(run.lying.moved.name)
    known = (
        (named(run),) if run.glance is None else (named(run), tr("folder {folder}", folder=folder), told(run.glance))
    )
    return tr("{run}   until {dated}", run="   ".join(known), dated=dated(run))


def dated(run: DeletedRun) -> str:
    """Return until when a run can be brought back."""
    return moment(run.lying.until, "dd MMM yyyy")
