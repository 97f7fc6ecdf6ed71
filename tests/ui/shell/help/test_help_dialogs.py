from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from explorer.core import resources
from explorer.ui.shell.help import help_dialogs
from explorer.ui.shell.help.help_dialogs import LicenceTable, show_about
from explorer.ui.shell.main_window import MainWindow


def test_about_lists_the_licences_of_everything(qtbot: QtBot, start: MainWindow) -> None:
    dialog = show_about(start)
    table = dialog.findChild(LicenceTable)
    assert isinstance(table, LicenceTable)
    qtbot.waitUntil(lambda: table.complete)
    names = {item.text(0) for row in range(table.topLevelItemCount()) if (item := table.topLevelItem(row)) is not None}
    assert {"torch", "Inter", "numpy"} <= names
    dialog.close()


def test_about_of_a_bundle_shows_where_the_texts_are(
    qtbot: QtBot, start: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dialog = show_about(start)
    assert dialog.findChild(QPushButton, "licence-texts") is None
    dialog.close()
    (tmp_path / "licences").mkdir()
    monkeypatch.setattr(resources, "_INSTALLED", tmp_path)
    shown: list[Path] = []
    monkeypatch.setattr(help_dialogs, "open_path", shown.append)
    dialog = show_about(start)
    button = dialog.findChild(QPushButton, "licence-texts")
    assert isinstance(button, QPushButton)
    button.click()
    assert shown == [tmp_path / "licences"]
    dialog.close()
