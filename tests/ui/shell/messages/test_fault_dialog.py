"""Faults of ours as a person sees them: in one dialog, with what was saved, however many there are and wherever."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.engine.fault_reports import reports_folder
from explorer.ui.shell.messages.fault_dialog import FaultTeller
from explorer.ui.shell.messages.fault_reports import Faults
from explorer.ui.shell.messages.toasts import Toasts
from explorer.ui.widgets.theme import ThemeManager

SAVED = "digits trains on. Saved up to step 480, on 28 November at 18:02:11."


@pytest.fixture
def teller(qtbot: QtBot) -> FaultTeller:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    window.show()
    return FaultTeller(window, Toasts(ThemeManager("dark"), window), lambda: SAVED)


def _broken(number: int = 0) -> None:
    raise ZeroDivisionError(f"of ours, {number}")


def test_a_storm_of_faults_from_slots_and_threads_is_one_dialog_with_a_count(
    qtbot: QtBot, teller: FaultTeller, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = Faults()
    faults.told.connect(teller.tell)
    faults.install()
    try:
        for number in range(300):
            QTimer.singleShot(0, lambda number=number: _broken(number))
        thread = threading.Thread(target=lambda: [][1])
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: sum(fault.times for fault in teller.faults.values()) == 301)
    finally:
        faults.remove()
    dialog = teller.dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert dialog.saved.text() == SAVED
    assert sorted(fault.times for fault in teller.faults.values()) == [1, 300]
    assert "It happened 300 times." in dialog.times.text() or "1 other fault" in dialog.times.text()
    assert len(list(Path(reports_folder()).glob("fault-*.txt"))) == 2
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    for part in ("Embedding Explorer", SAVED, "300 times", "ZeroDivisionError: of ours, 0", "IndexError"):
        assert part in copied
    dialog.show_details.click()
    assert "Traceback" in dialog.details.toPlainText()
    dialog.close_button.click()
    capsys.readouterr()
    teller.tell("again", "error", next(iter(teller.faults.values())).details)
    assert not dialog.isVisible(), "a fault that was closed opens the dialog again"
    teller.tell("another", "error", "Traceback (most recent call last):\nKeyError: 'x'")
    assert dialog.isVisible()
    assert dialog.fault.text().startswith("another The report was saved as ")


def test_what_is_no_fault_is_a_message(qtbot: QtBot, teller: FaultTeller) -> None:
    teller.tell("a.zip is damaged", "error", "line 1\nline 2")
    assert teller.dialog is None
