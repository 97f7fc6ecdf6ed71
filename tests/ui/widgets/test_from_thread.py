"""What a thread tells the window, also once there is none any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from explorer.engine.fault_reports import REPORTS_VARIABLE
from explorer.ui.session.bridge import Bridge
from explorer.ui.shell.messages.fault_reports import Faults
from explorer.ui.widgets.from_thread import emit_from_thread


class _Seeker(QObject):
    found = Signal(int, str)


def _in_thread(work: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> list[threading.ExceptHookArgs]:
    """Do some work in a thread, to its end; return what was raised there."""
    raised: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return raised


def test_what_a_thread_finds_arrives(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    seeker = _Seeker()
    with qtbot.waitSignal(seeker.found) as heard:
        assert not _in_thread(partial(emit_from_thread, seeker.found.emit, 3, "pear"), monkeypatch)
    assert heard.args == [3, "pear"]


def test_a_thread_that_finds_something_when_the_object_is_gone_ends_quietly(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeker = _Seeker()
    shiboken6.delete(seeker)
    assert not _in_thread(partial(emit_from_thread, seeker.found.emit, 3, "pear"), monkeypatch)


def test_the_doorbell_of_a_window_that_is_gone_may_be_rung(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    bridge = Bridge()
    shiboken6.delete(bridge)
    assert not _in_thread(bridge.doorbell, monkeypatch)


def test_a_fault_of_a_thread_is_saved_when_the_window_is_gone(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(REPORTS_VARIABLE, str(tmp_path))
    faults = Faults()
    shiboken6.delete(faults)
    assert not _in_thread(lambda: faults.caught(ValueError, ValueError("of a thread"), None), monkeypatch)
    assert "of a thread" in capsys.readouterr().err
    assert [path for path in tmp_path.iterdir() if "of a thread" in path.read_text()]
