"""Every screen and state of the window, in both themes: texts can be read, and a tour of pictures to look at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.theme import ThemeChoice
from tests.helpers.contrast import too_faint
from tests.helpers.screens import Screen, dialogs, panels, saved, shown, there, trained

FOLDER = "EMBEDDING_EXPLORER_SCREENS"
"""Environment variable: the folder where the pictures of the tour shall stay."""
THEMES: tuple[ThemeChoice, ...] = ("dark", "light")
SIZES = ((1024, 700), (1440, 900), (2560, 1440))


def faint(window: MainWindow, screens: Iterator[Screen]) -> dict[str, list[str]]:
    """Return the texts with too little contrast on each of some screens, in both themes."""
    found = {}
    for name, widget in screens:
        for theme in THEMES:
            window.themes.choose(theme)
            for _ in range(3):  # what is dressed, then laid out, then painted
                QApplication.processEvents()
            if problems := too_faint(widget):
                found[f"{name} {theme}"] = problems
    return found


@pytest.mark.full
def test_texts_of_the_start_page_and_of_the_dialogs_can_be_read(qtbot: QtBot, start: MainWindow) -> None:
    screens = [("start", start)]
    assert faint(start, iter(screens)) == {}
    assert faint(start, dialogs(qtbot, start)) == {}


@pytest.mark.full
def test_texts_of_every_panel_can_be_read_before_and_after_training(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    assert faint(window, panels(window, "empty")) == {}
    trained(qtbot, window)
    assert faint(window, panels(window, "trained")) == {}
    assert faint(window, dialogs(qtbot, window)) == {}


@pytest.mark.full
def test_a_tour_of_every_screen_is_there_to_be_looked_at(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    folder = Path(os.environ.get(FOLDER, tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    count, start = 0, open_window()
    for theme, size in zip(THEMES, SIZES, strict=False):
        start.themes.choose(theme)
        start.resize(*size)
        there(qtbot, start)
        saved(start, folder, f"start-{size[0]}-{theme}")
        count += 1
    window = open_window("sample:digits")
    turns: tuple[ThemeChoice, ...] = ("dark", "light", "dark")
    for size, theme in zip(SIZES, turns, strict=True):
        shown(qtbot, window, size, theme)
        saved(window, folder, f"open-{size[0]}-{theme}")
        count += 1
    trained(qtbot, window)
    usual = SIZES[1]
    looks: tuple[tuple[tuple[int, int], ThemeChoice], ...] = (
        (SIZES[0], "light"),
        (usual, "dark"),
        (usual, "light"),
        (SIZES[2], "dark"),
    )
    for size, theme in looks:
        for name, widget in panels(window, "trained"):
            shown(qtbot, window, size, theme)
            saved(widget, folder, f"{name}-{size[0]}-{theme}")
            count += 1
    for theme in THEMES:
        shown(qtbot, window, usual, theme)
        for name, widget in dialogs(qtbot, window):
            saved(widget, folder, f"{name.replace('.', '-')}-{theme}")
            count += 1
    assert count >= 60
