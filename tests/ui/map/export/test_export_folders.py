"""A run taken away from a real window to a new folder: all of it, or the selection."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from explorer.core.registry import catalogue
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.local_paths import local_path
from tests.helpers.data import picture_folder
from tests.ui.conftest import LONG


class Desktop(QObject):
    """Takes the place of the program of the desktop that shows folders."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Path] = []
        QDesktopServices.setUrlHandler("file", self, "show")  # type: ignore[arg-type]  # the stub says bytes, which it refuses

    @Slot(QUrl)
    def show(self, url: QUrl) -> None:
        """Remember what it was asked for."""
        self.shown.append(Path(local_path(url)))


@pytest.fixture
def desktop(qtbot: QtBot) -> Iterator[Desktop]:
    yield Desktop()
    QDesktopServices.unsetUrlHandler("file")


@pytest.fixture
def trained(qtbot: QtBot, tmp_path: Path, open_window: Callable[..., MainWindow]) -> MainWindow:
    """A window with a run that has ended."""
    window = open_window(str(picture_folder(tmp_path / "pictures", {"a&b": 12, "<c>": 12, "=d": 12})))
    panel = window.workspace.panels["map"]
    assert isinstance(panel, MapPanel)
    assert window.session is not None
    qtbot.waitUntil(lambda: panel.canvas.picture is not None, timeout=LONG)
    for name, entry in catalogue("export").items():
        if entry.part.of != "map":  # type: ignore[attr-defined]
            assert not window.commands[f"export.{name}"].isEnabled(), "there is no run yet"
    window.session.set("epochs", 2)
    window.session.train()
    qtbot.waitUntil(lambda: window.session is not None and window.session.state == "finished", timeout=LONG)
    qtbot.waitUntil(window.commands["export.faiss"].isEnabled, timeout=LONG)
    window.settings.set_folder(str(tmp_path))
    return window


def asked(window: MainWindow, name: str) -> QFileDialog:
    """Choose an export from the menu, and return the dialog that asks where to."""
    window.commands[f"export.{name}"].trigger()
    (dialog,) = (found for found in window.findChildren(QFileDialog, "file-dialog") if found.isVisible())
    return dialog


def test_the_selection_or_everything_is_taken_and_its_folder_shown(
    qtbot: QtBot, tmp_path: Path, trained: MainWindow, desktop: Desktop
) -> None:
    window = trained
    dialog = asked(window, "faiss")
    assert dialog.nameFilters() == ["All items, in a new folder (*)"]
    dialog.reject()
    window.state.set_selection([3, 20, 5])
    dialog = asked(window, "faiss")
    assert dialog.nameFilters() == ["All items, in a new folder (*)", "The 3 selected items, in a new folder (*)"]
    dialog.selectNameFilter(dialog.nameFilters()[1])
    kinds = dialog.findChild(QComboBox, "fileTypeCombo")
    assert kinds is not None
    assert kinds.currentText() == "The 3 selected items, in a new folder", "without (*)"
    name = dialog.findChild(QLineEdit)
    assert name is not None
    assert name.text().endswith("-faiss")
    name.setText("some åé")
    dialog.accept()
    out = tmp_path / "some åé"
    qtbot.waitUntil(lambda: any(str(out) in toast.text for toast in window.toasts.shown), timeout=LONG)
    with open(out / "items.csv", encoding="utf-8", newline="") as file:
        assert [row["number"] for row in csv.DictReader(file)] == ["3", "5", "20"]
    (toast,) = (toast for toast in window.toasts.shown if str(out) in toast.text)
    assert toast.offer.text() == "Show folder"
    toast.offer.click()
    assert desktop.shown == [out]
    panel = window.workspace.panels["map"]
    assert isinstance(panel, MapPanel)
    panel.export.write(out, "faiss", {})
    qtbot.waitUntil(lambda: any("is there already" in toast.text for toast in window.toasts.shown), timeout=LONG)
