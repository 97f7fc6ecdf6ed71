"""The real window under random actions, in any order: no exception, no warning of Qt, and it closes.

``FAULTS_COUNT`` says how many actions the long form does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.engine.session.session import Session
from explorer.ui.app import build
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow

LONG = 120_000
KEPT_AWAY = ("quit", "close", "window.new", "help", "about", "open", "export", "save", "report", "beside")
"""Words in the ids of commands that end the window, or ask something in a dialog of their own."""


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    def session(doorbell: Callable[[], None]) -> Session:
        return Session(doorbell, live=True, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")

    made = build("sample:digits", settings=Settings(tmp_path / "settings.json"), make_session=session)
    made.resize(1280, 800)
    with qtbot.waitSignal(made.built, timeout=LONG):
        made.show()
    qtbot.waitUntil(lambda: made.session is not None and made.session.state == "ready", timeout=LONG)
    yield made
    with qtbot.waitSignal(made.closed, timeout=LONG):
        made.close()
    made.deleteLater()


def machine(window: MainWindow, qtbot: QtBot) -> type[RuleBasedStateMachine]:
    """Return the actions on a window."""
    ids = sorted(
        command.id
        for command in window.commands
        if "…" not in command.action.text() and not any(word in command.id for word in KEPT_AWAY)
    )
    assert len(ids) > 20

    class Actions(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self._settle()

        def _settle(self, milliseconds: int = 20) -> None:
            done: list[bool] = []
            QTimer.singleShot(milliseconds, window, lambda: done.append(True))
            qtbot.waitUntil(lambda: bool(done), timeout=LONG)
            popup = QApplication.activePopupWidget()
            if popup is not None:
                popup.close()

        @rule(name=st.sampled_from(ids))
        def trigger(self, name: str) -> None:
            window.commands[name].trigger()
            self._settle()

        @rule(name=st.sampled_from(["run.train", "run.stop", "run.pause"]))
        def run(self, name: str) -> None:
            if name in window.commands:
                window.commands[name].trigger()
            self._settle(60)

        @rule(x=st.floats(0.02, 0.98), y=st.floats(0.02, 0.98), double=st.booleans())
        def click(self, x: float, y: float, double: bool) -> None:
            place = window.centralWidget()
            assert place is not None
            at = QPoint(round(place.width() * x), round(place.height() * y))
            child = place.childAt(at) or place
            (QTest.mouseDClick if double else QTest.mouseClick)(
                child, Qt.MouseButton.LeftButton, pos=child.mapFrom(place, at)
            )
            self._settle()

        @rule(width=st.integers(700, 1600), height=st.integers(500, 1000))
        def resize(self, width: int, height: int) -> None:
            window.resize(width, height)
            self._settle()

        @rule(key=st.sampled_from([Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Tab, Qt.Key.Key_Down, Qt.Key.Key_F]))
        def press(self, key: Qt.Key) -> None:
            QTest.keyClick(QApplication.focusWidget() or window, key)
            self._settle()

    return Actions


def _act(window: MainWindow, qtbot: QtBot, count: int) -> None:
    run_state_machine_as_test(
        machine(window, qtbot),
        settings=settings(
            max_examples=1, stateful_step_count=count, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck), print_blob=False,
        ),
    )  # fmt: skip


def test_some_random_actions_harm_nothing(window: MainWindow, qtbot: QtBot) -> None:
    _act(window, qtbot, 40)


@pytest.mark.full
@pytest.mark.timeout(7200)
def test_many_random_actions_harm_nothing(window: MainWindow, qtbot: QtBot) -> None:
    _act(window, qtbot, int(os.environ.get("FAULTS_COUNT", "10000")))
