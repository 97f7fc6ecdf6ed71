"""The window is opened and closed again and again: no thread, no process, no handle and no memory stays.

``FAULTS_COUNT`` says how often the long form does.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.engine.session.session import Session
from explorer.ui.app import build
from explorer.ui.session.settings import Settings
from tests.helpers.guards import children

LONG = 120_000
FIRST = 5
"""Openings that may take what is kept for all that follow."""
BYTES_EACH = 300_000
"""How much memory an opening may leave behind, on the average."""


def _once(qtbot: QtBot, folder: Path) -> None:
    def session(doorbell: Callable[[], None]) -> Session:
        return Session(doorbell, live=True, cache_folder=folder / "cache", runs_folder=folder / "runs")

    window = build("sample:digits", settings=Settings(folder / "settings.json"), make_session=session)
    with qtbot.waitSignal(window.built, timeout=LONG):
        window.show()
    qtbot.waitUntil(lambda: window.session is not None and window.session.state == "ready", timeout=LONG)
    with qtbot.waitSignal(window.closed, timeout=LONG):
        window.close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


def _held() -> tuple[int, int, int, int]:
    """Return threads, processes, handles and resident bytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return threading.active_count(), len(children()), len(os.listdir("/proc/self/fd")), pages * 4096


@pytest.mark.full
@pytest.mark.timeout(7200)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts handles in /proc")
def test_opening_and_closing_leaves_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    count = int(os.environ.get("FAULTS_COUNT", "500"))
    for _ in range(FIRST):
        _once(qtbot, tmp_path)
    before = _held()
    for _ in range(count):
        _once(qtbot, tmp_path)
    after = _held()
    print(f"{count} openings: {before} then {after}")  # noqa: T201 - the figures of the note
    assert after[0] <= before[0]
    assert after[1] <= before[1]
    assert after[2] <= before[2] + 2
    assert after[3] - before[3] < max(count, 100) * BYTES_EACH
