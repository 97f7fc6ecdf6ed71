from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QPixmapCache
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QTabBar
from pytestqt.qtbot import QtBot

from explorer.core.events import ParameterChanged
from explorer.core.recipe import Recipe
from explorer.core.types import UNLABELLED
from explorer.engine.events import DatasetOpened
from explorer.ui.data.data_panel import DataPanel
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.recipe.recipe_panel import RecipePanel
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.class_list import EDGE
from tests.helpers.data import picture_folder
from tests.ui.conftest import LONG
from tests.ui.shell.start.test_start_page import dragged, drop

Open = Callable[..., MainWindow]

TAB_EDGES = 9
"""What a tab has beside its text, in pixels: less, and the text is elided."""


def opened(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    """Drop a folder on the window and wait until its pictures are there, and the docks."""
    assert window.bridge is not None
    with qtbot.waitSignal(window.bridge.of(DatasetOpened), timeout=LONG):
        drop(window, dragged(folder))
    qtbot.waitUntil(lambda: window.workspace.shown, timeout=LONG)


def recipe_panel(qtbot: QtBot, window: MainWindow) -> RecipePanel:
    panel = window.workspace.panels["recipe"]
    assert isinstance(panel, RecipePanel)
    qtbot.waitUntil(lambda: panel.body_shown, timeout=LONG)
    return panel


def test_a_person_drops_a_folder_sees_it_trains_pauses_moves_the_margin_and_closes(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window()
    assert window.session is not None
    assert window.bridge is not None
    assert window.run_bar is not None
    assert window.start_page.isVisible()
    folder = picture_folder(tmp_path / "fruit", {"apple": 12, "pear": 12, "plum": 12})
    (folder / "pear" / "broken.png").write_bytes(b"no picture")
    opened(qtbot, window, folder)

    assert not window.start_page.isVisible()
    qtbot.waitUntil(lambda: "Click a point" in window.status_bar.tip.text(), timeout=LONG)
    window.commands["map.lasso"].trigger()
    assert window.status_bar.tip.text() == "Drag to select · Esc clears"
    window.commands["file.runs"].trigger()
    assert not window.status_bar.tip.text(), "the map is out of sight"
    window.runs.close_page()
    assert window.status_bar.tip.text() == "Drag to select · Esc clears"
    window.commands["map.pointer"].trigger()
    assert "Click a point" in window.status_bar.tip.text()
    assert window.run_bar.isVisible()
    assert all(dock.isVisible() for dock in window.workspace.docks.values())
    assert window.settings.recents[0] == str(folder)
    assert window.windowTitle().startswith("fruit")
    data = window.workspace.panels["data"]
    assert isinstance(data, DataPanel)
    assert data.status == "36 pictures · 1 left out"
    assert "train" in data.split.text()
    data.left_out.click()
    assert data.skipped_files is not None
    table = data.skipped_files.table
    assert str(table.model().index(0, 0).data()).endswith("broken.png")
    assert table.model().index(0, 1).data()
    data.skipped_files.copy.click()
    assert "broken.png: " in QApplication.clipboard().text()
    data.skipped_files.accept()
    look_at_classes(qtbot, window, data)

    panel = recipe_panel(qtbot, window)
    qtbot.waitUntil(window.run_bar.train.isEnabled, timeout=LONG)
    window.session.configure(Recipe(epochs=2_000, device="cpu"))
    panel.show_recipe(window.session.recipe)
    with qtbot.waitSignal(window.bridge.metrics, timeout=LONG):
        window.commands["run.train"].trigger()
        window.commands["run.train"].trigger()  # pressed twice at once: it does not say Pause yet
    assert window.run_bar.train.text() == "Pause"
    assert window.run_bar.stop.isEnabled()
    assert not panel.forms["encoder"].fields["encoder"].isEnabled()
    with qtbot.waitSignal(window.bridge.of(ParameterChanged), timeout=LONG) as changed:
        margin = panel.forms["loss"].fields["loss.margin"]
        edit = margin.findChildren(type(margin.edit))[0]  # type: ignore[attr-defined]
        edit.setText("0.4")
        QTest.keyClick(edit, Qt.Key.Key_Return)
    assert (changed.args[0].path, changed.args[0].new) == ("loss.margin", 0.4)
    assert "0.40" in window.run_bar.chip.text()
    assert window.session.run_folder is not None
    assert window.status_bar.saved.isVisible()
    assert window.status_bar.saved.text() == f"Saved by itself: {window.session.run_folder.name}"
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: window.run_bar is not None and window.run_bar.train.text() == "Resume", timeout=LONG)
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: window.run_bar is not None and window.run_bar.train.text() == "Pause", timeout=LONG)
    QTest.mouseClick(window.run_bar.stop, Qt.MouseButton.LeftButton)
    if window.session.ending:  # the last pass over so few pictures may be done already
        assert window.run_bar.stop.text() == "Stop now"
    qtbot.waitUntil(lambda: window.run_bar is not None and not window.run_bar.stop.isEnabled(), timeout=LONG)
    assert window.run_bar.stop.text() == "Stop"
    with qtbot.waitSignal(window.bridge.metrics, timeout=LONG):
        window.commands["run.continue"].trigger()
        window.commands["run.continue"].trigger()  # pressed twice at once
    assert "A run is training" not in [toast.text for toast in window.toasts.shown]

    with qtbot.waitSignal(window.closed, timeout=12_000):
        window.close()
        assert window.saving.isVisible()
    assert not window.isVisible()
    assert window.session.run_folder is not None
    assert (window.session.run_folder / "run.json").is_file()


def look_at_classes(qtbot: QtBot, window: MainWindow, data: DataPanel) -> None:
    """Hide, isolate and select classes with the mouse."""
    view, state = data.list, window.state
    row = view.visualRect(view.classes.index(1))
    eye = row.center()
    eye.setX(view.viewport().width() - EDGE - 4)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=eye)
    assert state.hidden_classes == {1}
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=eye)
    assert state.hidden_classes == frozenset()
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
    assert state.hidden_classes == {0, 2, UNLABELLED}
    window.commands["view.show_all_classes"].trigger()
    assert state.hidden_classes == frozenset()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
    assert window.session is not None
    assert window.session.dataset is not None
    assert np.all(window.session.dataset.labels[state.selection] == 1)
    window.commands["edit.invert"].trigger()
    assert len(state.selection) == 24
    window.commands["edit.copy_selection"].trigger()
    copied = QApplication.clipboard().text().splitlines()
    assert (copied[0], len(copied)) == ("id\tpath\tclass\tpart", 25)
    state.set_hidden_classes({0})
    for name, count in (("edit.select_all", 24), ("edit.invert", 0)):  # what is hidden is never taken
        window.commands[name].trigger()
        assert len(state.selection) == count
    assert not window.commands["edit.save_selection"].isEnabled()
    state.show_everything()


def test_a_second_drop_asks_what_it_should_be(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = open_window(str(picture_folder(tmp_path / "first", {"a": 6, "b": 6})))
    assert window.session is not None
    assert window.bridge is not None
    qtbot.waitUntil(lambda: window.run_bar is not None and window.run_bar.isVisible(), timeout=LONG)
    second = picture_folder(tmp_path / "second", {"a": 4, "b": 4})
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"%PDF-1.4")
    drop(window, dragged(paper))
    assert not window.choice_bar.isVisible()
    qtbot.waitUntil(lambda: bool(window.toasts.shown), timeout=LONG)
    assert "paper.pdf is in a format that is not read" in window.toasts.shown[-1].text
    assert window.session.dataset is not None
    drop(window, dragged(second))
    assert window.choice_bar.isVisible()
    assert "second" in window.choice_bar.question.text()
    QTest.keyClick(window.choice_bar, Qt.Key.Key_Escape)
    assert not window.choice_bar.isVisible()
    drop(window, dragged(second))
    with qtbot.waitSignal(window.bridge.of(DatasetOpened), timeout=LONG) as told:
        QTest.mouseClick(window.choice_bar.buttons["test"], Qt.MouseButton.LeftButton)
    assert told.args[0].role == "test"
    assert window.session.dataset is not None
    assert len(window.session.dataset) == 20
    check_themes_and_layout(window)


def check_themes_and_layout(window: MainWindow) -> None:
    """Change the theme, move docks about, and put them back."""
    window.commands["view.toggle_theme"].trigger()
    image = window.grab().toImage()
    assert image.pixelColor(5, 40).name() == window.themes.current.tokens["panel"]
    docks = window.workspace.docks
    window.commands["window.curves"].trigger()
    assert docks["curves"].isHidden()
    docks["data"].setFloating(True)
    window.commands["window.reset"].trigger()
    assert not docks["curves"].isHidden()
    assert not docks["data"].isFloating()
    window.commands["window.curves"].trigger()
    window.resizeDocks([docks["recipe"]], [333], Qt.Orientation.Horizontal)
    window.commands["window.map_only"].trigger()
    assert all(dock.isHidden() for dock in docks.values())
    assert window.workspace.kept()["train"] != window.workspace.layouts.now()  # what the next start takes
    window.commands["window.map_only"].trigger()
    assert [key for key, dock in docks.items() if dock.isHidden()] == ["curves"]
    assert docks["recipe"].width() == 333
    window.commands["window.map_only"].trigger()
    window.commands["window.reset"].trigger()
    assert not window.commands["window.map_only"].isChecked()
    assert not any(dock.isHidden() for dock in docks.values())
    window.commands["window.data"].trigger()


def test_every_tab_can_be_read_where_the_window_has_its_usual_size(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window(str(picture_folder(tmp_path / "first", {"a": 6, "b": 6})))
    qtbot.waitUntil(lambda: window.workspace.shown, timeout=LONG)
    window.resize(1440, 900)
    window.workspace.reset()

    def cut() -> list[str]:
        """Return the tabs that are too narrow for what they say, and those that are not there yet."""
        bars = [bar for bar in window.findChildren(QTabBar) if bar.isVisible()]
        tabs = [(bar, place, bar.tabText(place)) for bar in bars for place in range(bar.count())]
        narrow = [
            text
            for bar, place, text in tabs
            if bar.tabRect(place).width() < bar.fontMetrics().horizontalAdvance(text) + TAB_EDGES
        ]
        return narrow + sorted({"Neighbours", "Find", "Clean", "Selection"} - {text for _, _, text in tabs})

    qtbot.waitUntil(lambda: not cut(), timeout=LONG)


def test_the_layout_comes_back_and_every_control_has_a_name(
    qtbot: QtBot, open_window: Open, tmp_path: Path, settings: Settings
) -> None:
    folder = str(picture_folder(tmp_path / "first", {"a": 6, "b": 6}))
    window = open_window(folder)
    qtbot.waitUntil(lambda: window.run_bar is not None and window.run_bar.isVisible(), timeout=LONG)
    qtbot.waitUntil(lambda: not window.workspace.docks["distances"].isHidden(), timeout=LONG)  # docks come in turns
    window.commands["window.distances"].trigger()
    with qtbot.waitSignal(window.closed, timeout=LONG):
        window.close()
    assert Settings(settings.path).layout == "train"
    again = open_window(folder)
    qtbot.waitUntil(lambda: again.run_bar is not None and again.run_bar.isVisible(), timeout=LONG)
    qtbot.waitUntil(again.workspace.docks["curves"].isVisible, timeout=LONG)
    assert again.workspace.docks["distances"].isHidden()
    panel = recipe_panel(qtbot, again)
    panel.fold.click()
    nameless = [
        widget
        for widget in (
            *panel.findChildren(type(panel.fold)),
            *again.workspace.panels["data"].findChildren(type(panel.fold)),
        )
        if not widget.accessibleName() and not widget.text()
    ]
    assert nameless == []
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in again.findChildren(QLabel))
    assert again.screenshot(tmp_path / "window.png").stat().st_size > 10_000


def test_queries_that_were_let_go_come_back(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = open_window(str(picture_folder(tmp_path / "first", {"a": 6, "b": 6})))
    qtbot.waitUntil(lambda: window.run_bar is not None and window.run_bar.isVisible(), timeout=LONG)
    pins, commands, canvas = window.state.pins, window.commands, window.workspace.panels["map"]
    assert not commands["edit.undo"].isEnabled()
    assert not commands["queries.back"].isEnabled()
    pins.set([2, 5])
    pins.choose(7)
    assert isinstance(canvas, MapPanel)
    QTest.keyClick(canvas.canvas, Qt.Key.Key_Escape)
    assert not pins.items
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert pins.items == (2, 5, 7)
    QTest.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert list(pins.items) == [2, 5]
    QTest.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert pins.items == (2, 5, 7)


def test_data_that_cannot_be_opened_is_told_on_the_start_page(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")
    window = open_window(str(tmp_path / "broken.zip"))
    zone = window.start_page.zone
    qtbot.waitUntil(zone.error.isVisible, timeout=LONG)
    assert "broken.zip" in zone.error.text()
    assert "\n" not in zone.error.text()
    assert window.start_page.isVisible()
    assert not window.status_bar.tip.text(), "there are no points to be clicked"


def test_recipes_are_saved_loaded_and_reset(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = open_window()
    assert window.session is not None
    panel = recipe_panel(qtbot, window)
    dimension = panel.forms["encoder"].fields["encoder.dimension"]
    dimension.spin.setValue(48)  # type: ignore[attr-defined]
    assert window.session.recipe.params("encoder").dimension == 48
    panel.save(tmp_path / "recipe.toml")
    panel.forms["loss"].changed.emit("loss", "contrastive")
    assert window.session.recipe.loss.name == "contrastive"
    assert "loss.margin" in panel.forms["loss"].fields
    qtbot.waitUntil(window.commands["recipe.reset"].isEnabled)
    window.commands["recipe.reset"].trigger()
    assert window.session.recipe == Recipe()
    assert dimension_of(panel) == 0
    window.actions_of_window.recipes.load(str(tmp_path / "recipe.toml"))
    assert dimension_of(panel) == 48
    (tmp_path / "bad.toml").write_text("[loss]\nname = 'no such loss'\n")
    window.actions_of_window.recipes.load(str(tmp_path / "bad.toml"))
    assert "no such loss" in window.toasts.shown[-1].text
    assert dimension_of(panel) == 48


def dimension_of(panel: RecipePanel) -> object:
    return panel.forms["encoder"].fields["encoder.dimension"].value()


def test_a_closed_window_leaves_no_icons_in_the_memory_that_all_windows_share(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window(str(picture_folder(tmp_path, {"a": 4, "b": 4})))
    qtbot.waitUntil(lambda: window.workspace.shown, timeout=LONG)
    assert QPixmapCache.insert("drawn while it was open", QPixmap(16, 16))
    with qtbot.waitSignal(window.closed, timeout=LONG):
        window.close()
    assert not QPixmapCache.find("drawn while it was open", QPixmap())
