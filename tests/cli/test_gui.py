from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from explorer.__main__ import gui


def _answer(read: list[str]) -> None:
    box = QApplication.activeModalWidget()
    if isinstance(box, QMessageBox):
        read.append(box.text())
        box.close()


def test_what_cannot_be_opened_is_said_in_a_window(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read: list[str] = []
    looking = QTimer(interval=10)
    looking.timeout.connect(lambda: _answer(read))
    looking.start()
    monkeypatch.setattr(sys, "argv", ["embedding-explorer-gui", "/not/there"])
    assert gui() == 2
    assert len(read) == 1
    assert read[0].startswith("/not/there is neither data nor a run")
    assert "/not/there" in capsys.readouterr().err


def test_without_a_console_and_a_display_it_still_ends_with_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "argv", ["embedding-explorer-gui"])
    if sys.platform.startswith("linux"):
        assert gui() == 2
    for stream in (sys.stdout, sys.stderr):
        stream.close()
