"""The docks of a real window that is made smaller, as on another screen, and larger again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.engine.run.alarms import unsaved
from explorer.ui.data.data_panel import DataPanel
from explorer.ui.metrics.distances_panel import DistancesPanel
from explorer.ui.recipe.recipe_panel import RecipePanel
from explorer.ui.shell.layout.dock_sizes import bottom_height, least_needed, needed, shared, width_scale
from explorer.ui.shell.layout.docks import PanelDock
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.class_list import ROW_HEIGHT
from tests.helpers.data import picture_folder
from tests.ui.conftest import LONG
from tests.ui.shell.test_main_window import opened

TAB_BAR = 22


def test_a_smaller_window_takes_from_the_docks_as_well(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    window = open_window()
    window.resize(2560, 1440)
    opened(qtbot, window, picture_folder(tmp_path / "fruit", {"apple": 4, "pear": 4}))
    docks, centre = window.workspace.docks, window.centre
    left, right, below = docks["data"], docks["neighbours"], docks["curves"]
    large = (left.width(), right.width(), below.height())
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: left.width() < large[0] and below.height() < large[2])
    assert left.width() <= round(large[0] / 1.6) + 2
    assert right.width() <= round(large[1] / 1.6) + 2
    assert abs(below.height() + TAB_BAR - bottom_height(800)) < 10
    assert centre.width() > 600
    window.resize(2560, 1440)
    qtbot.waitUntil(lambda: abs(left.width() - large[0]) <= 3)
    assert abs(below.height() - large[2]) <= 3


def test_docks_are_as_drawn_in_usual_windows_narrower_in_small_ones_and_never_too_wide() -> None:
    assert [width_scale(width) for width in (960, 1200, 1440, 1800, 5000)] == [0.92, 1.0, 1.0, 1.25, 1.6]
    assert [bottom_height(height) for height in (700, 800, 900, 1440)] == [203, 232, 243, 461]


def test_nobody_gets_more_than_it_needs_while_another_lacks_some() -> None:
    assert shared(800, [300, 600]) == [300, 500]
    assert shared(800, [600, 300]) == [500, 300]
    assert shared(800, [None, 300]) == [500, 300]
    assert shared(400, [300, 600]) == [200, 200]
    assert shared(1000, [300, 400]) == [300, 700]  # what nobody needs is the last one's
    assert shared(901, [None, None, 100]) == [400, 400, 101]
    assert shared(100, []) == []
    assert shared(400, [300, 600], [0, 240]) == [160, 240]
    assert shared(700, [300, 600], [0, 240]) == [300, 400]
    assert shared(400, [100, 600], [0, 240]) == [100, 300]
    assert shared(400, [300, 200], [0, 240]) == [200, 200]  # nor does anybody have more than it needs for that


def test_the_recipe_has_what_the_classes_do_not_need(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    window = open_window()
    window.resize(1440, 900)
    opened(qtbot, window, picture_folder(tmp_path / "fruit", {"apple": 4, "pear": 4}))
    docks, panels = window.workspace.docks, window.workspace.panels
    assert isinstance(panels["data"], DataPanel)
    data, recipe, classes = docks["data"], docks["recipe"], panels["data"].list
    qtbot.waitUntil(lambda: data.height() <= (needed(data) or 0) + 2)
    assert classes.height() >= 2 * ROW_HEIGHT
    assert recipe.y() + recipe.height() > docks["curves"].y()  # down to the status bar, beside the charts
    assert recipe.height() >= min(needed(recipe) or 0, 450)
    window.opener.open(str(picture_folder(tmp_path / "many", {f"class {k}": 2 for k in range(9)})))
    qtbot.waitUntil(lambda: classes.height() >= 9 * ROW_HEIGHT)
    window.resize(1024, 700)
    qtbot.waitUntil(lambda: recipe.y() + recipe.height() <= docks["curves"].y())
    assert window.centre.width() > 445


def test_what_a_hand_has_changed_stays_in_proportion_until_the_layout_is_reset(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    window = open_window()
    window.resize(1440, 900)
    opened(qtbot, window, picture_folder(tmp_path / "fruit", {"apple": 4, "pear": 4}))
    docks = window.workspace.docks
    data, right = docks["data"], docks["neighbours"]
    qtbot.waitUntil(lambda: data.height() <= (needed(data) or 0) + 2)
    QTest.mousePress(window, Qt.MouseButton.LeftButton, pos=QPoint(5, window.height() - 5))
    window.resize(1200, 800)  # a window is also resized while a button is down, or after it went up elsewhere
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, pos=QPoint(5, 795))
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: abs(right.width() - 316) <= 3 and data.height() <= (needed(data) or 0) + 2)
    drag(qtbot, window, data, data.geometry().bottomLeft() + QPoint(100, 1), QPoint(0, 200))
    drag(qtbot, window, right, right.geometry().topLeft() + QPoint(-1, 200), QPoint(-84, 0))
    assert abs(right.width() - 400) <= 3
    high = data.height()
    assert high > (needed(data) or 0) + 150
    window.resize(1920, 1080)
    qtbot.waitUntil(lambda: abs(right.width() - round(400 * 1920 / 1440)) <= 3)
    assert data.height() > high
    window.commands["window.reset"].trigger()
    qtbot.waitUntil(lambda: abs(right.width() - round(316 * 1920 / 1440)) <= 3)
    qtbot.waitUntil(lambda: data.height() <= (needed(data) or 0) + 2)
    below = docks["triplets"]
    drag(qtbot, window, below, below.geometry().topLeft() + QPoint(200, -1), QPoint(0, 300))
    for dock in (below, docks["curves"]):  # it scrolls before its parts lie over each other
        assert dock.panel.height() >= dock.panel.minimumSizeHint().height()


def test_what_comes_above_the_docks_is_taken_from_the_recipe_and_not_from_the_classes(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    window = open_window()
    window.resize(1440, 900)
    opened(qtbot, window, picture_folder(tmp_path / "fruit", {"apple": 4, "pear": 4}))
    data, recipe = window.workspace.docks["data"], window.workspace.docks["recipe"]
    qtbot.waitUntil(lambda: abs(data.height() - (needed(data) or 0)) <= 2)
    before, high = recipe.height(), data.height()
    window.alarm_bar.show_alarm(unsaved("run", 12, "The disk is full."))
    qtbot.waitUntil(lambda: recipe.height() < before - 20 and abs(data.height() - high) <= 2)


def drag(qtbot: QtBot, window: MainWindow, dock: PanelDock, start: QPoint, by: QPoint) -> None:
    """Drag what parts a dock from another one."""
    left, before = Qt.MouseButton.LeftButton, dock.size()
    QTest.mousePress(window, left, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(window, start + by)
    qtbot.waitUntil(lambda: dock.size() != before)
    QTest.mouseRelease(window, left, Qt.KeyboardModifier.NoModifier, start + by)


@pytest.mark.full
def test_a_window_made_small_has_the_docks_of_one_that_was_small_from_the_start(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    """Whatever the panels below show, while it trains, and after a reset as well."""
    window = open_window("sample:digits")
    window.resize(1024, 700)
    qtbot.waitUntil(lambda: filled(window) and as_shared(window), timeout=LONG)
    fresh = sizes(window)
    assert margin_in_sight(window)
    session = window.session
    assert session is not None
    session.configure(session.recipe.model_copy(update={"epochs": 1000}))  # it trains to the end of the test
    window.commands["run.train"].trigger()
    docks, panels = window.workspace.docks, window.workspace.panels
    distances = panels["distances"]
    assert isinstance(distances, DistancesPanel)
    qtbot.waitUntil(lambda: "step" in distances.status and panels["triplets"].body_shown, timeout=LONG)
    assert sizes(window) == fresh
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: as_shared(window) and sizes(window) != fresh, timeout=LONG)
    distances.pictures.setChecked(True)
    docks["class_pairs"].raise_()
    window.resize(1024, 700)
    qtbot.waitUntil(lambda: sizes(window) == fresh and as_shared(window), timeout=LONG)
    live = recipe_of(window).changed_live
    recipe_of(window).forms["loss"].changed.emit("loss.margin", 0.6)
    qtbot.waitUntil(lambda: not live.isHidden() and margin_in_sight(window), timeout=LONG)
    recipe_of(window).forms["loss"].changed.emit("loss.margin", 0.2)
    qtbot.waitUntil(lambda: live.isHidden() and sizes(window) == fresh, timeout=LONG)
    docks["curves"].raise_()
    window.commands["window.reset"].trigger()
    qtbot.waitUntil(lambda: sizes(window) == fresh and margin_in_sight(window), timeout=LONG)
    window.commands["view.text_larger"].trigger()
    qtbot.waitUntil(lambda: window.workspace.layouts.folded, timeout=LONG)
    window.commands["view.text_usual"].trigger()  # large text leaves nothing behind
    qtbot.waitUntil(lambda: sizes(window) == fresh and margin_in_sight(window), timeout=LONG)


def filled(window: MainWindow) -> bool:
    panels = window.workspace.panels
    return window.workspace.shown and panels["data"].body_shown and panels["recipe"].body_shown


def as_shared(window: MainWindow) -> bool:
    """Return whether the row below is as high as it should be, and the classes have what they get beside the recipe."""
    data, recipe, below = (window.workspace.docks[key] for key in ("data", "recipe", "triplets"))
    room = data.height() + recipe.height()
    parts = shared(room, [needed(data), needed(recipe)], [least_needed(data), least_needed(recipe)])
    return abs(data.height() - parts[0]) <= 2 and abs(below.height() + TAB_BAR - bottom_height(window.height())) <= 4


def recipe_of(window: MainWindow) -> RecipePanel:
    recipe = window.workspace.panels["recipe"]
    assert isinstance(recipe, RecipePanel)
    return recipe


def margin_in_sight(window: MainWindow) -> bool:
    recipe = recipe_of(window)
    field, view = recipe.forms["loss"].fields["loss.margin"], recipe.form_scroll.viewport()
    return view.rect().contains(QRect(field.mapTo(view, QPoint(0, 0)), field.size()))


def sizes(window: MainWindow) -> list[int]:
    """Return how high data and recipe are, and where the row below begins."""
    docks = window.workspace.docks
    return [docks["data"].height(), docks["recipe"].height(), docks["triplets"].y()]
