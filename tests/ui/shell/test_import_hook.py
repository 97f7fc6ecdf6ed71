"""The source of what is imported beside a window is not read for the switches of PySide6, nor kept."""

from __future__ import annotations

import importlib
import linecache
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.core.priority import SWITCH_INTERVAL, give_way
from explorer.ui.app import application
from explorer.ui.shell.import_hook import read_no_sources


def test_no_source_is_kept(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    application()
    read_no_sources()
    file = tmp_path / "imported_beside_a_window.py"
    file.write_text("from PySide6.QtCore import QObject\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module(file.stem)
    sys.modules.pop(file.stem)
    assert str(file) not in linecache.cache


def test_threads_give_the_interpreter_away_soon_where_there_is_a_window(qtbot: QtBot) -> None:
    application()
    give_way()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)


def test_the_hook_is_still_where_it_is_looked_for(qtbot: QtBot) -> None:
    assert hasattr(sys.modules["shibokensupport.feature"], "_mod_uses_pyside")
