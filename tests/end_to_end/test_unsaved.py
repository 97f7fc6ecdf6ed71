"""The folder of a run goes away while it trains in the real window: it waits, says so, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from explorer.runs.folder import RunFolder
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG

LEFT = Qt.MouseButton.LeftButton


def trains(qtbot: QtBot, window: MainWindow) -> Path:
    """Train until the first steps are done, and return the folder of the run."""
    qtbot.waitUntil(lambda: window.workspace.shown and window.commands["run.train"].isEnabled(), timeout=LONG)
    session = window.session
    assert session is not None
    session.set("encoder", "mlp")
    session.set("epochs", 100_000)
    window.commands["run.train"].trigger()
    assert window.bridge is not None
    with qtbot.waitSignal(window.bridge.metrics, timeout=LONG):
        pass
    assert session.run_folder is not None
    return session.run_folder


@pytest.fixture
def gone(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> tuple[MainWindow, Path, Path]:
    """A window whose run has lost its folder and waits; the folder, and where it went."""
    session, folder, aside = window.session, trains(qtbot, window), tmp_path / "aside"
    assert session is not None
    folder.rename(aside)
    qtbot.waitUntil(lambda: window.alarm_bar.isVisible() and session.state == "paused", timeout=LONG)
    assert "is gone" in window.alarm_bar.label.text() or "is gone" in window.alarm_bar.label.toolTip()
    return window, folder, aside


def press(button: QPushButton) -> None:
    QTest.mouseClick(button, LEFT)


def named(box: QMessageBox, text: str) -> QPushButton:
    return next(b for b in box.findChildren(QPushButton) if b.text().replace("&", "") == text)


@pytest.mark.full
def test_it_goes_on_when_the_folder_is_back(qtbot: QtBot, gone: tuple[MainWindow, Path, Path]) -> None:
    window, folder, aside = gone
    session = window.session
    assert session is not None
    aside.rename(folder)
    press(window.alarm_bar.buttons[0])
    qtbot.waitUntil(lambda: session.state == "training", timeout=LONG)
    assert not window.alarm_bar.isVisible()
    assert session.unsaved == ""


def test_closing_asks_first_and_the_run_is_saved_elsewhere(
    qtbot: QtBot, gone: tuple[MainWindow, Path, Path], tmp_path: Path
) -> None:
    window, folder, _ = gone
    session = window.session
    assert session is not None
    window.close()
    question = window.saving.question
    assert question is not None
    assert "is gone" in question.informativeText()
    assert window.isVisible()
    press(named(question, "Cancel"))
    qtbot.waitUntil(lambda: window.saving.question is None, timeout=LONG)
    window.close()
    assert window.saving.question is not None
    press(named(window.saving.question, "Save elsewhere…"))
    dialog = window.findChild(QFileDialog, "file-dialog")
    assert dialog is not None
    other = tmp_path / "other"
    other.mkdir()
    dialog.selectFile(str(other))
    dialog.accept()
    qtbot.waitUntil(lambda: session.unsaved == "" and session.state == "training", timeout=LONG)
    with qtbot.waitSignal(window.closed, timeout=LONG):
        window.close()
    assert session.run_folder == other / folder.name
    with RunFolder.open(session.run_folder) as run:
        finished = run.history().finished
        assert finished is not None
        assert run.checkpoint_steps()[-1] == finished.step


@pytest.mark.full
def test_it_may_be_closed_without_saving(qtbot: QtBot, gone: tuple[MainWindow, Path, Path]) -> None:
    window, _, aside = gone
    window.close()
    question = window.saving.question
    assert question is not None
    with qtbot.waitSignal(window.closed, timeout=LONG):
        press(named(question, "Close without saving"))
    assert RunFolder.open(aside).header.run


def test_a_window_that_is_closed_as_the_folder_goes_stays_and_asks(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    folder, aside = trains(qtbot, window), tmp_path / "aside"
    folder.rename(aside)
    window.close()  # before anybody has noticed
    qtbot.waitUntil(lambda: window.saving.question is not None, timeout=LONG)
    assert window.saving.question is not None
    assert "is gone" in window.saving.question.informativeText()
    assert window.isVisible()
    assert not window.saving.isVisible()
    asked = window.saving.question
    press(named(asked, "Try again"))
    qtbot.waitUntil(lambda: window.saving.question not in (None, asked), timeout=LONG)  # it is not there yet
    assert window.isVisible()
    aside.rename(folder)
    with qtbot.waitSignal(window.closed, timeout=LONG):
        press(named(window.saving.question, "Try again"))
    with RunFolder.open(folder) as run:
        finished = run.history().finished
        assert finished is not None
        assert run.checkpoint_steps()[-1] == finished.step


def test_opening_other_data_asks_first_and_says_what_is_lost(qtbot: QtBot, gone: tuple[MainWindow, Path, Path]) -> None:
    window, _, _ = gone
    session, data = window.session, window.dataset
    assert session is not None
    window.opener.open_or_ask("sample:photos")
    assert "is not saved, and would be lost" in window.choice_bar.warning.text()
    press(window.choice_bar.buttons["main"])
    question = window.saving.question
    assert question is not None
    assert "is gone" in question.informativeText()
    assert session.unsaved
    question.reject()
    qtbot.waitUntil(lambda: window.saving.question is None, timeout=LONG)
    assert window.dataset is data
    window.opener.open("sample:photos")
    question = window.saving.question
    assert question is not None
    press(named(question, "Open without saving"))
    qtbot.waitUntil(lambda: window.dataset is not None and window.dataset is not data, timeout=LONG)
    assert session.unsaved == ""


def test_other_data_are_opened_once_the_run_could_be_saved(qtbot: QtBot, gone: tuple[MainWindow, Path, Path]) -> None:
    window, folder, aside = gone
    data = window.dataset
    window.opener.open("sample:photos")
    question = window.saving.question
    assert question is not None
    aside.rename(folder)
    press(named(question, "Try again"))
    qtbot.waitUntil(lambda: window.dataset is not None and window.dataset is not data, timeout=LONG)
    assert not window.saving.isVisible()
    with RunFolder.open(folder) as run:
        assert run.history().finished is not None
