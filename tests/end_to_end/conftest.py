"""The real window on the digits, in folders of its own, closed at the end of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.engine.session.session import Session
from explorer.ui.app import build
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow

LONG = 120_000
"""Milliseconds that a step may take on a busy machine; each waits for what it needs, not for time."""


@pytest.fixture
def spec() -> str:
    """What is opened at once: the digits; a module with another beginning has a fixture of this name."""
    return "sample:digits"


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, spec: str | None) -> Iterator[MainWindow]:
    def session(doorbell: Callable[[], None]) -> Session:
        return Session(doorbell, live=True, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")

    made = build(spec, settings=Settings(tmp_path / "settings.json"), make_session=session)
    made.resize(1280, 800)
    with qtbot.waitSignal(made.built, timeout=LONG):
        made.show()
    yield made
    if made.isVisible():
        with qtbot.waitSignal(made.closed, timeout=LONG):
            made.close()
    made.deleteLater()
