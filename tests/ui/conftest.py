"""Windows for tests: real ones, with real sessions, that are closed as a person closes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.engine.session.session import Session
from explorer.ui.app import build
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.theme import ThemeManager

LONG = 60_000
"""Milliseconds that importing, reading or training may take on a busy machine."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings" / "settings.json")


@pytest.fixture
def themes(qtbot: QtBot) -> ThemeManager:
    manager = ThemeManager("dark")
    manager.apply()
    return manager


@pytest.fixture
def start(qtbot: QtBot, themes: ThemeManager, settings: Settings) -> Iterator[MainWindow]:
    """The window with the start page, before it has a session."""
    window = MainWindow(themes, settings)
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
        window = build(
            data,
            settings=settings,
            make_session=lambda doorbell: Session(
                doorbell, live=True, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs"
            ),
        )
        window.resize(1280, 800)
        windows.append(window)
        with qtbot.waitSignal(window.built, timeout=LONG):
            window.show()
        return window

    yield make
    for window in windows:
        if window.isVisible():
            with qtbot.waitSignal(window.closed, timeout=LONG):
                window.close()
        window.deleteLater()
