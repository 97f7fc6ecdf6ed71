"""A window that is closed ends, however soon its session has."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.shell.main_window import MainWindow


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
