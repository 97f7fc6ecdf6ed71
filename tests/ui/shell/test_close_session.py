"""A window that is closed ends, however soon its session has."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.ui.shell import close_session
from explorer.ui.shell.main_window import MainWindow
from tests.engine.conftest import SHORT
from tests.helpers.windows import LONG, ready_session


class DoneAtOnce(threading.Thread):
    """A thread of a session has done its work when ``start`` returns, as on a busy machine where that had to wait."""

    def start(self) -> None:
        super().start()
        if self.name == "closing":  # others, such as the one that draws the map, end with the window
            self.join()


def test_a_session_that_ends_before_it_is_looked_at_closes_its_window(
    qtbot: QtBot, open_window: Callable[..., MainWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    monkeypatch.setattr(threading, "Thread", DoneAtOnce)
    with qtbot.waitSignal(window.closed):
        window.close()
    assert window.ended


def test_a_window_whose_disk_has_not_taken_all_asks_before_it_closes(
    qtbot: QtBot, open_window: Callable[..., MainWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    free, fsync = threading.Event(), os.fsync

    def slow(descriptor: int) -> None:
        if threading.current_thread().name == "recorder":
            assert free.wait(LONG / 1000)
        fsync(descriptor)

    free.set()
    monkeypatch.setattr(os, "fsync", slow)
    monkeypatch.setattr(close_session, "CLOSE_SECONDS", 0.5)
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    session.configure(SHORT)
    session.train()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    session.train(resume=True)
    qtbot.waitUntil(lambda: session.state == "training", timeout=LONG)
    free.clear()
    window.close()
    qtbot.waitUntil(lambda: window.saving.question is not None, timeout=LONG)
    box = window.saving.question
    assert box is not None
    assert box.text() == "What this run has learned last is not saved"
    assert window.isVisible()
    free.set()
    monkeypatch.setattr(close_session, "CLOSE_SECONDS", 30.0)
    again = next(button for button in box.buttons() if button.text() == "Try again")
    with qtbot.waitSignal(window.closed, timeout=LONG):
        QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    assert session.unsaved == ""
