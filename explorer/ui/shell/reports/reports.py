"""Files that are being written for somebody, and none is lost by closing: reports, begun here, and what jobs say.

Of reports each is told by its own name, and none is written at the same place twice.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox, QWidget

from explorer.core.errors import UserError, printable
from explorer.core.types import JobStatus
from explorer.engine.events import Notice
from explorer.engine.report.shared_findings import SharedFindings
from explorer.ui.widgets.language import LANGUAGE, tr
from explorer.ui.widgets.question import Asks, question_box

if TYPE_CHECKING:
    from explorer.engine.jobs import Control
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.shell.messages.toasts import Toasts


class Reports(Asks):
    """Writes reports in the background, several at once. ``close`` closes the window, once nobody waits for a file."""

    def __init__(self, window: QWidget, toasts: Toasts, close: Callable[[], object]) -> None:
        self._window = window
        self._toasts = toasts
        self._close = close
        self._session: Session | None = None
        self._writing: dict[int, Path] = {}
        self._others: dict[int, str] = {}
        self._closes_after = False
        self._failed = False  # one of those that the window waits for
        self._shared: SharedFindings | None = None

    def attach(self, session: Session, bridge: Bridge) -> None:
        """Write those of a session."""
        self._session = session
        bridge.of(JobStatus).connect(self._on_job)

    @property
    def writing(self) -> tuple[Path, ...]:
        """Where reports are being written to."""
        return tuple(self._writing.values())

    @property
    def names(self) -> tuple[str, ...]:
        """What the files are called that are being written, reports first."""
        return (*(path.name for path in self.writing), *self._others.values())

    @property
    def closes_after(self) -> bool:
        """Whether the window closes once all are written."""
        return self._closes_after

    def save(self, path: str) -> None:
        """Write a report of the run that is shown; what is wrong with its name is told at once."""
        session, dest = self._session, Path(path).absolute()
        folder = session.run_folder if session is not None else None
        if session is None or folder is None:
            return
        try:
            self._check(dest)
        except UserError as error:
            self._toasts.show(str(error), "error")
            return
        tests = [spec for spec, role in session.sources if role == "test"]
        shared = self._shared = self._shared or SharedFindings()

        def work(control: Control) -> None:
            from explorer.engine.report.page import looking, write
            from explorer.engine.report.share import ReportShare
            from explorer.ui.shell.reports.paper import on_paper
            from explorer.ui.shell.reports.report_words import said_in_report

            share = ReportShare(looking(dest, control.progress))
            findings = shared.gather(folder, share, control.cancelled, tests=tests)
            share.writing()
            write(dest, findings, on_paper, said_in_report, LANGUAGE)
            for gone in findings.gone:
                session.lanes.post(Notice(gone, "warning"))
            session.lanes.post(
                Notice(tr("The report {path} is written", path=printable(str(dest))), folder=dest.parent, file=dest)
            )

        if job := session.start(tr("Report {name}", name=printable(dest.name)), work):
            self._writing[job] = dest

    def _check(self, dest: Path) -> None:
        from explorer.engine.report.page import check

        check(dest)
        if dest in self._writing.values():
            raise UserError(
                tr("{name} is being written already", name=printable(dest.name)),
                remedy=tr("Wait for it, or take another name"),
            )

    def _on_job(self, status: JobStatus) -> None:
        if status.state == "running":
            if status.writes and status.id not in self._writing:
                self._others[status.id] = status.writes
            return
        ended = self._writing.pop(status.id, None) or self._others.pop(status.id, None)
        if ended is None:
            return
        if not self._writing:
            self._shared = None  # what was measured for them: embeddings of all held-out items
        closes = self.closes_after or self.question is not None
        self._failed = closes and (self._failed or status.state == "failed")
        if self._writing or self._others:
            return
        failed, self._failed = self._failed, False
        self._forget_question()
        if closes and not failed:  # else the window stays and says what went wrong
            self._close()

    def hold(self) -> bool:
        """Return whether closing waits for a file: the person is asked whether it shall.

        Told to close once more while that is asked, as by Ctrl+C in the terminal, it does not.
        """
        if self.question is not None:
            self._give_up()
        if not self.names:
            self._forget_question()
            return False
        self._failed = False
        text = tr("{reports} would be lost.", reports=tr(" and ").join(map(printable, self.names)))
        details, icon = tr("The window can close by itself when that is written."), QMessageBox.Icon.NoIcon
        title = tr("A report is being written") if self._writing else tr("A file is being written")
        box = question_box(self._window, title, text, details, icon)
        box.setObjectName("report-question")
        wait = box.addButton(tr("Close when it is written"), QMessageBox.ButtonRole.AcceptRole)
        lose = box.addButton(tr("Close now"), QMessageBox.ButtonRole.DestructiveRole)
        box.setEscapeButton(box.addButton(tr("Stay"), QMessageBox.ButtonRole.RejectRole))
        box.setDefaultButton(wait)
        box.buttonClicked.connect(lambda button: self._answered(wait=button is wait, lose=button is lose))
        self.open_question(box)
        return True

    def _answered(self, *, wait: bool, lose: bool) -> None:
        self._forget_question()
        self._closes_after = wait
        if lose:
            self._give_up()
            self._close()

    def _give_up(self) -> None:
        self._writing.clear()
        self._others.clear()

    def _forget_question(self) -> None:
        self._closes_after = False
        self.forget_question()
