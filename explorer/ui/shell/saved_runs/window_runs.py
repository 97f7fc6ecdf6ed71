"""The saved runs of a window: the page of all of them, and what can be done with one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from explorer.core.errors import UserError, printable
from explorer.core.types import Evaluation, JobStatus
from explorer.engine.disk_use import megabytes
from explorer.engine.events import UNDER_WAY, CatalogueReady, DatasetFailed, DatasetOpened, RunOpened, StateChanged
from explorer.engine.run_rows import RunRow
from explorer.engine.saved_runs import DeletedRun, RunGlance, RunsFound
from explorer.engine.session.saved_runs import (
    NotesNotKept,
    RunBroughtBack,
    RunCurvesRead,
    RunDeleted,
    RunsRefreshed,
    RunTableFound,
    TrashEmptied,
)
from explorer.ui.shell.messages.toasts import TRAIN_NOW
from explorer.ui.shell.saved_runs.deleted_runs import named
from explorer.ui.shell.saved_runs.saved_runs import headed
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.save_dialog import ask_where
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import counted

if TYPE_CHECKING:
    from explorer.engine.compared_several import SeveralCompared
    from explorer.engine.session.session import Session
    from explorer.runs.notes import RunNotes
    from explorer.ui.metrics.evaluate_panel import EvaluatePanel
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.shell.main_window import MainWindow
    from explorer.ui.shell.saved_runs.compare_several import SeveralView
    from explorer.ui.shell.saved_runs.runs_page import RunsPage


SEVERAL = "Compare several runs"
"""What the job is called, also in words."""
AGAIN_MS = 2_000
"""How often it is looked which runs were written to,"""
AGAIN_SHARE = 0.05
"""and which share of the time that may take."""


class WindowRuns(QObject):
    """Opens the page in the middle of the window, and does what is asked for there."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session: Session | None = None
        self._found: RunsFound | None = None
        self._names: dict[Path, str] = {}
        self._table: RunTableFound | None = None
        self._then: tuple[str, RunGlance] | None = None
        self._first = Path()
        self._comparing: dict[int, tuple[Path, ...]] = {}
        self._trained: list[Path] = []
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._look_again)
        self.page: RunsPage | None = None
        self.several: SeveralView | None = None
        window.start_page.all_runs.connect(self.open_page)
        window.opener.all_runs.connect(self.open_page)

    def attach(self, session: Session, bridge: Bridge, *, first: bool) -> None:
        """Use this session; ``first``: of the windows of the program, which removes what was deleted long ago."""
        from explorer.engine.compared_several import SeveralCompared  # after the first paint

        self._session = session
        self._window.start_page.runs.pictures.attach(session, bridge)
        bridge.of(RunsFound).connect(self._on_found)
        bridge.of(RunTableFound).connect(self._on_table)
        bridge.of(RunCurvesRead).connect(self._on_curves)
        bridge.of(RunsRefreshed).connect(self._on_refreshed)
        bridge.of(SeveralCompared).connect(self._on_several)
        bridge.of(JobStatus).connect(self._on_job)
        bridge.of(NotesNotKept).connect(self._on_not_kept)
        bridge.of(RunDeleted).connect(self._on_deleted)
        bridge.of(RunBroughtBack).connect(self._on_brought_back)
        bridge.of(TrashEmptied).connect(self._on_emptied)
        bridge.of(Evaluation).connect(self._on_evaluation)
        for kind in (StateChanged, RunOpened, CatalogueReady):
            bridge.of(kind).connect(self._go_on, Qt.ConnectionType.QueuedConnection)  # after the window has followed
        bridge.of(StateChanged).connect(lambda _event: self._follow())
        bridge.of(DatasetOpened).connect(self._on_data)
        bridge.of(DatasetFailed).connect(lambda _event: self._forget())
        if first:
            session.runs.expire_trash()

    # --- the page ---------------------------------------------------------------------------------------------------

    def open_page(self) -> None:
        """Show all saved runs in the middle of the window."""
        window = self._window
        if self.page is None:
            from explorer.ui.shell.saved_runs.runs_page import (
                RunsPage,  # its forms are not needed before somebody opens it
            )

            page = self.page = RunsPage(window.themes, window.start_page.runs.pictures)
            page.view.choose_columns(window.settings.run_columns)
            page.view.columns_chosen.connect(window.settings.set_run_columns)
            page.left.connect(self.close_page)
            page.browse.connect(window.opener.ask_run)
            page.asked.connect(self._do)
            page.noted.connect(self._note)
            page.refused.connect(lambda text: window.toasts.show(text, "error"))
            page.removed.connect(self._delete)
            page.compared.connect(self._compare)
            page.duelled.connect(lambda a, b: window.duels.begin_with(a.path, b.path))
            page.exported.connect(self._export)
            page.curves_wanted.connect(self._read_curves)
            page.taken_back.connect(self._bring_back)
            page.emptied.connect(self._empty_trash)
            window.centre.addWidget(page)
            self._follow()
            if self._found is not None:
                page.show_deleted(self._found.deleted)
        window.choice_bar.hide()  # what is dropped from here on is asked about here
        window.workspace.cover(self.page)
        self.page.view.setFocus()
        window.opener.find_runs(every=True)
        self._again.start(AGAIN_MS)

    def close_page(self) -> None:
        """Show again what was shown before."""
        if self.page is not None and self._window.centre.currentWidget() is self.page:
            self.page.details.keep()
            self._window.workspace.uncover()

    def _on_found(self, found: RunsFound) -> None:
        self._found = found
        self._entitle(found.runs)
        if self.page is not None:
            self.page.show_deleted(found.deleted)

    def _on_table(self, found: RunTableFound) -> None:
        self._table = found
        if self.page is not None:
            self.page.show_table(found)

    def _read_curves(self, runs: Sequence[Path]) -> None:
        if self._session is not None:
            self._session.runs.read_curves(runs)

    def _on_curves(self, found: RunCurvesRead) -> None:
        if self.page is not None:
            self.page.show_curves(found.curves)

    def _entitle(self, runs: Sequence[RunGlance]) -> None:
        """Give the window the name that the run in it has by now."""
        shown = None if self._session is None else self._session.run_folder
        for run in runs:
            if run.path == shown:
                self._window.name_run(run.notes.name)

    def _look_again(self) -> None:
        """Read the rows of the runs that train again while they are in sight, and once more when they have ended.

        Those that others write are looked at as well: other windows, other processes, other computers.
        """
        if self.page is None or self._session is None or not self.page.isVisible():
            return
        before, self._trained = self._trained, self._window.beside.training_runs()
        if before != self._trained:  # in another window
            self._follow()
        self._session.runs.look_again(dict.fromkeys((*before, *self._trained)))

    def _on_evaluation(self, event: Evaluation) -> None:
        """Let the row of the run be read again: its last figures come after it has been stopped."""
        session = self._session
        folder = None if session is None or event.run != session.run else session.run_folder
        if folder is not None and folder not in self._trained:
            self._trained = [*self._trained, folder]

    def _on_refreshed(self, found: RunsRefreshed) -> None:
        self._entitle(found.runs)
        if self.page is not None:
            for run in found.runs:
                self.page.refresh(run)
            self._again.start(max(AGAIN_MS, round(found.seconds * 1000 / AGAIN_SHARE)))

    def _on_data(self, event: DatasetOpened) -> None:
        if event.role == "main":
            self.close_page()

    # --- what is asked for ------------------------------------------------------------------------------------------

    def _do(self, action: str, run: RunGlance) -> None:
        if action == "delete":
            self._delete([run])
        elif action == "recipe":
            self._window.actions_of_window.recipes.open_book(run.path)
        elif action == "duel":
            self._window.duels.begin(run.path)
        elif action == "folder":
            if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.path))):
                self._window.toasts.show(
                    tr("No file manager has answered. It is {path}", path=printable(str(run.path))), "warning"
                )
        else:
            self._open(action, run)

    def _open(self, action: str, run: RunGlance) -> None:
        """Open a run, and go on with it or branch from it once it is there; not where that ends a training unasked."""
        session = self._session
        if session is None or session.run_folder != run.path:
            self._window.opener.interrupted.once_agreed(str(run.path), partial(self._open_now, action, run))
        elif action != "open" and self._trains:
            self._window.toasts.show(tr("This run trains: that can be done once it has ended."), "warning")
        else:
            self._open_now(action, run)

    def _open_now(self, action: str, run: RunGlance) -> None:
        self.close_page()
        self._then = (action, run) if action != "open" else None
        if self._session is not None and self._session.run_folder == run.path:
            self._go_on()
        else:
            self._window.opener.open_now(str(run.path))

    @property
    def _trains(self) -> bool:
        return self._session is not None and self._session.state in UNDER_WAY

    def _follow(self) -> None:
        """Say on the page which runs train, and what comparing does by that."""
        if self.page is not None:
            self.page.follow_training(trains=self._trains, folders=self._window.beside.training_runs())

    def _compare(self, runs: Sequence[RunGlance]) -> None:
        """Open the newer of two runs and compare it with the other once it is there.

        More are compared as they are, and so are two while a run trains: nobody asked to end that.
        """
        if len(runs) == 2 and not self._trains:
            self._first = runs[0].path
            self._open("compare", runs[1])
        elif self._session is not None:
            self._compare_several(self._session, [run.path for run in runs])

    def _compare_several(self, session: Session, paths: Sequence[Path]) -> None:
        from explorer.engine.compared_several import compare_several

        asked = tuple(paths)
        if asked not in self._comparing.values():  # as by a double click
            job = session.start(SEVERAL, lambda control: session.lanes.post(compare_several(asked, control)))
            if job:
                self._comparing[job] = asked

    def _on_job(self, status: JobStatus) -> None:
        if status.state != "running":
            self._comparing.pop(status.id, None)

    def _on_several(self, told: SeveralCompared) -> None:
        """Show it where it is waited for; else offer that, and come over nothing that is done meanwhile."""
        show = partial(self._show_several, told)
        if self.page is not None and self.page.isVisible():
            show()
        else:
            words = tr("{runs} are compared.", runs=counted(len(told.others) + 1, "run"))
            self._window.toasts.show(words, offer=(tr("Show it"), show))

    def _show_several(self, told: SeveralCompared) -> None:
        from explorer.ui.shell.saved_runs.compare_several import (
            SeveralView,  # with the panels, and not before the first paint
        )

        self.several = SeveralView(told, self._window)
        self.several.finished.connect(self.several.deleteLater)
        self.several.show()

    def _export(self, rows: Sequence[RunRow]) -> None:
        """Ask where to save rows, and do so in the background."""
        window, session = self._window, self._session
        if session is None or self._table is None:
            return
        table = self._table.table

        def save(path: Path) -> None:
            window.settings.set_folder(str(path.parent))
            session.runs.write_table(path, table, rows)

        ask_where(window, tr("Save the table of runs"), window.settings.folder, "CSV (*.csv)", "csv", save, "runs")

    def _go_on(self, _event: object = None) -> None:
        session, then = self._session, self._then
        if then is None or session is None or session.run_folder != then[1].path:
            return
        action, run = then
        resting = session.state not in UNDER_WAY | {"loading"}
        if session.read_only:
            self._forget()
            self._window.toasts.show(session.read_only, "warning")
        elif resting and (action in ("anew", "branch", "compare") or not session.why_not()):
            self._forget()
            if action == "compare":
                panel = cast("EvaluatePanel", self._window.workspace.panels["evaluate"])
                panel.compare.compare(self._first)
                return
            if action == "continue":
                self._train(resume=True)
                return
            if action == "branch":
                self._window.branching.ask()
                return
            self._window.toasts.show(
                tr(
                    "The recipe of {headed} is set. Change what you like: Train begins a new run of it.",
                    headed=headed(run),
                ),
                offer=(TRAIN_NOW, lambda: self._train(resume=False)),
            )

    def _train(self, *, resume: bool) -> None:
        try:
            if self._session is not None:
                self._session.train(resume=resume)
        except UserError as error:
            self._window.toasts.show(printable(str(error)), "error")

    def _forget(self) -> None:
        self._then = None

    def _note(self, run: RunGlance, notes: RunNotes) -> None:
        if self._session is not None:
            self._session.runs.note(run.path, notes)

    def _on_not_kept(self, event: NotesNotKept) -> None:
        """Say so; what was typed stays in its fields, and of a run that is gone it can be copied."""
        if self.page is not None:
            self.page.details.put_back(event.path, event.notes)
        typed = "\n".join(filter(None, (event.notes.name, ", ".join(event.notes.tags), event.notes.note)))
        words = tr(
            "What you wrote about {run} is not kept: {why}",
            run=printable(event.path.name),
            why=in_window(printable(event.problem)),
        )
        copy = (tr("Copy what I wrote"), lambda: QGuiApplication.clipboard().setText(typed))
        self._window.toasts.show(words, "error", offer=copy if typed else None)

    def _delete(self, runs: Sequence[RunGlance]) -> None:
        shown = [run for run in runs if run.path in self._window.beside.shown_runs()]
        for run in shown:
            self._window.toasts.show(
                tr(
                    "{headed} is what a window shows. Open another run or data there, and delete it then.",
                    headed=headed(run),
                ),
                "warning",
            )
        gone = [run.path for run in runs if run not in shown]
        if gone and self._session is not None:
            self._session.runs.delete(*gone)

    def _on_deleted(self, event: RunDeleted) -> None:
        if self._window.settings.left_off == str(event.path):
            self._window.opener.leave_off("")

    def _bring_back(self, run: DeletedRun) -> None:
        if self._session is not None:
            self._names[run.lying.moved] = named(run)
            self._session.runs.bring_back(run.lying.moved)

    def _on_brought_back(self, event: RunBroughtBack) -> None:
        name = self._names.pop(event.moved, printable(event.path.name))
        if self.page is not None:
            self.page.view.choose_once_there(str(event.path))
        folder, before = printable(event.path.name), printable(event.moved.name)
        taken = "" if folder == before else tr(": {before} is the folder of another run by now", before=before)
        self._window.toasts.show(
            tr("{name} is back, in the folder {folder}{taken}.", name=name, folder=folder, taken=taken)
        )

    def _empty_trash(self) -> None:
        if self._session is not None:
            self._session.runs.empty_trash()

    def _on_emptied(self, event: TrashEmptied) -> None:
        self._window.toasts.show(
            tr("The deleted runs are removed for good: {megabytes} freed.", megabytes=said(megabytes(event.size)))
        )
