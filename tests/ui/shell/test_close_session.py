"""A window that is closed ends, however soon its session has."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.shell.main_window import MainWindow


class DoneAtOnce(threading.Thread):
    """A thread that has done its work when ``start`` returns, as on a busy machine where the starter had to wait."""

    def start(self) -> None:
        super().start()
        self.join()


def test_a_session_that_ends_before_it_is_looked_at_closes_its_window(
    qtbot: QtBot, open_window: Callable[..., MainWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    monkeypatch.setattr(threading, "Thread", DoneAtOnce)
    with qtbot.waitSignal(window.closed):
        window.close()
    assert window.ended
