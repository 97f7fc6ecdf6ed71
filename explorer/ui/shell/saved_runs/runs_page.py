"""The page of all saved runs: a table that is searched, sorted and grouped; named, opened, compared and deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from explorer.core.errors import UserError, printable
from explorer.core.name_lists import names_in
from explorer.engine.run_curves import RunCurves
from explorer.engine.run_rows import RunRow, row_of
from explorer.engine.run_table import RunTable
from explorer.engine.saved_runs import DeletedRun, RunGlance
from explorer.engine.session.saved_runs import RunTableFound
from explorer.runs.notes import run_notes
from explorer.ui.shell.saved_runs.deleted_runs import DeletedRuns
from explorer.ui.shell.saved_runs.newest_runs import SAVED, RunPictures
from explorer.ui.shell.saved_runs.run_columns import title_of
from explorer.ui.shell.saved_runs.run_details import RunDetails
from explorer.ui.shell.saved_runs.runs_model import METRIC
from explorer.ui.shell.saved_runs.runs_view import RunsView
from explorer.ui.shell.saved_runs.saved_runs import headed
from explorer.ui.widgets.folding_row import FoldingRow
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.search_field import search_field
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.steady_scroll import scroll_within
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, broken, count, counted
from explorer.ui.widgets.text_size import keep_size, text_size
from explorer.ui.widgets.theme import ThemeManager

if TYPE_CHECKING:
    from explorer.ui.shell.saved_runs.parallel_axes import ParallelAxes
    from explorer.ui.shell.saved_runs.run_curves_view import RunCurvesView

NONE_SO_FAR = tr("No saved runs yet")
NONE_FOUND = tr("No run has all of these words")
FIND_TIP = tr(
    "Words of name, tags, note or recipe, or conditions such as {one} or {two}", one="loss=triplet", two="recall@1>0.9"
)
LOOKING = tr("Looking for saved runs…")
TWO_COMPARED = tr("Open the newer one and measure both on what they held out: is the difference chance?")
TWO_BESIDE = tr(
    "Measure both on what they held out: is the difference chance? A run trains: neither is opened, and it trains on"
)
MORE_COMPARED = tr("Measure each beside the oldest of them on what both held out: is the difference chance?")
BESIDE = tr("Show both beside each other: two maps under one camera, and what changed")
MOST_COMPARED = 50
LEAST_ROWS, LEAST_BELOW = 124, 150
"""The least heights of the table and of what is drawn below it: the page scrolls before they become less."""


class RunsPage(QWidget):
    """All saved runs.

    Signals
    -------
    left(): back to what was shown before. browse(): a run in another folder shall be chosen.
    asked(action, run), noted(run, notes), refused(text): as of ``RunDetails``.
    removed(runs): all of these shall be deleted. compared(runs): is the difference chance? The oldest first.
    duelled(first, second): both shall be shown beside each other, the older one as A.
    exported(rows): these shall be saved as a table. curves_wanted(paths): they shall be read.
    taken_back(run): a deleted run shall come back. emptied(): all deleted runs shall be removed for good.
    """

    left = Signal()
    browse = Signal()
    asked = Signal(str, object)
    noted = Signal(object, object)
    refused = Signal(str)
    removed = Signal(object)
    compared = Signal(object)
    duelled = Signal(object, object)
    exported = Signal(object)
    curves_wanted = Signal(object)
    taken_back = Signal(object)
    emptied = Signal()

    def __init__(self, themes: ThemeManager, pictures: RunPictures) -> None:
        super().__init__()
        self.setObjectName("start-page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Saved runs"))
        self._themes = themes
        self.view, self.details, self.trash = RunsView(themes, pictures), RunDetails(), DeletedRuns()
        self.curves: RunCurvesView | None = None
        self.axes: ParallelAxes | None = None
        self._reading, self._left, self._trains = True, 0, False
        self._make(themes)
        self._connect()
        self.details.show_run(None)
        self._follow([])
        text_size().changed.connect(self._fit)

    # --- making it --------------------------------------------------------------------------------------------------

    def _make(self, themes: ThemeManager) -> None:
        inside = QWidget()
        box = QVBoxLayout(inside)
        box.setContentsMargins(16, 14, 16, 14)
        box.setSpacing(10)
        box.addLayout(self._top(themes))
        box.addWidget(self._tools())
        self.below = QFrame()
        self.below.setObjectName("card")
        self._below = QStackedLayout(self.below)
        self.below.hide()
        self.halves = QSplitter(Qt.Orientation.Vertical)
        self.halves.setChildrenCollapsible(False)
        rows = self._rows()
        keep_size(rows, least_height=LEAST_ROWS)
        keep_size(self.below, least_height=LEAST_BELOW)
        self.halves.addWidget(rows)
        self.halves.addWidget(self.below)
        both = QHBoxLayout()
        both.setSpacing(12)
        both.addWidget(self.halves, 1)
        both.addWidget(self.details)
        box.addLayout(both, 1)
        self.unread = PlainLabel(role="error", selectable=True)
        self.unread.setWordWrap(True)
        self.unread.hide()
        box.addWidget(self.unread)
        box.addWidget(self.trash)
        scroll_within(self, inside)  # in a low window with large text much has no room

    def _top(self, themes: ThemeManager) -> QHBoxLayout:
        self.where = ElidedLabel("", role="muted", mode=Qt.TextElideMode.ElideMiddle)
        self.where.about = tr("The folder that runs are saved in by themselves")
        self.back = IconButton(themes, "back", tr("Back  (Esc)"))
        self.back.clicked.connect(self.left)
        self.other = QPushButton(tr("In another folder…"))
        self.other.clicked.connect(self.browse)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.back)
        top.addWidget(PlainLabel(tr("Saved runs"), role="heading"))
        top.addWidget(self.where, 1)
        top.addWidget(self.other)
        return top

    def _tools(self) -> FoldingRow:
        self.search = search_field(tr("Find by name, tag, note or recipe"), tr("Find runs"))
        self.search.setToolTip(broken(FIND_TIP))
        self.group = QComboBox()
        self.group.addItem(tr("No groups"), "")
        self.group.setAccessibleName(tr("Group the runs by"))
        self.group.setToolTip(tr("Put together the runs whose recipes say the same of this"))
        self.columns, self.compare = QPushButton(tr("Columns")), QPushButton(tr("Compare"))
        self.duel = QPushButton(tr("Duel"))
        self.overlay, self.export = QPushButton(tr("Curves")), QPushButton(tr("Save as CSV…"))
        self.parallel = QPushButton(tr("Axes"))
        self.parallel.setToolTip(tr("Draw the runs in sight as lines over what their recipes say differently"))
        self.columns.setToolTip(tr("Choose what the table says"))
        self.overlay.setToolTip(tr("Draw the curves of the marked runs over each other"))
        for button in (self.overlay, self.parallel):
            button.setCheckable(True)
            button.setProperty("kind", "toggle")
        self.export.setToolTip(tr("Save the runs in sight for a spreadsheet; where several are marked, these alone"))
        self.found = PlainLabel(LOOKING, role="muted")
        self.found.setToolTip(tr("How many of the saved runs hold what is looked for"))
        buttons = (self.columns, self.overlay, self.parallel, self.compare, self.duel, self.export)
        return FoldingRow((self.search, self.group, self.found), buttons)

    def _rows(self) -> QFrame:
        rows = QFrame()
        rows.setObjectName("card")
        self.nothing = PlainLabel(LOOKING, role="empty")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedLayout(rows)
        self._pages.setContentsMargins(1, 2, 1, 6)
        self._pages.addWidget(self.nothing)
        self._pages.addWidget(self.view)
        return rows

    def _connect(self) -> None:
        view, details = self.view, self.details
        self.search.textChanged.connect(self._filter)
        self.group.activated.connect(lambda _row: view.runs.group_by(str(self.group.currentData())))
        self.columns.clicked.connect(
            lambda: view.column_menu(self.columns.mapToGlobal(self.columns.rect().bottomLeft()))
        )
        self.overlay.toggled.connect(self._show_curves)
        self.parallel.toggled.connect(self._show_axes)
        self.compare.clicked.connect(lambda: self.compared.emit(self._marked()))
        self.duel.clicked.connect(lambda: self.duelled.emit(*self._marked()))
        self.export.clicked.connect(self._export)
        view.chosen.connect(details.show_run)
        view.renamed.connect(details.rename)
        view.opened.connect(lambda run: self.asked.emit("open", run))
        view.deleted.connect(self._delete)
        view.marked.connect(self._follow)
        view.runs.tagged.connect(self._tag)
        details.asked.connect(self._ask)
        for signal, own in (
            (details.noted, self.noted),
            (details.refused, self.refused),
            (self.trash.taken_back, self.taken_back),
            (self.trash.emptied, self.emptied),
        ):
            signal.connect(own)

    # --- what was found ---------------------------------------------------------------------------------------------

    def show_table(self, found: RunTableFound) -> None:
        """Show what was found, and say how many more are read."""
        self._left, self._reading = found.left, bool(found.left)
        self.where.setText(tr("Saved by themselves in {folder}", folder=printable(str(found.folder))))
        self.view.show_table(found.table)
        if self.view.run is None:
            self.details.show_run(None)
        self._tell_unread(found.table)
        self._offer_groups()
        self._draw_axes()
        if self.axes is not None and self.axes.brushes:
            self.axes.tell()
        self._tell()

    def show_deleted(self, deleted: Sequence[DeletedRun]) -> None:
        """Tell of the runs that can be brought back."""
        self.trash.show_runs(deleted)

    def refresh(self, run: RunGlance) -> None:
        """Show what is said of a run now, in its row and beside the table; the order stays."""
        self.view.runs.refresh(row_of(run, {}))
        if self.curves is not None:
            self.curves.forget(str(run.path))
            self._follow(self.view.marked_rows)
        if self.details.run is not None and self.details.run.path == run.path:
            self.details.show_run(run)

    def show_curves(self, found: Sequence[RunCurves]) -> None:
        """Draw curves that were read."""
        if self.curves is not None:
            self.curves.show_curves(found)

    def _offer_groups(self) -> None:
        """Offer what recipes say differently; the present group stays."""
        before = str(self.group.currentData())
        titles = {column.key: column.title for column in self.view.runs.columns}
        self.group.clear()
        self.group.addItem(tr("No groups"), "")
        for key in dict.fromkeys(("data", *self.view.runs.table.columns, "state", "device")):
            self.group.addItem(tr("By: {title}", title=titles.get(key) or title_of(key)), key)
        self.group.setCurrentIndex(max(0, self.group.findData(before)))

    def _tell_unread(self, table: RunTable) -> None:
        """Say which runs are not in the table since they cannot be read: the first, and in the tip the next ones."""
        reasons = [in_window(printable(reason)) for reason in table.reasons]
        runs, first = counted(table.unread, "run"), reasons[0] if reasons else ""
        self.unread.setText(tr("Not in the table since unreadable: {runs}. {first}", runs=runs, first=first))
        self.unread.setToolTip("\n".join(map(broken, reasons)))
        self.unread.setVisible(bool(reasons))

    def _tell(self) -> None:
        shown, every = self.view.runs.found, len(self.view.runs.table.rows)
        words = (
            counted(every, "run")
            if shown == every
            else tr("{shown} of {every}", shown=count(shown), every=counted(every, "run"))
        )
        left = count(self._left)
        self.found.setText(tr("{words}, {left} to be read", words=words, left=left) if self._left else words)
        reason = NONE_FOUND if every else LOOKING if self._reading else f"{NONE_SO_FAR}. {SAVED}"
        self.nothing.setText(reason)
        self._pages.setCurrentIndex(1 if self.view.runs.lines else 0)

    # --- what is asked for ------------------------------------------------------------------------------------------

    def _filter(self, text: str) -> None:
        self.view.runs.filter(text)
        self._draw_axes()
        self._tell()

    def _follow(self, rows: Sequence[RunRow]) -> None:
        """Follow what is marked: some can be compared, and the curves of all are drawn where these are in sight."""
        if self.axes is not None:
            self.axes.mark({row.path for row in rows})
        self.details.tell_marked(len(rows))
        two, more = len(rows) == 2, 2 < len(rows) <= MOST_COMPARED
        self.compare.setEnabled(two or more)
        both = TWO_BESIDE if self._trains else TWO_COMPARED
        self.compare.setToolTip(both if two else MORE_COMPARED if more else tr("Mark runs: Ctrl and a click"))
        self.duel.setEnabled(two)
        self.duel.setToolTip(BESIDE if two else tr("Mark two runs: Ctrl and a click"))
        if self.curves is not None and self.overlay.isChecked():
            names = self._names(rows)
            if wanted := self.curves.missing(rows, names):
                self.curves_wanted.emit(wanted)

    def follow_training(self, *, trains: bool, folders: Collection[Path]) -> None:
        """Say what is done with runs while the one of this window trains, and which train: in whatever window."""
        self._trains = trains
        self.view.runs.follow_training({str(folder) for folder in folders})
        self._follow(self.view.marked_rows)

    def _names(self, rows: Sequence[RunRow]) -> dict[str, str]:
        """Return what runs are called beside each other, by their paths: by their folders where they are alike."""
        names = {row.path: headed(self.view.glance(row)) for row in rows}
        alike = {name for name, many in Counter(names.values()).items() if many > 1}
        return {row.path: printable(row.name) if names[row.path] in alike else names[row.path] for row in rows}

    def _show_curves(self, shown: bool) -> None:
        if shown and self.curves is None:
            from explorer.ui.shell.saved_runs.run_curves_view import (
                RunCurvesView,  # pyqtgraph, and not before somebody asks
            )

            self.curves = RunCurvesView(self._themes)
            self.curves.pointed.connect(self.view.point_at)
            self._below.addWidget(self.curves)
        self._show_below(self.curves, self.parallel, shown=shown)
        if shown:
            self._follow(self.view.marked_rows)

    def _show_axes(self, shown: bool) -> None:
        if shown and self.axes is None:
            from explorer.ui.shell.saved_runs.parallel_axes import ParallelAxes

            self.axes = ParallelAxes(self._themes)
            self.axes.brushed.connect(self._brush)
            self._below.addWidget(self.axes)
        self._show_below(self.axes, self.overlay, shown=shown)
        if shown:
            self._draw_axes()
        else:
            self._brush(None)

    def _show_below(self, widget: QWidget | None, other: QPushButton, *, shown: bool) -> None:
        """Show what is drawn of the runs below the table, in place of the ``other``, or nothing."""
        if shown and widget is not None:
            other.setChecked(False)
            self._below.setCurrentWidget(widget)
        was = self.below.isVisible()
        self.below.setVisible(shown or other.isChecked())
        if shown and not was:
            height = self.halves.height()
            self.halves.setSizes([height * 3 // 5, height * 2 // 5])

    def _draw_axes(self) -> None:
        """Draw the runs that are looked for, brushed or not, over what their recipes say differently and recall."""
        if self.axes is None or not self.parallel.isChecked():
            return
        runs = self.view.runs
        keys = {*runs.table.columns, METRIC}
        self.axes.show_runs(runs.matching(), [column for column in runs.columns if column.key in keys], METRIC)
        self.axes.mark({row.path for row in self.view.marked_rows})

    def _brush(self, paths: set[str] | None) -> None:
        self.view.runs.narrow(paths)
        self._tell()

    def _marked(self) -> list[RunGlance]:
        """Return the marked runs, the oldest first."""
        return [self.view.glance(row) for row in sorted(self.view.marked_rows, key=lambda row: row.written)]

    def _export(self) -> None:
        marked = self.view.marked_rows
        self.exported.emit(marked if len(marked) > 1 else list(self.view.runs.runs))

    def _ask(self, action: str, run: RunGlance) -> None:
        """Ask for something; deleted are all that are marked, and who does goes on in the table.

        The button is that of another run then.
        """
        if action == "delete":
            self.view.setFocus()
            marked = self.view.marked_rows
            self._delete([self.view.glance(row) for row in marked] if len(marked) > 1 else [run])
        else:
            self.asked.emit(action, run)

    def _delete(self, runs: Sequence[RunGlance]) -> None:
        if len(runs) == 1:
            self.asked.emit("delete", runs[0])
        else:
            self.removed.emit(runs)

    def _tag(self, row: RunRow, text: str) -> None:
        run = self.view.glance(row)
        try:
            self.noted.emit(run, run_notes(run.notes.name, names_in(text), run.notes.note))
        except UserError as error:
            self.refused.emit(str(error))

    def _bring_last_back(self) -> None:
        if self.trash.runs:
            self.taken_back.emit(self.trash.runs[0])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the table more than half of the width, however large text is."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.details.fit(self.width() * 9 // 20)

    def event(self, event: QEvent) -> bool:
        """Let Ctrl+Z bring a run back and Ctrl+A mark all wherever the focus is here, and not select on the map."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.SelectAll))
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back, Ctrl+Z brings the last run back that was deleted, Ctrl+A marks all in sight."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.matches(QKeySequence.StandardKey.Undo):
            self._bring_last_back()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.view.selectAll()
        else:
            super().keyPressEvent(event)
