"""In the window at its usual size nothing is out of sight: buttons have room for their words, panels for their parts.

These tests run in English, and once more in German from ``test_language.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QPushButton, QScrollArea, QStyle, QStyleOptionButton, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.shell.layout.panel_scroll import PanelScroll
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.saved_runs.newest_runs import RunPictures
from explorer.ui.shell.saved_runs.runs_page import RunsPage
from explorer.ui.widgets.text_size import USUAL, text_size
from explorer.ui.widgets.theme import ThemeManager
from tests.helpers.data import picture_folder
from tests.helpers.screens import panels
from tests.helpers.windows import LONG
from tests.ui.shell.saved_runs.test_saved_runs import table_of

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


def squashed(button: QPushButton) -> bool:
    """Return whether a button is lower than its letters."""
    return button.height() < button.fontMetrics().height()


def out_of_sight(window: QWidget) -> Iterator[str]:
    """Yield what has no room: words of buttons, what is in panels, and the tabs of docks."""
    for button in window.findChildren(QPushButton):
        if button.isVisible() and (narrow(button) or squashed(button)):
            yield f"button {button.text()}: {button.size()}, needs {button.sizeHint()}"
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
    for panel in window.workspace.panels.values():
        panel.show_body(True)  # as after a training, or once something is sought

    def fits() -> None:
        assert list(out_of_sight(window)) == []

    for _ in panels(window, ""):
        qtbot.waitUntil(fits, timeout=5000)


@pytest.mark.parametrize("size", [(1024, 500), (1424, 670)])
@pytest.mark.parametrize("percent", [100, 150, 200])
def test_the_page_of_saved_runs_folds_and_scrolls_before_anything_is_out_of_sight(
    qtbot: QtBot, themes: ThemeManager, tmp_path: Path, size: tuple[int, int], percent: int
) -> None:
    page = RunsPage(themes, RunPictures(themes))
    qtbot.addWidget(page)
    page.resize(*size)
    page.show()
    page.show_table(table_of(tmp_path, 2))
    page.view.selectAll()
    page.parallel.setChecked(True)
    usual = page.compare.fontMetrics().height()
    text_size().choose(percent)
    themes.apply()

    def fits() -> None:
        assert page.compare.fontMetrics().height() >= 0.95 * percent / 100 * usual
        assert list(out_of_sight(page)) == []
        assert page.size().toTuple() == size
        for area in page.findChildren(QScrollArea):
            assert area.horizontalScrollBar().maximum() == 0
        whole = [button for button in page.details.buttons.values() if button.isVisible()]
        for one, other in combinations(whole, 2):
            assert not one.geometry().intersects(other.geometry()) or one.parent() is not other.parent()

    try:
        qtbot.waitUntil(fits, timeout=5000)
    finally:
        text_size().choose(USUAL)
        themes.apply()
