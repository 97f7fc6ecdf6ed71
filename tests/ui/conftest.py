"""Windows for tests: real ones, with real sessions, that are closed as a person closes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.theme import ThemeManager
from tests.helpers.windows import close_window, shown_window, whole_window
from tests.ui.panel_desk import Held, desk_of

LONG = 60_000
"""Milliseconds that importing, reading or training may take on a busy machine."""


@pytest.fixture(autouse=True)
def pointer_away(qapp: QApplication) -> None:
    """Leave the pointer in a corner: a test before has put it where now something lies that shows a hint, or waits."""
    if qapp.platformName() == "offscreen":  # Wayland lets nobody move it
        QCursor.setPos(qapp.primaryScreen().geometry().bottomRight())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings" / "settings.json")


@pytest.fixture
def themes(qtbot: QtBot) -> ThemeManager:
    manager = ThemeManager("dark")
    manager.apply()
    return manager


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on a run, for the panels that it is about."""
    made = desk_of(Held(run="r1"), Settings(tmp_path / "settings.json"))
    yield made
    made.bridge.close()


@pytest.fixture
def start(qtbot: QtBot, themes: ThemeManager, settings: Settings) -> Iterator[MainWindow]:
    """The window with the start page, before it has a session."""
    window = whole_window(themes, settings)
    window.resize(1280, 800)
    window.show()
    yield window
    window.close()
    window.deleteLater()


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path, settings: Settings) -> Iterator[Callable[..., MainWindow]]:
    """Makes whole windows; each is closed at the end, and has to end in time."""
    windows: list[MainWindow] = []

    def make(data: str | None = None) -> MainWindow:
        windows.append(shown_window(qtbot, data, tmp_path, settings))
        return windows[-1]

    yield make
    for window in windows:
        close_window(qtbot, window)
