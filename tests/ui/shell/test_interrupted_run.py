"""What is asked and told where something is opened while a run trains."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.ui.shell.main_window import MainWindow
from tests.helpers.windows import ready_session, train_long
from tests.ui.conftest import LONG


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
    assert first.startswith("Ends the training at step ")
    qtbot.waitUntil(lambda: bar.warning.text() != first, timeout=LONG)  # while it trains on
    assert bar.warning.text().endswith("; the run is saved")
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
