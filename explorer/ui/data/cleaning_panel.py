"""Likely label errors, duplicates and leaks between parts: each is decided on by one key, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QMargins, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from explorer.core.errors import printable
from explorer.core.label_decisions import Action, Decisions
from explorer.core.registry import register
from explorer.core.types import PIXELS_RUN, UNLABELLED, Evaluation, JobStatus
from explorer.engine.cleaning import Findings
from explorer.engine.events import DatasetOpened, RunGoesOn, RunOpened, RunShown
from explorer.engine.session.cleaning import CleaningFound, DecisionsChanged
from explorer.ui.data.finding_picture import FindingPicture
from explorer.ui.data.findings import Row, View, rows_of
from explorer.ui.data.findings_table import FindingsTable
from explorer.ui.session.acts import Act
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.session.save_of_data import ask_save
from explorer.ui.widgets.button_rows import ButtonRows
from explorer.ui.widgets.fields.choice import LEAST_CHOICE, Combo
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import ElidedLabel, NothingLabel, PlainLabel, count, counted, decimal, percent
from explorer.ui.widgets.text_size import keep_size, keep_tool, scaled

VIEWS: dict[View, str] = {
    "labels": tr("labels, most suspicious first"),
    "copies": tr("duplicates"),
    "leaks": tr("leaks"),
}
NOTHING: dict[View, str] = {
    "labels": tr("No label can be judged by these embeddings."),
    "copies": tr("No picture stands twice in these data."),
    "leaks": tr("No picture stands in both the training and the held-out part."),
}


LOW, SMALL = 600, 400
"""Below how many pixels of height words are a line, and the picture is small: the list needs the room."""
OUTDATED = tr("Data were added since: this was found in those of before. Press Find to look again.")
CUT_OFF = tr("Data were added while it was searched: what was found is of those before. Press Find to begin again.")
DOUBTFUL = 0.1
"""Where a larger share of the labels than this is called wrong, rather the embeddings are."""


def _caution(found: Findings | None, recall: float | None) -> str:
    """Return how far what was found can be believed, empty where nothing was; ``recall``: @1 of the embeddings."""
    if found is None or not found.suspects:
        return ""
    if not found.likely:
        return tr("No label is suspicious enough to be counted as an error. In grey: those that come nearest to it.")
    if found.likely > DOUBTFUL * len(found.suspects):
        return tr(
            "{share} of all labels: so many are rarely wrong. Rather these embeddings are not good enough yet. Look at "
            "the first ones only, or train longer and search again.",
            share=percent(found.likely / len(found.suspects), 0),
        )
    known = tr(" (recall@1 {recall})", recall=decimal(recall)) if recall is not None else ""
    return tr(
        "Candidates to look at, the surest first: these embeddings{known} disagree with their labels. The weaker they "
        "are, the more of those labels are right.",
        known=known,
    )


@register("panel", "cleaning")
class CleaningPanel(Panel):
    """What may be wrong with the data, the worst first; decisions go to the run's own label file."""

    key: ClassVar[str] = "cleaning"
    title: ClassVar[str] = tr("Clean data")
    tab = tr("Clean")
    area: ClassVar[Area] = "right"
    order: ClassVar[int] = 50
    beside: ClassVar[str] = "neighbours"
    empty_text: ClassVar[str] = tr(
        "Train, or open a saved run: then its embeddings show which labels are likely wrong, and which pictures stand "
        "twice in the data or in both parts."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._found: Findings | None = None
        self._decisions: Decisions = {}
        self._recall: float | None = None
        self._job, self._low = 0, False
        self._selected: tuple[int, ...] = ()  # on the map, for the framed row
        self._returning = False  # to the row whose decision is taken back
        self._filling = False  # the list, by which its first row is framed
        self._run, self._outdated = "", False  # of what was found; whether data were added since
        self._sought, self._stopped, self._cut_off = (
            "",
            0,
            False,
        )  # of what is sought; whether data were added meanwhile
        self._build()
        self._place()
        desk.bridge.of(CleaningFound).connect(self.show_found)
        desk.bridge.of(DecisionsChanged).connect(self.show_decisions)
        desk.bridge.of(JobStatus).connect(self._on_job)
        desk.bridge.of(Evaluation).connect(lambda found: self._measured([found]))
        for past in (RunOpened, RunGoesOn):
            desk.bridge.of(past).connect(lambda told: self._measured(told.evaluations))
        desk.bridge.of(DatasetOpened).connect(self._on_data)
        desk.bridge.of(RunShown).connect(self._on_run_shown)
        desk.commands.add(
            "data.clean",
            tr("Find label errors and duplicates"),
            self.begin,
            menu="Edit",
            tip=tr("Look for wrong labels, copies and leaks by the embeddings that are shown"),
            words=tr("mislabelled clean"),
        )
        for keys, slot in (("K", self.keep), ("R", self.relabel), ("X", self.exclude), ("U", self.undo)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)
        self._begin()

    def _build(self) -> None:
        self.view = Combo()
        self.view.addItems(list(VIEWS.values()))
        self.view.setAccessibleName(tr("What is listed"))
        keep_size(self.view, least_width=LEAST_CHOICE)
        self.view.currentIndexChanged.connect(lambda _place: self._list())
        self.find_button = self._button(tr("Find"), tr("Look for wrong labels, copies and leaks"), self.begin)
        self.words = ElidedLabel("")
        self.caution = PlainLabel("", role="caption")
        self.caution.setWordWrap(True)
        self.shortened = ElidedLabel("", role="caption")
        for label in (self.caution, self.shortened):
            label.hide()
        self.table = FindingsTable(self.desk.themes)
        self.table.framed.connect(self._on_framed)
        self.table.clicked.connect(self._on_clicked)
        self.picture = FindingPicture(self.desk.themes)
        self.nothing = NothingLabel()
        self.keep_button = self._button(
            tr("Keep  K"), tr("The label stays, and is not asked about again  (K)"), self.keep
        )
        self.relabel_button = self._button(tr("Relabel  R"), tr("Give it the suspected class  (R)"), self.relabel)
        self.exclude_button = self._button(
            tr("Exclude  X"),
            tr("Leave it out of training and evaluation; of copies all but the first  (X)"),
            self.exclude,
        )
        self.undo_button = self._button(tr("Undo  U"), tr("Take the last decision back  (U)"), self.undo)
        self.export_button = IconButton(self.desk.themes, "save", tr("Write the list as a table"))
        keep_tool(self.export_button)
        self.export_button.clicked.connect(self._ask_file)
        self.header_tools.append(self.export_button)

    def _button(self, text: str, tip: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: slot())
        return button

    def _place(self) -> None:
        asking = QHBoxLayout()
        asking.addWidget(self.view, 1)
        asking.addWidget(self.find_button)
        head = QVBoxLayout()
        head.setContentsMargins(12, 8, 12, 4)
        head.setSpacing(6)
        head.addLayout(asking)
        head.addWidget(self.words)
        head.addWidget(self.caution)
        head.addWidget(self.shortened)
        buttons = (self.keep_button, self.relabel_button, self.exclude_button, self.undo_button)
        body = QVBoxLayout(self.body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addLayout(head)
        body.addWidget(self.table, 1)
        body.addWidget(self.picture)
        body.addWidget(self.nothing, 1)
        body.addWidget(ButtonRows(buttons, QMargins(12, 4, 12, 8)))

    # --- what the user does -------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Come to the front and look for wrong labels, copies and leaks."""
        self.come_forward()
        if self.desk.session.run_folder is not None and not self._job:
            self._sought, self._cut_off = self.desk.session.run, False
            self.words.setText(tr("searching…"))
            self.nothing.setText("")
            self.find_button.setEnabled(False)
            self._job = self.desk.session.cleaning.find()

    def keep(self) -> None:
        """Say that the framed label is right."""
        self._decide("keep")

    def relabel(self) -> None:
        """Give the framed item the class that it is suspected to be of."""
        if self._row is not None and self._row.suspected != UNLABELLED:
            self._decide("relabel")

    def exclude(self) -> None:
        """Leave the framed item out; of copies all but the first."""
        self._decide("exclude")

    def undo(self) -> None:
        """Take the last decision back."""
        if self.undo_button.isEnabled():
            self._returning = True
            self.desk.session.cleaning.undo()

    @property
    def _row(self) -> Row | None:
        return self.table.row

    def _decide(self, action: Action) -> None:
        row = self._row
        if row is None:
            return
        cleaning = self.desk.session.cleaning
        number = cleaning.decide(row.concerned(action), action, row.suspected)
        self._returning = False
        take_back = partial(self._take_back, number)
        self.desk.state.acted.emit(Act("", take_back, partial(take_back, again=True), tr("the decision on a finding")))
        self.table.go_on()

    def _take_back(self, number: int, *, again: bool = False) -> None:
        self._returning = True
        self.desk.session.cleaning.take_back(number, again=again)

    def _on_framed(self) -> None:
        """Show the framed row on the map; for one that is framed unasked the map does not recede."""
        if self._row is not None and not self._filling:
            self._select(self._row)
        self._follow()

    def _on_clicked(self) -> None:
        """Show the row that was framed unasked on the map as well."""
        if self._row is not None and self.desk.state.selection.tolist() != sorted(self._row.items):
            self._select(self._row)

    def _select(self, row: Row) -> None:
        self._selected = row.items
        self.desk.state.set_selection(self._selected)

    def _others_selected(self) -> bool:
        """Return whether something is selected that is not the row framed before."""
        selection, own = self.desk.state.selection, sorted(self._selected)
        return bool(len(selection)) and (len(selection) != len(own) or selection.tolist() != own)

    def _let_go(self) -> None:
        """Select nothing where no row is framed any more, unless something else was selected since."""
        mine = self._selected and self.desk.state.some_selected and not self._others_selected()
        self._selected = ()
        if mine:
            self.desk.state.set_selection(())

    def _ask_file(self) -> None:
        found = self._found

        def save(path: Path) -> None:
            if found is not None:
                self.desk.session.cleaning.export(path, found)

        ask_save(self, tr("Export the list"), tr("Tables (*.csv)"), "csv", "to-look-at", save)

    # --- showing ------------------------------------------------------------------------------------------------------

    def _on_data(self, opened: DatasetOpened) -> None:
        """Begin anew; where data were added to those that were looked through, the list stays and says so."""
        job, self._stopped = self._job or self._stopped, 0
        self._cut_off = opened.role != "main" and (self._cut_off or bool(job))
        if job:
            self.desk.session.cancel(job)  # nobody would be told what it finds
        self._outdated = opened.role != "main" and self._found is not None
        self._begin(keep=self._outdated)

    def _on_run_shown(self, shown: RunShown) -> None:
        """Begin anew for another run; the same one is shown again where data were added."""
        same = shown.run == self._sought
        self._stopped, self._cut_off = self._job if same else 0, same and self._cut_off
        self._begin(keep=self._found is not None and shown.run == self._run)

    def _begin(self, *, keep: bool = False) -> None:
        """Show nothing of the run before, unless to ``keep`` that, and look at the decisions of the shown one."""
        row = self._row if keep else None
        if not keep:
            self._found, self._recall, self._outdated = None, None, False
        self._decisions, self._job = {}, 0
        self._returning = False
        kept = self.desk.session.run_folder is not None
        self.undo_button.setEnabled(False)
        self.find_button.setEnabled(True)
        self.desk.commands["data.clean"].setEnabled(kept)
        self.show_body(kept)
        self._list(row)
        if kept:
            self.desk.session.cleaning.look()

    def show_found(self, event: CleaningFound) -> None:
        """Show what was found."""
        self._found, self._run, self._outdated, self._cut_off = event.found, event.run, False, False
        self.find_button.setEnabled(True)
        self.show_body(True)
        self.set_status(tr("step {step}{about}", step=count(event.found.step), about="" if event.found.exact else " ≈"))
        self._list()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_job(self, status: JobStatus) -> None:
        """Let it be sought again once that has ended, also where it failed or was cancelled."""
        if status.id == self._job and status.state != "running":
            self._job = 0
            self.find_button.setEnabled(True)
            self.nothing.setText(self._nothing(list(VIEWS)[self.view.currentIndex()]))
            self._follow()

    def _measured(self, evaluations: Iterable[Evaluation]) -> None:
        """Know how good the embeddings of the run are by now."""
        for one in evaluations:
            if one.part == "held-out" and one.run != PIXELS_RUN and "recall@1" in one.metrics:
                self._recall = one.metrics["recall@1"]

    def show_decisions(self, event: DecisionsChanged) -> None:
        """Show what was decided."""
        before, self._decisions = self._decisions, event.decisions
        self.undo_button.setEnabled(event.undoable)
        self.table.show_decisions(event.decisions)
        changed = {item for item in {*before, *event.decisions} if before.get(item) != event.decisions.get(item)}
        if self._returning and changed:
            self._returning = False
            self.table.frame(changed)
        self._follow()

    def hear_height(self, pixels: int) -> None:
        """Leave the list its room in a low panel: how far it can be believed is said by a tip there."""
        self._low = pixels < scaled(LOW)
        self.picture.fit(0 if pixels < scaled(SMALL) else pixels)
        self._show_caution()

    def _show_caution(self) -> None:
        caution = self.caution.text()
        self.shortened.setText(caution)
        self.caution.setVisible(bool(caution) and not self._low)
        self.shortened.setVisible(bool(caution) and self._low)

    def _list(self, framed: Row | None = None) -> None:
        """List what the view asks for, from the top or from the row that was framed."""
        view = list(VIEWS)[self.view.currentIndex()]
        rows = () if self._found is None else rows_of(self._found, view)
        if self._found is None:
            self.set_status("")
        self.nothing.setText(self._nothing(view))
        self.table.setVisible(bool(rows))
        self.nothing.setVisible(not rows)
        data = self.desk.data
        self.table.show_rows(data.dataset, data.split, view, rows, self._decisions)
        if not rows:
            self._let_go()
        self._filling = True
        self.table.go_on()
        if framed is not None:
            self.table.frame(framed.items)
        self._filling = False
        self._follow()

    def _nothing(self, view: View) -> str:
        """Return why there is nothing in a view."""
        if self._found is None and self._cut_off:
            return CUT_OFF
        if self._found is None:
            return tr("Press Find to look for wrong labels, copies and leaks.")
        return in_window(printable(self._found.problem)) if view == "labels" and self._found.problem else NOTHING[view]

    def _follow(self) -> None:
        """Switch on what can be done with the framed row."""
        row, data = self._row, self.desk.data
        self.picture.show_row(data.dataset, data.split, row)
        self.words.setText(self._summary(self._found))
        caution = _caution(self._found, self._recall) if not self.view.currentIndex() else ""
        self.caution.setText(OUTDATED if self._outdated else caution)
        self._show_caution()
        for button in (self.keep_button, self.exclude_button):
            button.setEnabled(row is not None)
        self.relabel_button.setEnabled(row is not None and row.suspected != UNLABELLED)
        self.export_button.setEnabled(self._found is not None)

    def _summary(self, found: Findings | None) -> str:
        """Return how much was found, in words."""
        decided = tr(" · {decisions} decided", decisions=count(len(self._decisions))) if self._decisions else ""
        if found is None:
            return decided.removeprefix(" · ")
        wrong, groups = counted(found.likely, "likely error"), counted(len(found.groups), "copy", "copies")
        return f"{wrong} · {groups} · {counted(found.leaking, 'leak')}{decided}"
