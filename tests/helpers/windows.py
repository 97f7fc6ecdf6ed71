"""The real window with a real session, in folders of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from explorer.engine.session.session import Session
from explorer.ui.app import build
from explorer.ui.session.settings import Settings
from explorer.ui.session.start_values import StartValues
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.theme import ThemeManager
from tests.engine.conftest import SMALL

LONG = 120_000
"""Milliseconds that a step may take on a busy machine; each waits for what it needs, not for time."""


def whole_window(themes: ThemeManager, settings: Settings) -> MainWindow:
    """Return a window with all its parts, made at once, and without a session."""
    window = MainWindow(themes, StartValues.of(settings))
    window.complete(settings)
    return window


def shown_window(qtbot: QtBot, data: str | None, folder: Path, settings: Settings | None = None) -> MainWindow:
    """Return a window on ``data`` (None: with the start page) whose panels are built; runs and cache in ``folder``.

    Its docks are there, which come one after the other once the data are, unless these were refused.
    """

    def session(doorbell: Callable[[], None]) -> Session:
        return Session(doorbell, live=True, cache_folder=folder / "cache", runs_folder=folder / "runs")

    window = build(data, settings=settings or Settings(folder / "settings.json"), make_session=session)
    window.resize(1280, 800)
    with qtbot.waitSignal(window.built, timeout=LONG):
        window.show()
    if data is not None:
        refused = window.start_page.zone.error
        qtbot.waitUntil(lambda: window.workspace.shown or refused.isVisible(), timeout=LONG)
    return window


def close_window(qtbot: QtBot, window: MainWindow) -> None:
    """Close a window as a person does, unless that was done, and wait until it has ended."""
    if window.isVisible():
        with qtbot.waitSignal(window.closed, timeout=LONG):
            window.close()
    window.deleteLater()


def ready_session(qtbot: QtBot, window: MainWindow) -> Session:
    """Return the session of a window once its data are open and shown, and it can train."""
    session = window.session
    assert session is not None
    qtbot.waitUntil(lambda: window.workspace.shown and not session.why_not(), timeout=LONG)
    return session


def train_long(qtbot: QtBot, session: Session) -> None:
    """Begin a run that does not end by itself, and wait until it trains in its folder."""
    session.configure(SMALL.model_copy(update={"epochs": 100_000}))
    session.train()
    qtbot.waitUntil(lambda: session.state == "training" and session.run_folder is not None, timeout=LONG)


def wait_gone(qtbot: QtBot, thing: QObject) -> None:
    """Wait until Qt has deleted something; the signal of that cannot be waited for: who waits would let go too late."""
    qtbot.waitUntil(lambda: not shiboken6.isValid(thing))
