"""What is asked and told where something is opened while a run trains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.types import Progress
from explorer.engine.events import Role, StateChanged
from explorer.engine.session.session import Session
from explorer.ui.session.bridge import Bridge
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.messages.toasts import Toasts
from explorer.ui.shell.opening.drag_and_drop import ChoiceBar
from explorer.ui.shell.opening.interrupted_run import InterruptedRun
from explorer.ui.widgets.theme import ThemeManager
from tests.engine.test_saved_runs import written
from tests.helpers.windows import ready_session, train_long
from tests.ui.conftest import LONG
from tests.ui.panel_desk import Held


@pytest.fixture
def held() -> Held:
    return Held(run="r1", state="training")


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    made = Bridge()
    yield made
    made.close()


@pytest.fixture
def interrupted(qtbot: QtBot, themes: ThemeManager, held: Held, bridge: Bridge) -> InterruptedRun:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    made = InterruptedRun(QObject(window), window, ChoiceBar(window), Toasts(themes, window), str)
    made.attach(cast(Session, held), bridge)
    bridge.of(Progress).emit(Progress("r1", 34, 170, 2, 10, 30.0, 60.0, 100.0))
    return made


def press(box: QMessageBox | None, words: str) -> None:
    assert box is not None
    (button,) = (button for button in box.findChildren(QPushButton) if button.text() == words)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(("role", "verb"), [("main", "open"), ("test", "add"), ("gallery", "add")])
def test_what_would_end_a_training_asks_first(interrupted: InterruptedRun, role: Role, verb: str) -> None:
    done: list[str] = []
    interrupted.once_agreed("/a/place", lambda: done.append("opened"), role=role)
    box = interrupted.question
    assert box is not None
    assert box.text() == f"End the training and {verb} “place”?"
    assert box.informativeText() == "This would end the training at step 34; the run would be saved"
    QTest.keyClick(box, Qt.Key.Key_Escape)
    assert interrupted.question is None
    assert not done
    interrupted.once_agreed("/a/place", lambda: done.append("opened"), role=role)
    press(interrupted.question, "End the training")
    assert done == ["opened"]
    assert interrupted.question is None


def test_nothing_is_asked_where_nothing_ends_or_it_was_said(interrupted: InterruptedRun, held: Held) -> None:
    done: list[str] = []
    interrupted.once_agreed("/a/place", lambda: done.append("told"), told=True)
    interrupted.leaving(lambda: done.append("no duel"))
    held.state = "finished"
    interrupted.once_agreed("/a/place", lambda: done.append("at rest"))
    assert done == ["told", "no duel", "at rest"]


def test_the_other_run_of_a_duel_is_asked_about_as_well(interrupted: InterruptedRun, held: Held) -> None:
    done: list[str] = []
    held.state = "finished"
    interrupted.beside = lambda: cast(Session, Held(run="r2", state="paused"))
    interrupted.once_agreed("/a/place", lambda: done.append("opened"))
    assert interrupted.question is not None
    assert (
        interrupted.question.informativeText()
        == "This would end the training of the other run of the duel, and save it"
    )
    interrupted.leaving(lambda: done.append("left"))
    assert interrupted.question.text() == "End the training and leave the duel?"
    press(interrupted.question, "End the training")
    assert done == ["left"]


def test_the_question_follows_the_run(interrupted: InterruptedRun, held: Held, bridge: Bridge) -> None:
    interrupted.once_agreed("/a/place", lambda: None)
    box = interrupted.question
    assert box is not None
    bridge.of(Progress).emit(Progress("r1", 40, 170, 2, 10, 30.0, 60.0, 100.0))
    assert box.informativeText() == "This would end the training at step 40; the run would be saved"


def labels(box: QMessageBox | None) -> list[str]:
    assert box is not None
    return sorted(button.text() for button in box.findChildren(QPushButton))


@pytest.mark.parametrize(("role", "verb"), [("main", "Open"), ("test", "Add")])
def test_once_the_run_has_ended_by_itself_it_is_only_asked_whether_to_open(
    interrupted: InterruptedRun, held: Held, bridge: Bridge, role: Role, verb: str
) -> None:
    done: list[str] = []
    interrupted.once_agreed("/a/place", lambda: done.append("opened"), role=role)
    box = interrupted.question
    assert box is not None
    assert labels(box) == ["End the training", "Train on"]
    held.state = "finished"
    bridge.of(StateChanged).emit(StateChanged("finished", ""))
    assert (box.text(), labels(box)) == (f"{verb} “place”?", sorted([verb, "Cancel"]))
    assert box.informativeText() == "The training has ended by itself meanwhile."
    held.unsaved = "the disk is full"  # as its end may tell
    lost: list[object] = []
    interrupted.would_lose.connect(lost.append)
    press(box, verb)
    assert (done, len(lost)) == ([], 1)
    held.unsaved = ""
    interrupted.once_agreed("/a/place", lambda: done.append("opened"), role=role)
    assert done == ["opened"]


def test_the_question_about_a_duel_follows_its_other_run_alone(
    interrupted: InterruptedRun, held: Held, bridge: Bridge
) -> None:
    done: list[str] = []
    guest = Held(run="r2", state="training")
    interrupted.beside = lambda: cast(Session, guest)
    interrupted.leaving(lambda: done.append("left"))
    box = interrupted.question
    assert box is not None
    assert box.informativeText() == "This would end the training of the other run of the duel, and save it"
    guest.state = "finished"
    interrupted.follow()
    assert held.state == "training"
    assert (box.text(), labels(box)) == ("Leave the duel?", ["Cancel", "Leave"])
    press(box, "Leave")
    assert done == ["left"]


@pytest.mark.full
def test_opening_other_data_says_what_ends_and_where_it_is_kept(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    session, bar = window.session, window.choice_bar
    assert session is not None
    qtbot.waitUntil(lambda: window.run_bar is not None and window.run_bar.isVisible(), timeout=LONG)
    qtbot.waitUntil(lambda: not session.why_not(), timeout=LONG)
    window.opener.open_or_ask("sample:digits")
    assert bar.question.text() == "What should “digits sample” be?"
    assert not bar.warning.isVisible()
    window.commands["file.runs"].trigger()
    assert not bar.isVisible()
    window.runs.close_page()
    train_long(qtbot, session)
    window.opener.open_or_ask("sample:digits")
    assert bar.warning.isVisible()
    first = bar.warning.text()
    assert first.startswith("This would end the training at step ")
    qtbot.waitUntil(lambda: bar.warning.text() != first, timeout=LONG)  # while it trains on
    assert bar.warning.text().endswith("; the run would be saved")
    folder = session.run_folder
    assert folder is not None
    QTest.mouseClick(bar.buttons["main"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(toast.offered for toast in window.toasts.shown), timeout=LONG)
    (toast,) = (toast for toast in window.toasts.shown if toast.offered)
    assert toast.text.startswith("The training ended at step ")
    assert "The run is saved, and listed under Saved runs." in toast.text
    assert session.run_folder is None
    toast.offer.click()
    qtbot.waitUntil(lambda: session.run_folder == folder and session.state == "finished", timeout=LONG)


@pytest.mark.full
def test_the_question_warns_of_nothing_once_the_run_has_ended(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    qtbot.waitUntil(lambda: window.run_bar is not None and window.run_bar.isVisible(), timeout=LONG)
    train_long(qtbot, session)
    window.opener.open_or_ask("sample:digits")
    assert window.choice_bar.warning.isVisible()
    session.stop(quick=True)
    qtbot.waitUntil(lambda: not window.choice_bar.warning.isVisible(), timeout=LONG)


@pytest.mark.full
def test_what_is_done_with_other_saved_runs_ends_no_training_unasked(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    train_long(qtbot, session)
    folder, first, second = session.run_folder, written(tmp_path / "runs" / "a"), written(tmp_path / "runs" / "b")
    window.commands["file.runs"].trigger()
    page, interrupted = window.runs.page, window.opener.interrupted
    assert page is not None
    qtbot.waitUntil(lambda: len(page.view.runs.runs) == 3, timeout=LONG)
    for name, path in (("open", first), ("continue", second), ("anew", first), ("branch", second)):
        page.view.choose(str(path))
        page.details.buttons[name].click()
        assert interrupted.question is not None, name
        press(interrupted.question, "Train on")
        assert page.isVisible()
    page.view.mark([str(first), str(second)])
    page.duel.click()
    press(interrupted.question, "Train on")
    assert "it trains on" in page.compare.toolTip()
    page.compare.click()
    assert interrupted.question is None
    page.view.choose(str(folder))
    page.details.buttons["continue"].click()
    told = "This run trains: that can be done once it has ended."
    assert any(toast.text == told for toast in window.toasts.shown)
    window.opener.open_run(str(first))
    press(interrupted.question, "Train on")
    assert (session.state, session.run_folder) == ("training", folder)


@pytest.mark.full
def test_a_window_that_is_closed_while_it_trains_is_what_the_start_page_offers_to_go_on_with(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    train_long(qtbot, session)
    folder = session.run_folder
    qtbot.waitUntil(lambda: window.settings.left_off == str(folder), timeout=LONG)
    window.settings.set_left_off("sample:photos")  # as another window does that opens data meanwhile
    window.close()
    assert window.settings.left_off == str(folder)
