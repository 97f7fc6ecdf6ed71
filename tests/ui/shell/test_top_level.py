"""The windows on the screen: nothing but the application's own window, and what was asked for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.recipe import PART_KINDS
from explorer.ui.recipe.recipe_panel import RecipePanel
from explorer.ui.shell.main_window import MainWindow
from tests.ui.conftest import LONG


def visible() -> set[QWidget]:
    """Return every widget on the screen that is a window of its own."""
    return {widget for widget in QApplication.topLevelWidgets() if widget.isVisible()}


def test_with_data_open_the_window_is_the_only_one(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    before = visible()
    window = open_window("sample:digits")
    qtbot.waitUntil(lambda: window.workspace is not None and "recipe" in window.workspace.panels, timeout=LONG)
    assert window.workspace is not None
    panel = window.workspace.panels["recipe"]
    assert isinstance(panel, RecipePanel)
    qtbot.waitUntil(lambda: bool(panel.forms) and window.dataset is not None, timeout=LONG)
    panel.show_recipe(panel.recipe)
    assert visible() - before == {window}
    assert {kind for kind in PART_KINDS if panel.forms[kind].window() is not panel.window()} == set()
