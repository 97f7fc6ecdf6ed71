"""Layouts of the window: each shows what its purpose needs, keeps what was changed, and comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QDockWidget, QMenu
from pytestqt.qtbot import QtBot

from explorer.ui.map.map_panel import MapPanel
from explorer.ui.session.settings import KeptLayout, Settings
from explorer.ui.shell.layout.docks import AREAS
from explorer.ui.shell.layout.layouts import LAYOUTS
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.text_size import USUAL, text_size
from tests.helpers.data import picture_folder
from tests.helpers.windows import LONG
from tests.ui.shell.layout.test_dock_moves import window_with

Open = Callable[..., MainWindow]


@pytest.fixture(autouse=True)
def usual_size() -> Iterator[None]:
    """Give text its usual size back."""
    yield
    text_size().choose(USUAL)


def shown(window: MainWindow) -> set[str]:
    return {key for key, dock in window.workspace.docks.items() if not dock.isHidden()}


def test_each_layout_shows_what_its_purpose_needs(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    commands, docks = window.commands, window.workspace.docks
    assert window.header.menu("Edit").actions()[-1] is commands["edit.settings"], "panels add theirs before it"
    menu = next(one.menu() for one in window.header.menu("View").actions() if one.text() == "Layout")
    assert isinstance(menu, QMenu)
    menu.aboutToShow.emit()
    assert [one.text() for one in menu.actions()] == [layout.title for layout in LAYOUTS]
    menu.aboutToHide.emit()
    assert menu.actions()[0].text() == f"Layout: {LAYOUTS[0].title}"
    everything = set(docks)
    assert shown(window) == everything
    assert commands["layout.train"].isChecked()
    docks["class_pairs"].raise_()
    qtbot.waitUntil(lambda: "class_pairs" in in_front(window))
    tabs = in_front(window)
    map_before = window.centre.width() * window.centre.height()
    commands["layout.explore"].trigger()
    assert commands["layout.explore"].isChecked()
    assert {"data", "neighbours"} <= shown(window)
    assert not shown(window) & {"recipe", "curves", "distances", "triplets"}
    qtbot.waitUntil(lambda: window.centre.width() * window.centre.height() > 1.2 * map_before)
    commands["layout.evaluate"].trigger()
    assert {"evaluate", "distances", "class_pairs", "clusters"} <= shown(window)
    assert not shown(window) & {"data", "recipe", "triplets"}
    commands["layout.present"].trigger()
    assert shown(window) == {"curves"}
    qtbot.waitUntil(lambda: window.centre.width() == window.width())
    qtbot.waitUntil(lambda: docks["curves"].height() < 0.33 * window.height())
    commands["layout.train"].trigger()
    assert shown(window) == everything
    assert not window.workspace.layouts.folded, "the text is no longer that for a projector"
    qtbot.waitUntil(lambda: in_front(window) == tabs)


def test_every_panel_that_a_layout_names_is_there(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    named = {key for layout in LAYOUTS for groups in layout.sides.values() for group in groups for key in group}
    assert named <= set(window.workspace.docks)


def test_each_layout_keeps_its_own_changes_also_over_a_restart(
    qtbot: QtBot, open_window: Open, tmp_path: Path, settings: Settings
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    commands = window.commands
    commands["window.miner_bench"].trigger()  # it was behind another tab: it comes to the front
    assert "miner_bench" in shown(window)
    qtbot.waitUntil(lambda: not window.workspace.docks["miner_bench"].visibleRegion().isEmpty())
    commands["window.miner_bench"].trigger()
    commands["layout.explore"].trigger()
    commands["window.curves"].trigger()
    commands["layout.train"].trigger()
    assert "miner_bench" not in shown(window)
    commands["layout.explore"].trigger()
    assert "curves" in shown(window)
    commands["window.map_only"].trigger()  # what is shown alone at the end is not what comes back
    with qtbot.waitSignal(window.closed, timeout=LONG):
        window.close()
    kept = Settings(settings.path)
    assert kept.layout == "explore"
    again = open_window(str(picture_folder(tmp_path / "again", {"a": 4, "b": 4})))
    qtbot.waitUntil(lambda: again.workspace.shown, timeout=LONG)
    assert again.commands["layout.explore"].isChecked()
    assert "curves" in shown(again)
    again.commands["window.reset"].trigger()
    assert "curves" not in shown(again)
    again.commands["layout.train"].trigger()
    assert "miner_bench" not in shown(again)  # only the layout that was shown was reset


def test_a_layout_is_left_from_the_map_alone_and_from_the_page_of_runs(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    everything = shown(window)
    window.commands["window.map_only"].trigger()
    window.commands["layout.present"].trigger()
    assert not window.commands["window.map_only"].isChecked()
    assert shown(window) == {"curves"}
    window.runs.open_page()
    assert shown(window) == set()
    window.commands["layout.train"].trigger()
    assert shown(window) == everything
    assert window.centre.currentWidget() is not window.runs.page
    window.commands["layout.present"].trigger()
    assert shown(window) == {"curves"}


def test_a_panel_that_is_asked_for_is_shown_beside_the_map_and_not_beside_a_page(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    docks = window.workspace.docks
    asked: tuple[Callable[[], None], ...] = (
        window.commands["window.data"].trigger,
        docks["data"].panel.come_forward,
        window.commands["window.data"].trigger,
    )
    for ask in asked:
        window.commands["file.runs"].trigger()
        page = window.runs.page
        assert page is not None
        assert docks["data"].isHidden()
        ask()
        assert page.isHidden()
        assert not any(docks[key].isHidden() for key in ("data", "recipe"))  # it was not closed unseen
        docks["data"].hide()
    window.commands["file.runs"].trigger()
    window.commands["window.map_only"].trigger()
    assert window.runs.page is not None
    assert window.runs.page.isHidden()
    assert all(dock.isHidden() for dock in docks.values())
    window.commands["window.map_only"].trigger()
    window.commands["file.start"].trigger()
    window.commands["layout.explore"].trigger()
    assert window.centre.currentWidget() is not window.start_page
    assert not docks["neighbours"].isHidden()


def test_docks_of_another_screen_come_back_into_this_one(
    qtbot: QtBot, open_window: Open, tmp_path: Path, settings: Settings
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    docks = window.workspace.docks
    docks["curves"].setFloating(True)
    docks["curves"].setGeometry(QRect(30_000, 20_000, 4_000, 300))
    left = window.workspace.layouts.now()
    wide = KeptLayout.of(left.content, (5_120, 2_880), {"left": 1.1, "right": 2.0})
    window.workspace.layouts.restore(wide)
    screen = window.screen().availableGeometry()
    assert screen.contains(docks["curves"].geometry())
    qtbot.waitUntil(lambda: abs(docks["neighbours"].width() - 632) <= 3)
    qtbot.waitUntil(lambda: abs(docks["recipe"].width() - 304) <= 3)


def test_a_layout_of_other_docks_is_not_taken(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    layouts = window.workspace.layouts
    other = QDockWidget("Other", window)
    other.setObjectName("dock-other")
    window.addDockWidget(AREAS["left"], other)
    strange = KeptLayout.of(bytes(window.saveState(7).data()), (1440, 900), {})
    other.deleteLater()
    assert not layouts.restore(strange)
    assert not layouts.restore(KeptLayout(state="%%%", width=9, height=9))


def test_a_panel_that_a_layout_does_not_show_has_its_place_to_come_to(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    docks = window.workspace.docks
    window.commands["layout.present"].trigger()
    window.commands["window.recipe"].trigger()
    assert window.dockWidgetArea(docks["recipe"]) == AREAS["left"]
    qtbot.waitUntil(lambda: docks["recipe"].height() > 500 and docks["recipe"].width() < 300)
    window.commands["layout.evaluate"].trigger()
    window.commands["window.find_more"].trigger()
    assert docks["find_more"] in window.tabifiedDockWidgets(docks["neighbours"])
    window.commands["layout.present"].trigger()
    assert shown(window) == {"curves", "recipe"}


def in_front(window: MainWindow) -> set[str]:
    docks = window.workspace.docks.items()
    return {key for key, dock in docks if not dock.isHidden() and not dock.visibleRegion().isEmpty()}


def shows(window: MainWindow, key: str) -> bool:
    return key in in_front(window)


def folded(window: MainWindow) -> bool:
    """Whether the panels of the layout are tabs of each other at the right, and the map has the rest."""
    docks = [dock for dock in window.workspace.docks.values() if not dock.isHidden()]
    one = len(in_front(window)) == 1 and len(window.tabifiedDockWidgets(docks[0])) >= len(docks) - 1
    return one and {window.dockWidgetArea(dock) for dock in docks} == {AREAS["right"]}


@pytest.mark.parametrize(
    "layout", ["train", *(pytest.param(name, marks=pytest.mark.full) for name in ("explore", "evaluate"))]
)
def test_large_text_in_a_small_window_leaves_the_map_room_and_shows_one_panel_at_a_time(
    qtbot: QtBot, open_window: Open, tmp_path: Path, layout: str
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    window.commands[f"layout.{layout}"].trigger()
    before = shown(window)
    window.settings.set_value("text", "200")
    window.resize(1024, 700)
    qtbot.waitUntil(lambda: window.size() == QSize(1024, 700) and folded(window), timeout=LONG)
    assert shown(window) == before
    panel = window.workspace.panels["map"]
    assert isinstance(panel, MapPanel)
    canvas = panel.canvas
    qtbot.waitUntil(lambda: canvas.width() * canvas.height() >= 0.4 * 1024 * 700, timeout=LONG)
    with_steps = canvas.height() - panel.time_line.maximumHeight() * panel.time_line.isHidden()
    assert canvas.width() * with_steps >= 0.4 * 1024 * 700
    assert panel.legend.opened, "only its head is seen, and it is unfolded again where there is room"
    assert in_front(window) == {"recipe" if layout == "train" else "neighbours" if layout == "explore" else "evaluate"}
    if layout == "train":
        window.commands["window.curves"].trigger()
        qtbot.waitUntil(lambda: in_front(window) == {"curves"})
        window.state.pins.choose(1)
        qtbot.waitUntil(lambda: in_front(window) == {"neighbours"})


def test_panels_fold_and_unfold_by_the_size_of_text_and_each_way_keeps_what_was_changed(
    qtbot: QtBot, open_window: Open, tmp_path: Path, settings: Settings
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    docks = window.workspace.docks
    window.resize(1024, 700)
    window.commands["window.triplets"].trigger()
    areas = {key: window.dockWidgetArea(dock) for key, dock in docks.items()}
    docks["selection"].raise_()
    qtbot.waitUntil(lambda: not docks["selection"].visibleRegion().isEmpty(), timeout=LONG)
    window.settings.set_value("text", "200")
    qtbot.waitUntil(lambda: folded(window), timeout=LONG)
    qtbot.waitUntil(lambda: not docks["selection"].visibleRegion().isEmpty(), timeout=LONG)
    assert "triplets" in shown(window)
    docks["gallery"].hide()
    window.commands["window.map_only"].trigger()
    window.settings.set_value("text", "100")
    window.commands["window.map_only"].trigger()
    qtbot.waitUntil(lambda: not folded(window) and shown(window) == set(docks) - {"triplets"}, timeout=LONG)
    assert {key: window.dockWidgetArea(dock) for key, dock in docks.items()} == areas
    window.settings.set_value("text", "200")
    qtbot.waitUntil(lambda: folded(window) and shown(window) == set(docks) - {"gallery"}, timeout=LONG)
    with qtbot.waitSignal(window.closed, timeout=LONG):
        window.close()
    assert {"train", "train folded"} <= set(Settings(settings.path).layouts)


def test_of_several_panels_that_were_brought_forward_none_hides_the_recipe_where_they_are_folded(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    window.resize(1024, 700)
    for key in ("miner_bench", "selection"):
        window.workspace.docks[key].raise_()
        qtbot.waitUntil(partial(shows, window, key), timeout=LONG)
    window.workspace.panels["map"].setFocus()
    window.settings.set_value("text", "200")
    qtbot.waitUntil(lambda: folded(window) and in_front(window) == {"recipe"}, timeout=LONG)
