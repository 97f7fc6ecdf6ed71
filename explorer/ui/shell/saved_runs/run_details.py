"""The chosen run of the page of saved runs: its name, tags and note, to be changed, and what can be done with it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMargins, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from explorer.core.errors import UserError, printable
from explorer.core.figure_words import words_in
from explorer.core.name_lists import names_in, names_out
from explorer.engine.disk_use import megabytes
from explorer.engine.saved_runs import RunGlance
from explorer.runs.notes import LONGEST_NAME, RunNotes, run_notes
from explorer.ui.shell.saved_runs.saved_runs import dated, figure_told, stopped_in, titled
from explorer.ui.widgets.button_rows import ButtonRows
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.recipe_words import branched, part_called
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.steady_scroll import scroll_within
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, broken, counted
from explorer.ui.widgets.text_size import keep_size, scaled

WIDTH, NOTE = 300, 44

ACTIONS = (
    ("open", tr("Open"), tr("Show this run: map, curves, time line  (Return)")),
    ("continue", tr("Go on"), tr("Open this run and train it further from its last checkpoint")),
    (
        "anew",
        tr("New run"),
        tr("Open its data with its recipe: Train then begins a new run from scratch, and this one stays as it is"),
    ),
    (
        "branch",
        tr("Branch…"),
        tr("Open this run and train a new one that goes on from one of its kept steps, with other live values"),
    ),
    (
        "recipe",
        tr("Recipe…"),
        tr("What its recipe says otherwise than another; to take or copy, or train this run again"),
    ),
    (
        "duel",
        tr("Duel"),
        tr("Put this run beside the one that the window shows: two maps under one camera, and what changed"),
    ),
    ("folder", tr("Show folder"), tr("Show the folder of this run in the file manager")),
    (
        "delete",
        tr("Delete"),
        tr("Move this run to the trash of the runs folder; for 7 days it can be brought back  (Delete)"),
    ),
)
"""Id, words and tip of what can be done with a run."""


class RunDetails(QFrame):
    """Shows one run.

    Signals
    -------
    asked(action, run): one of ``ACTIONS``.
    noted(run, notes): a person said something else of it.
    refused(text): what was typed cannot be kept, and why.
    """

    asked = Signal(str, object)
    noted = Signal(object, object)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.run: RunGlance | None = None
        self._sent: RunNotes | None = None
        self._refused: dict[Path, RunNotes] = {}
        self.name, self.tags, self.note = QLineEdit(), QLineEdit(), QPlainTextEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.tags.setPlaceholderText(tr("good, to show"))
        self.note.setPlaceholderText(tr("What you tried, and what came of it"))
        self.note.setTabChangesFocus(True)
        self.note.setObjectName("run-note")
        self.marked = ElidedLabel(role="muted")  # one line: the buttons below keep their room
        self.marked.hide()
        self.problem = PlainLabel(role="error", selectable=True)
        self.problem.setWordWrap(True)
        self.facts = PlainLabel(role="muted", selectable=True)
        self.facts.setWordWrap(True)
        self.buttons = {name: QPushButton(words) for name, words, _tip in ACTIONS}
        self.buttons["open"].setProperty("kind", "primary")
        for name, _words, tip in ACTIONS:
            self.buttons[name].setToolTip(tip)
            self.buttons[name].clicked.connect(lambda _=False, name=name: self._ask(name))
        self._place()
        self.name.editingFinished.connect(self.keep)
        self.tags.editingFinished.connect(self.keep)
        self.note.installEventFilter(self)

    def _place(self) -> None:
        """Put it all below each other; where there is less room than that needs it scrolls."""
        inside = QWidget()
        inside.setAutoFillBackground(False)
        box = QVBoxLayout(inside)
        box.setContentsMargins(12, 10, 12, 12)
        box.setSpacing(6)
        box.addWidget(self.marked)
        for words, field in (
            (tr("Name"), self.name),
            (tr("Tags, with commas between"), self.tags),
            (tr("Note"), self.note),
        ):
            label = PlainLabel(words, role="section")
            label.setWordWrap(True)
            label.setBuddy(field)
            field.setAccessibleName(words)
            box.addWidget(label)
            box.addWidget(field, 1 if field is self.note else 0)
        self.note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # it takes what is left
        keep_size(self.note, least_height=NOTE)
        for label in (self.problem, self.facts):
            box.addWidget(label)
        first, *others = self.buttons.values()
        box.addWidget(first)
        box.addWidget(ButtonRows(others, QMargins()))
        scroll_within(self, inside, 1)

    def fit(self, room: int) -> None:
        """Take the usual width, at most so many pixels."""
        self.setFixedWidth(min(scaled(WIDTH), room))

    def show_run(self, run: RunGlance | None) -> None:
        """Show another run; what was typed for the one before is kept, and what is typed for this one stays."""
        before = self.run
        if before is not None and (run is None or run.path != before.path):
            self.keep()
        typing = before is not None and run is not None and run.path == before.path and self._typed() != before.notes
        self.run, self._sent = run, None
        self.setEnabled(run is not None)
        if run is None or not typing:
            notes = self._refused.get(run.path, run.notes) if run is not None else RunNotes()
            with QSignalBlocker(self.name), QSignalBlocker(self.tags), QSignalBlocker(self.note):
                self.name.setText(printable(notes.name))
                self.tags.setText(printable(names_out(notes.tags, " ")))
                if self.note.toPlainText() != notes.note:
                    self.note.setPlainText(notes.note)
        self.name.setPlaceholderText(printable(run.path.name) if run is not None else "")
        self.facts.setText(facts_of(run) if run is not None else "")
        self.facts.setToolTip("\n".join(map(broken, said(words_in(self.facts.text())).splitlines())))
        for name in ("continue", "branch"):  # of a script its network is there, and not here
            self.buttons[name].setEnabled(run is not None and not run.script)
        self.problem.setText(in_window(printable(run.problem)) if run is not None else "")
        self.problem.setVisible(bool(run is not None and run.problem))

    def tell_marked(self, number: int) -> None:
        """Say what is of this run and what is of all where several are marked."""
        several = number > 1
        self.marked.setVisible(several)
        self.marked.setText(tr("{number} runs are marked", number=number))
        self.marked.about = tr("Delete is for all that are marked, everything else here for this run")
        words, tip = next((words, tip) for name, words, tip in ACTIONS if name == "delete")
        self.buttons["delete"].setText(tr("Delete {number} runs", number=number) if several else words)
        self.buttons["delete"].setToolTip(
            tr("Move all marked runs to the trash of the runs folder; for 7 days they can be brought back  (Delete)")
            if several
            else tip
        )

    def rename(self) -> None:
        """Let the name be typed."""
        self.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.name.selectAll()

    def keep(self) -> None:
        """Keep what was typed, if it is something else than before.

        Once: it is asked for where a field is left and where a button is pressed, and by then the run may be deleted.
        """
        run = self.run
        if run is None:
            return
        notes = self._typed()
        if notes == run.notes:
            self._refused.pop(run.path, None)
        if notes is not None and notes != (self._sent or run.notes):
            self._sent = notes
            self._refused.pop(run.path, None)
            self.noted.emit(run, notes)

    def put_back(self, path: Path, notes: RunNotes) -> None:
        """Have what could not be kept of a run in its fields when it is shown again: leaving them tries once more."""
        self._refused[path] = notes
        if self.run is not None and self.run.path == path:
            self.show_run(self.run)

    def _typed(self) -> RunNotes | None:
        assert self.run is not None
        try:
            return run_notes(self.name.text(), names_in(self.tags.text()), self.note.toPlainText())
        except UserError as error:
            self.refused.emit(str(error))
            return None

    def _ask(self, name: str) -> None:
        self.keep()
        if self.run is not None:
            self.asked.emit(name, self.run)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the note when it is left."""
        if watched is self.note and event.type() == QEvent.Type.FocusOut:
            self.keep()
        return super().eventFilter(watched, event)


def facts_of(run: RunGlance) -> str:
    """Return what a run is and came to, a fact a line."""
    epochs = "" if run.epochs is None else f", {stopped_in(run) or counted(run.epochs, 'epoch')}"
    encoder = tr("encoder {name}", name=part_called("encoder", run.recipe.encoder.name))
    lines = (
        titled(run),
        *(() if run.script else (encoder,)),
        figure_told(run),
        f"{counted(run.step, 'step')}{epochs}",
        *((branched(run.parent),) if run.parent else ()),
        f"{dated(run)} · {said(megabytes(run.size))}",
        printable(run.path.name),
    )
    return "\n".join(lines)
