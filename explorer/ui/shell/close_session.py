"""Ending a session in the background, under a veil that says so, so that the window does not hang while it saves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QMessageBox, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.engine.events import UNDER_WAY
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.question import Asks, question_box
from explorer.ui.widgets.text import PlainLabel

if TYPE_CHECKING:
    from explorer.engine.session.session import Session

CLOSE_SECONDS = 10.0
POLL_MS = 20
SAVING = tr("Saving…")


def why_unsaved(session: Session) -> str:
    """End the run that trains, if one does; return why not all of it is saved: also where that cannot be told.

    It takes a while. A fault of ours on the way is no reason to close and lose the run unasked.
    """
    try:
        return session.end_run(CLOSE_SECONDS)
    except Exception as error:  # noqa: BLE001  told in the question
        return f"{type(error).__name__}: {error}"


class SessionClosing(QFrame, Asks):
    """A veil over the window while a run is saved; ``done`` comes when the session has ended.

    ``refused`` comes when the disk refuses the run, or takes too long: what waits in memory then is asked about.
    ``discarded`` comes when the person who was asked closes the window all the same, ``retried`` when the run could be
    saved after all.
    """

    done = Signal()
    refused = Signal()
    discarded = Signal()
    retried = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._thread: threading.Thread | None = None
        self._problem = ""
        self.setObjectName("drop-veil")
        box = QVBoxLayout(self)
        box.addStretch(1)
        self._words = PlainLabel(SAVING, role="heading")
        box.addWidget(self._words, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(1)
        self.hide()

    @property
    def begun(self) -> bool:
        """Whether the session is ending or has ended."""
        return self._thread is not None

    def ask(
        self,
        session: Session,
        save_elsewhere: Callable[[], None],
        anyway: Callable[[], object] | None = None,
        *,
        beside: str = "",
    ) -> None:
        """Ask what becomes of a run that the disk refuses, before it is lost; Escape keeps everything as it is.

        ``anyway``: opens something else and loses the run; None: the window is to be closed. ``beside``: why the other
        run of a duel is not saved, which is left ``anyway``.
        """
        if self.question is not None:
            self.question.raise_()
            return
        self._problem = beside or self._problem
        text, icon = tr("What this run has learned last is not saved"), QMessageBox.Icon.Warning
        text = tr("What the other run of the duel has learned last is not saved") if beside else text
        box = question_box(self._window, tr("Not saved"), text, printable(session.unsaved or self._problem), icon)
        choices: dict[str, Callable[[], object]] = {
            tr("Save elsewhere…"): save_elsewhere,
            tr("Try again"): lambda: self._again(session, save_elsewhere, anyway, beside),
            tr("Open without saving") if anyway and not beside else tr("Close without saving"): anyway
            or self.discarded.emit,
        }
        roles = QMessageBox.ButtonRole
        for title, role in zip(choices, (roles.AcceptRole, roles.AcceptRole, roles.DestructiveRole), strict=True):
            box.addButton(title, role)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.buttonClicked.connect(lambda button: choices.get(button.text(), lambda: None)())
        self.open_question(box)

    def _again(
        self, session: Session, save_elsewhere: Callable[[], None], anyway: Callable[[], object] | None, beside: str
    ) -> None:
        """Try to save once more, under the veil: then close or open, or ask again where the disk still refuses."""
        self._cover()

        def save() -> None:
            session.save_again()
            self._problem = why_unsaved(session)

        self._thread = threading.Thread(target=save, name="saving again", daemon=True)
        self._thread.start()
        again = partial(self.ask, session, save_elsewhere, anyway)
        then, refused = lambda: self._saved(anyway), lambda: again(beside=self._problem if beside else "")
        QTimer.singleShot(POLL_MS, lambda: self._poll(then, refused))  # not before this question is gone

    def _saved(self, anyway: Callable[[], object] | None) -> None:
        """Do what the person was about to do, now that the run is on the disk."""
        self._thread = None
        self.release()
        (anyway or self.retried.emit)()

    def hold(self) -> None:
        """Say that the windows beside this one are saved first."""
        self._words.setText(tr("Saving the window beside…"))
        self._cover()

    def release(self) -> None:
        """Take the veil away."""
        self._words.setText(SAVING)
        self.hide()

    def _cover(self) -> None:
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()

    def begin(self, session: Session, *, discard: bool = False) -> None:
        """End a session; while there is a run to save the window stays, under the veil. ``discard``: saved or not."""
        if session.state in UNDER_WAY:
            self._cover()
        else:
            self._window.hide()
        self._thread = threading.Thread(target=self._end, args=(session, discard), name="closing", daemon=True)
        self._thread.start()
        then, refused = self.done.emit, self.refused.emit
        # not at once: findings/pyside6_close_after_hide_in_a_close_event_is_lost.sh
        QTimer.singleShot(POLL_MS, lambda: self._poll(then, refused))

    def _end(self, session: Session, discard: bool) -> None:
        """Save the run and end the session; not before it is saved, unless it is to be discarded."""
        self._problem = "" if discard else why_unsaved(session)
        if not self._problem:
            session.close(CLOSE_SECONDS)

    def _poll(self, then: Callable[[], None], refused: Callable[[], None]) -> None:
        assert self._thread is not None
        if self._thread.is_alive():
            QTimer.singleShot(POLL_MS, lambda: self._poll(then, refused))
        elif self._problem:
            self._thread = None
            self.hide()
            self._window.show()
            refused()
        else:
            then()
