"""The list of files that were left out, with their reasons."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.core.types import Skipped
from explorer.ui.data.skipped_files import SkippedFiles


def test_path_and_reason_stand_in_columns_and_all_are_copied(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    skipped = tuple(Skipped(f"icons/{number}.jpg", "lies outside test and train") for number in range(81))
    listed = SkippedFiles("81 pictures left out, and why", skipped, window)
    listed.show()
    rows = listed.table.model()
    assert rows.rowCount() == 81
    assert [rows.index(80, column).data() for column in (0, 1)] == ["icons/80.jpg", "lies outside test and train"]
    listed.copy.click()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 81
    assert lines[0] == "icons/0.jpg: lies outside test and train"
    listed.accept()
