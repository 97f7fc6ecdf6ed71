"""The page of all saved runs: found by a text, sorted, named, opened again, gone on with, deleted and brought back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from explorer.core.errors import printable
from explorer.engine.saved_runs import RunGlance, RunsFound
from explorer.ui.shell.deleted_runs import DeletedRuns
from explorer.ui.shell.run_details import RunDetails
from explorer.ui.shell.runs_view import SORTS, RunsView
from explorer.ui.shell.saved_runs import SAVED, RunPictures
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.search_field import search_field
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, count, counted
from explorer.ui.widgets.theme import ThemeManager

NONE_SO_FAR = tr("No saved runs yet")
NONE_FOUND = tr("No run has all of these words")
LOOKING = tr("Looking for saved runs…")


class RunsPage(QWidget):
    """All saved runs.

    Signals
    -------
    left(): back to what was shown before. browse(): a run in another folder shall be chosen.
    asked(action, run), noted(run, notes), refused(text): as of ``RunDetails``.
    taken_back(run): a deleted run shall come back. emptied(): all deleted runs shall be removed for good.
    """

    left = Signal()
    browse = Signal()
    asked = Signal(str, object)
    noted = Signal(object, object)
    refused = Signal(str)
    taken_back = Signal(object)
    emptied = Signal()

    def __init__(self, themes: ThemeManager, pictures: RunPictures) -> None:
        super().__init__()
        self.setObjectName("start-page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Saved runs"))
        self.view, self.details, self.trash = RunsView(themes, pictures), RunDetails(), DeletedRuns()
        self.where = ElidedLabel("", role="muted", mode=Qt.TextElideMode.ElideMiddle)
        self.found = PlainLabel(LOOKING, role="muted")
        self.found.setToolTip(tr("How many of the saved runs hold what is looked for"))
        self.where.about = tr("The folder that runs are saved in by themselves")
        self.search, self.sort = search_field(tr("Find by name, tag, note or recipe"), tr("Find runs")), QComboBox()
        self.sort.addItems(list(SORTS))
        self.sort.setAccessibleName(tr("Order of the runs"))
        self._make(themes)
        self._runs: Sequence[RunGlance] = ()
        self._reading = True
        self.search.textChanged.connect(self._filter)
        self.sort.currentTextChanged.connect(self._sort)
        self.view.chosen.connect(self.details.show_run)
        self.view.renamed.connect(self.details.rename)
        self.view.opened.connect(lambda run: self.asked.emit("open", run))
        self.view.deleted.connect(lambda run: self.asked.emit("delete", run))
        self.view.taken_back.connect(self._bring_last_back)
        for signal, own in (
            (self.details.asked, self.asked),
            (self.details.noted, self.noted),
            (self.details.refused, self.refused),
            (self.trash.taken_back, self.taken_back),
            (self.trash.emptied, self.emptied),
        ):
            signal.connect(own)
        self.details.show_run(None)

    def _make(self, themes: ThemeManager) -> None:
        self.back = IconButton(themes, "back", tr("Back  (Esc)"))
        self.back.clicked.connect(self.left)
        self.other = QPushButton(tr("In another folder…"))
        self.other.clicked.connect(self.browse)
        top, tools = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.back)
        top.addWidget(PlainLabel(tr("Saved runs"), role="heading"))
        top.addWidget(self.where, 1)
        top.addWidget(self.other)
        tools.setSpacing(8)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.sort)
        tools.addWidget(self.found)
        rows = QFrame()
        rows.setObjectName("card")
        self.nothing = PlainLabel(LOOKING, role="empty")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedLayout(rows)
        self._pages.setContentsMargins(1, 6, 1, 6)
        self._pages.addWidget(self.nothing)
        self._pages.addWidget(self.view)
        both = QHBoxLayout()
        both.setSpacing(12)
        both.addWidget(rows, 1)
        both.addWidget(self.details)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 14, 16, 14)
        box.setSpacing(10)
        box.addLayout(top)
        box.addLayout(tools)
        box.addLayout(both, 1)
        box.addWidget(self.trash)

    def show_runs(self, found: RunsFound) -> None:
        """List what was found, and say how many more are read."""
        self._runs, self._reading = found.runs, found.reading or bool(found.left)
        self.where.setText(tr("Saved by themselves in {folder}", folder=printable(str(found.folder))))
        self.view.show_runs(found.runs)
        self.trash.show_runs(found.deleted)
        self._tell(found.left)

    def refresh(self, run: RunGlance) -> None:
        """Show what is said of a run now, in its row and beside the list; the order stays."""
        self._runs = tuple(run if other.path == run.path else other for other in self._runs)
        self.view.runs.refresh(run)
        if self.details.run is not None and self.details.run.path == run.path:
            self.details.show_run(run)

    def _bring_last_back(self) -> None:
        if self.trash.runs:
            self.taken_back.emit(self.trash.runs[0])

    def _filter(self, text: str) -> None:
        self.view.runs.filter(text)
        self._tell()

    def _sort(self, sort: str) -> None:
        self.view.runs.sort_by(sort)

    def _tell(self, left: int = 0) -> None:
        shown, every = len(self.view.runs.runs), len(self._runs)
        words = (
            counted(every, "run")
            if shown == every
            else tr("{shown} of {every}", shown=count(shown), every=counted(every, "run"))
        )
        self.found.setText(tr("{words}, {left} to be read", words=words, left=count(left)) if left else words)
        reason = NONE_FOUND if every else LOOKING if self._reading else f"{NONE_SO_FAR}. {SAVED}"
        self.nothing.setText(reason)
        self._pages.setCurrentIndex(1 if shown else 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
