"""The window is opened and closed again and again: no thread, no process, no handle and no memory stays.

``FAULTS_COUNT`` says how often the long form does; each time all panels, the analysis process and the data are really
there, but only a few items, so that what is measured is opening and closing and not the layout of a map.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.core.freed_memory import give_back
from tests.helpers.data import picture_folder
from tests.helpers.footprint import footprint
from tests.helpers.guards import children
from tests.helpers.trend import Trend
from tests.helpers.windows import LONG, close_window, shown_window

FIRST = 10
"""Openings that may take what is kept for all that follow."""
MIB_EACH = 0.05
"""How much memory an opening may leave behind, by the line through all of them; a session that stays takes 20 MiB."""
EVERY = 10
"""Openings between two looks at what is held."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(picture_folder(tmp_path_factory.mktemp("data"), {"a": 12, "b": 12}))


def _once(qtbot: QtBot, data: str, folder: Path) -> None:
    window = shown_window(qtbot, data, folder)
    qtbot.waitUntil(lambda: window.session is not None and window.session.dataset is not None, timeout=LONG)
    qtbot.waitUntil(lambda: window.workspace.shown, timeout=LONG)
    close_window(qtbot, window)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _open_and_close(qtbot: QtBot, data: str, folder: Path, count: int) -> list[tuple[int, int, int, float]]:
    """Return what this process held after each tenth opening: threads, children, handles and MiB of memory."""
    held: list[tuple[int, int, int, float]] = []
    for number in range(count):
        _once(qtbot, data, folder)
        if number % EVERY == EVERY - 1:
            gc.collect()
            give_back()  # as the window does every now and then: what is free is not held
            now = footprint(os.getpid())
            held.append((threading.active_count(), len(children()), now.handles, round(now.held, 1)))
            print(number + 1, *held[-1], flush=True)  # noqa: T201 - the figures of the note
    return held


@pytest.mark.full
@pytest.mark.timeout(4 * 3600)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts handles in /proc")
def test_opening_and_closing_leaves_nothing(qtbot: QtBot, data: str, tmp_path: Path) -> None:
    count = int(os.environ.get("FAULTS_COUNT", "500"))
    _open_and_close(qtbot, data, tmp_path, FIRST)
    held = _open_and_close(qtbot, data, tmp_path, max(count, 3 * EVERY))
    first, last = held[0], held[-1]
    assert last[0] <= first[0]
    assert last[1] <= first[1]
    assert last[2] <= first[2]
    memory = Trend.of(range(0, EVERY * len(held), EVERY), [one[3] for one in held])
    assert memory.change < MIB_EACH * EVERY * (len(held) - 1)
