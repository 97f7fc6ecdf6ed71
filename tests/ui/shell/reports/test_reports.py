"""Closing the window while files are written: it asks, stays, waits for them, or gives them up, as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.core.errors import Cancelled, UserError
from explorer.engine.events import Notice
from explorer.engine.jobs import Control, Jobs
from explorer.engine.lanes import Lanes
from explorer.ui.session.bridge import Bridge
from explorer.ui.shell.messages.toasts import Toasts
from explorer.ui.shell.reports.reports import Reports
from explorer.ui.widgets.theme import ThemeManager
from tests.ui.conftest import LONG
from tests.ui.panel_desk import Held


class Window:
    """A window that writes files in jobs, and counts how often it was told to close."""

    def __init__(self, qtbot: QtBot, themes: ThemeManager) -> None:
        self.widget, self.bridge, self.closed = QWidget(), Bridge(), 0
        qtbot.addWidget(self.widget)
        self.widget.show()
        self.lanes = Lanes(self.bridge.doorbell)
        self.bridge.attach(self.lanes)
        self.jobs, self.written = Jobs(self.lanes), threading.Event()
        self.told: list[str] = []
        self.bridge.of(Notice).connect(lambda notice: self.told.append(notice.text))
        self.reports = Reports(self.widget, Toasts(themes, self.widget), self._close)
        self.reports.attach(Held(), self.bridge)  # type: ignore[arg-type]
        self._qtbot = qtbot

    def _close(self) -> None:
        self.closed += 1

    def write(self, name: str, ends_by: Exception | None = None) -> None:
        """Write a file, which takes until ``written`` is set, and wait until that is known."""

        written = self.written

        def work(_control: Control) -> None:
            assert written.wait(LONG / 1000)
            if ends_by is not None:
                raise ends_by

        self.jobs.start("Save", work, writes=name)
        self._qtbot.waitUntil(lambda: name in self.reports.names, timeout=LONG)

    def answer(self, words: str) -> None:
        """Answer what is asked by a click."""
        box = self.reports.question
        assert box is not None
        (button,) = (button for button in box.buttons() if button.text().replace("&", "") == words)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def window(qtbot: QtBot, themes: ThemeManager) -> Iterator[Window]:
    made = Window(qtbot, themes)
    yield made
    made.written.set()
    made.bridge.close()


def test_a_window_waits_for_the_files_that_are_written(qtbot: QtBot, window: Window) -> None:
    assert not window.reports.hold()
    window.write("map.svg")
    window.write("film.gif")
    assert window.reports.hold()
    box = window.reports.question
    assert box is not None
    assert box.text() == "map.svg and film.gif would be lost."
    window.answer("Stay")
    assert window.reports.question is None
    assert window.reports.hold()
    window.answer("Close when it is written")
    assert not window.closed
    window.written.set()
    qtbot.waitUntil(lambda: window.closed == 1, timeout=LONG)
    assert not window.reports.hold()


def test_files_that_are_given_up_hold_no_window(window: Window) -> None:
    window.write("map.svg")
    assert window.reports.hold()
    window.answer("Close now")
    assert window.closed == 1
    assert not window.reports.hold()


def test_a_window_that_is_told_to_close_twice_does_not_wait(window: Window) -> None:
    window.write("map.svg")
    assert window.reports.hold()
    for _ in range(2):  # the second comes where a duel ended first
        assert not window.reports.hold()
        assert window.reports.question is None


def test_a_file_that_was_written_while_it_was_asked_closes_the_window(qtbot: QtBot, window: Window) -> None:
    window.write("map.svg")
    assert window.reports.hold()
    window.written.set()
    qtbot.waitUntil(lambda: window.closed == 1, timeout=LONG)
    assert window.reports.question is None


def test_a_window_stays_to_say_that_a_file_could_not_be_written(qtbot: QtBot, window: Window) -> None:
    """Who hears of it can close at once: nothing is written any more."""
    window.write("map.svg", UserError("full"))
    assert window.reports.hold()
    window.written.set()
    qtbot.waitUntil(lambda: window.told == ["full"], timeout=LONG)
    assert (window.closed, window.reports.question) == (0, None)
    assert not window.reports.hold()


def test_a_window_stays_where_the_first_of_two_files_could_not_be_written(qtbot: QtBot, window: Window) -> None:
    window.write("map.svg", UserError("full"))
    first, window.written = window.written, threading.Event()
    window.write("film.gif")
    assert window.reports.hold()
    window.answer("Close when it is written")
    first.set()
    qtbot.waitUntil(lambda: window.reports.names == ("film.gif",), timeout=LONG)
    assert window.reports.closes_after
    window.written.set()
    qtbot.waitUntil(lambda: not window.reports.names, timeout=LONG)
    assert (window.closed, window.told) == (0, ["full"])
    assert not window.reports.closes_after


def test_a_file_that_was_cancelled_holds_no_window(qtbot: QtBot, window: Window) -> None:
    window.write("map.svg", Cancelled())
    assert window.reports.hold()
    window.written.set()
    qtbot.waitUntil(lambda: window.closed == 1, timeout=LONG)
