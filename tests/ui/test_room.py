"""In the window at its usual size nothing is out of sight: buttons have room for their words, panels for their parts.

These tests run in English, and once more in German from ``test_language.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QPushButton, QStyle, QStyleOptionButton, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.data.cleaning_panel import CleaningPanel
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.panel_scroll import PanelScroll
from tests.helpers.data import picture_folder
from tests.helpers.screens import panels
from tests.helpers.windows import LONG

KINDS = ("Arla-Ecological-Medium-Fat-Milk", "Alpro-Blueberry-Soyghurt", "Yellow-Onion", "Royal-Gala")
CLASSES = {f"{kind}-{number:02d}": 4 for kind in KINDS for number in range(6)}


def groceries(folder: Path) -> Path:
    """Return pictures in so many classes of such names that they are searched, among files of other sorts."""
    picture_folder(folder, CLASSES)
    for number in range(195):
        (folder / f"{number}.txt").write_text("a description")
    for number in range(81):
        (folder / next(iter(CLASSES)) / f"broken-{number}.jpg").write_bytes(b"no picture")
    return folder


def narrow(button: QPushButton) -> bool:
    """Return whether a button has less room than its words need."""
    option = QStyleOptionButton()
    button.initStyleOption(option)
    inside = button.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, button)
    return inside.width() + 1 < button.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, button.text()).width()


def out_of_sight(window: QWidget) -> Iterator[str]:
    """Yield what has no room: words of buttons, what is in panels, and the tabs of docks."""
    for button in window.findChildren(QPushButton):
        if button.isVisible() and narrow(button):
            yield f"button {button.text()}: {button.width()}, needs {button.sizeHint().width()}"
    for scroll in window.findChildren(PanelScroll):
        if scroll.isVisible() and scroll.horizontalScrollBar().maximum() > 0:
            yield f"panel {scroll.panel.key}: {scroll.viewport().width()}, needs {scroll.panel.width()}"
    for bar in window.findChildren(QTabBar):
        last = bar.tabRect(bar.count() - 1)
        if bar.isVisible() and isinstance(bar.parent(), QMainWindow) and last.right() > bar.width():
            yield f"tabs to {bar.tabText(bar.count() - 1)}: {bar.width()}, need {last.right()}"


def test_nothing_is_out_of_sight_at_the_usual_size(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    window = open_window(str(groceries(tmp_path / "grocery_store")))
    qtbot.waitUntil(lambda: window.workspace.shown and window.dataset is not None, timeout=LONG)
    window.resize(1440, 900)
    window.workspace.reset()
    window.state.set_selection(list(range(60)))
    cleaning = window.workspace.panels["cleaning"]
    assert isinstance(cleaning, CleaningPanel)
    cleaning.show_body(True)  # as after a training

    def fits() -> None:
        assert list(out_of_sight(window)) == []

    for _ in panels(window, ""):
        qtbot.waitUntil(fits, timeout=5000)
