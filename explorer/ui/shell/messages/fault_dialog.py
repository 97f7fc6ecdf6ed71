"""The window that says what went wrong inside the program, what of the run is saved, and where the report lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.engine.fault_reports import fault_key, report_head, save_once
from explorer.ui.shell.messages.toasts import Level, Toasts
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel, counted
from explorer.ui.widgets.text_size import keep_size

TRACEBACK = "Traceback (most recent call last)"
WIDTH = 520
DETAILS_HEIGHT = 180
MOST = 20
"""So many different faults are kept for the report."""


@dataclass(slots=True)
class Fault:
    """One fault of ours: what is said of it, its traceback, and how often it happened."""

    text: str
    details: str
    times: int


class FaultDialog(QDialog):
    """Says what went wrong and how often, and what was saved; it blocks nothing, and there is one at a time."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("fault-dialog")
        self.setWindowTitle(tr("Something went wrong"))
        self.setModal(False)
        self.fault = PlainLabel(selectable=True)
        self.saved = PlainLabel(selectable=True)
        self.times = PlainLabel(role="muted")
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName(tr("Details"))
        keep_size(self.details, height=DETAILS_HEIGHT)
        self.details.hide()
        self.show_details = QPushButton(tr("Details"))
        self.show_details.setCheckable(True)
        self.show_details.toggled.connect(self.details.setVisible)
        self.copy = QPushButton(tr("Copy report"))
        self.copy.setToolTip(tr("Put the report on the clipboard; the program sends nothing anywhere"))
        self.close_button = QPushButton(tr("Go on"))
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.close)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(10)
        box.addWidget(PlainLabel(tr("A fault of this program, not of yours"), role="heading"))
        for label in (self.fault, self.saved, self.times):
            label.setWordWrap(True)
            keep_size(label, width=WIDTH)
            box.addWidget(label)
        box.addWidget(self.details)
        row = QHBoxLayout()
        row.addWidget(self.show_details)
        row.addWidget(self.copy)
        row.addStretch(1)
        row.addWidget(self.close_button)
        box.addLayout(row)
        box.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)


class FaultTeller(QObject):
    """Shows messages as toasts, and faults of ours in the one dialog; a fault that was closed does not open it again.

    ``saved``: says in a sentence what of the run is saved by now.
    """

    def __init__(self, window: QWidget, toasts: Toasts, saved: Callable[[], str]) -> None:
        super().__init__(window)
        self._window, self._toasts, self._saved = window, toasts, saved
        self.dialog: FaultDialog | None = None
        self.faults: dict[str, Fault] = {}

    def tell(self, text: str, level: Level, details: str = "", times: int = 1) -> None:
        """Show what was said, or, where its details are those of a fault, that."""
        if TRACEBACK not in details:
            self._toasts.show(text, level, details)
            return
        key = fault_key(details)
        known = self.faults.get(key)
        if known is not None:
            known.times += times
        elif len(self.faults) < MOST:
            path = save_once(details)
            where = tr(" The report was saved as {path}.", path=printable(str(path))) if path is not None else ""
            self.faults[key] = Fault(f"{text}{where}", details, times)
        self._toasts.note(text, level, details)
        if known is None:
            self._open()
        self._write()

    def report(self) -> str:
        """Return the report on all faults so far, as it is copied."""
        parts = [f"{fault.text}\n{counted(fault.times, 'time')}\n\n{fault.details}" for fault in self.faults.values()]
        return "\n\n".join((report_head(), self._saved(), *parts))

    def _open(self) -> None:
        if self.dialog is None:
            self.dialog = FaultDialog(self._window)
            self.dialog.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report()))
        if not self.dialog.isVisible():
            self.dialog.saved.setText(self._saved())
            self.dialog.show()
            self.dialog.close_button.setFocus(Qt.FocusReason.PopupFocusReason)

    def _write(self) -> None:
        dialog, faults = self.dialog, list(self.faults.values())
        if dialog is None or not dialog.isVisible() or not faults:
            return
        newest, others = faults[-1], len(faults) - 1
        dialog.fault.setText(newest.text)
        often = tr("It happened {times}.", times=counted(newest.times, "time")) if newest.times > 1 else ""
        before = (
            tr("There were {others} before; the report has all of them.", others=counted(others, "other fault"))
            if others
            else ""
        )
        dialog.times.setText(" ".join(text for text in (often, before) if text))
        dialog.times.setVisible(bool(dialog.times.text()))
        if dialog.details.toPlainText() != newest.details:
            dialog.details.setPlainText(newest.details)
