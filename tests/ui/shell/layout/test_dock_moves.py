"""Docks that are moved by their menu, as where no window can be dragged into another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from explorer.ui.session.settings import Settings
from explorer.ui.shell.layout.docks import AREAS, PanelDock
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.tab_order import focusable, order_tabs
from tests.helpers.data import picture_folder
from tests.helpers.windows import whole_window
from tests.ui.shell.test_main_window import opened

Open = Callable[..., MainWindow]


def entries(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


def choose(qtbot: QtBot, window: MainWindow, dock: PanelDock, *path: str) -> None:
    """Open the menu of a dock by its button and choose an entry of it, or of a menu within it."""
    more = next(button for button in dock.title.findChildren(QToolButton) if "Move, float" in button.toolTip())
    more.click()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    for name in path[:-1]:
        inner = next(action for action in menu.actions() if action.text() == name).menu()
        assert isinstance(inner, QMenu)
        menu = inner
    next(action for action in menu.actions() if action.text() == path[-1]).trigger()
    while (popup := QApplication.activePopupWidget()) is not None:
        popup.close()


def window_with(qtbot: QtBot, open_window: Open, folder: Path) -> MainWindow:
    window = open_window()
    window.resize(1440, 900)
    opened(qtbot, window, picture_folder(folder / "fruit", {"apple": 4, "pear": 4}))
    return window


def test_a_dock_is_moved_floated_and_brought_back_by_its_menu(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    docks = window.workspace.docks
    curves, neighbours, evaluate = docks["curves"], docks["neighbours"], docks["evaluate"]
    choose(qtbot, window, curves, "To the right")
    assert window.dockWidgetArea(curves) == AREAS["right"]
    qtbot.waitUntil(lambda: curves.x() == neighbours.x() and abs(curves.height() - neighbours.height()) < 60)
    choose(qtbot, window, curves, "Float")
    assert curves.isFloating()
    choose(qtbot, window, curves, "Put back into the window")
    assert not curves.isFloating()
    choose(qtbot, window, curves, "As a tab with", "Distances")
    assert curves in window.tabifiedDockWidgets(docks["distances"])
    choose(qtbot, window, evaluate, "To the right, out of the tabs")
    assert window.tabifiedDockWidgets(evaluate) == []
    qtbot.waitUntil(lambda: evaluate.x() == neighbours.x() and evaluate.y() > neighbours.y())
    choose(qtbot, window, evaluate, "Float")
    choose(qtbot, window, evaluate, "To the left")
    assert not evaluate.isFloating()
    assert window.dockWidgetArea(evaluate) == AREAS["left"]
    choose(qtbot, window, evaluate, "Close")
    assert evaluate.isHidden()
    window.commands["window.evaluate"].trigger()
    assert not evaluate.isHidden()
    window.commands["window.reset"].trigger()
    assert evaluate in window.tabifiedDockWidgets(neighbours)
    assert window.dockWidgetArea(curves) == AREAS["bottom"]


def test_a_dock_that_floats_stands_beside_its_place_and_comes_back_before_its_tabs(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    curves, pairs = window.workspace.docks["curves"], window.workspace.docks["class_pairs"]
    qtbot.waitUntil(lambda: not curves.visibleRegion().isEmpty())
    place = curves.mapToGlobal(QPoint())
    choose(qtbot, window, curves, "Float")
    assert (curves.frameGeometry().topLeft() - place).manhattanLength() >= 40
    order_tabs(window)  # says nothing about widgets of two windows
    assert curves not in {one.window() for one in focusable(window)}
    pairs.raise_()
    choose(qtbot, window, curves, "Put back into the window")
    assert curves in window.tabifiedDockWidgets(pairs)
    qtbot.waitUntil(lambda: not curves.visibleRegion().isEmpty() and pairs.visibleRegion().isEmpty())


def test_a_dock_that_floats_has_a_title_and_buttons_and_comes_back_to_where_it_floated(
    qtbot: QtBot, open_window: Open, tmp_path: Path, settings: Settings
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    curves = window.workspace.docks["curves"]
    back, close = curves.title.window_buttons
    assert back.isHidden()
    assert close.isHidden()
    window.workspace.moves.float_or_back(curves)
    assert curves.windowTitle() == "Curves"
    assert curves.title.title.isVisible()
    assert back.accessibleName() == "Put Curves back into the window"
    place = QRect(60, 40, 520, 360)
    curves.setGeometry(place)
    qtbot.waitUntil(lambda: window.workspace.layouts.now().floats.get("curves") == (60, 40, 520, 360))
    QTest.mouseClick(back, Qt.MouseButton.LeftButton)
    assert not curves.isFloating()
    assert back.isHidden()
    window.workspace.moves.float_or_back(curves)
    assert curves.geometry() == place
    QTest.mouseClick(close, Qt.MouseButton.LeftButton)
    assert curves.isHidden()
    settings.set_window(b"", {"train": window.workspace.layouts.now()}, "train")
    assert Settings(settings.path).layouts["train"].floats == {"curves": (60, 40, 520, 360)}


def test_a_dock_on_a_screen_that_is_gone_comes_into_one_that_there_is(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    curves, moves, room = window.workspace.docks["curves"], window.workspace.moves, window.screen().availableGeometry()
    far = QRect(30_000, 20_000, 500, 300)
    moves.float_or_back(curves)
    curves.setGeometry(far)
    qtbot.waitUntil(lambda: curves.geometry() == far)
    application = QGuiApplication.instance()
    assert isinstance(application, QGuiApplication)
    application.screenRemoved.emit(window.screen())
    qtbot.waitUntil(lambda: room.contains(curves.geometry()))
    curves.setGeometry(far)
    moves.close(curves)
    window.commands["window.curves"].trigger()
    assert room.contains(curves.geometry()), "closed while its screen was there, and opened afterwards"
    curves.setGeometry(far)
    moves.float_or_back(curves)
    moves.float_or_back(curves)
    assert room.contains(curves.geometry())
    moves.set_locked(True)
    assert not any(button.isEnabled() for button in curves.title.window_buttons)


def test_locked_panels_stay_where_they_are_and_that_is_remembered(
    qtbot: QtBot, open_window: Open, tmp_path: Path, settings: Settings
) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    docks, moves = window.workspace.docks, window.workspace.moves
    window.commands["window.lock"].trigger()
    assert Settings(settings.path).locked
    menu = moves.menu(docks["curves"])
    free = [action.text() for action in menu.actions() if action.isEnabled() and action.text()]
    assert free == ["Lock the panels", "Reset this layout"]
    menu.deleteLater()
    title = docks["curves"].title
    QTest.mouseDClick(title, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(60, 15))
    assert not docks["curves"].isFloating()
    window.commands["window.curves"].trigger()  # shown already: it only comes to the front
    assert not docks["curves"].isHidden()
    window.commands["window.lock"].trigger()
    QTest.mouseDClick(title, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(60, 15))
    assert docks["curves"].isFloating()
    assert docks["curves"].features() & QDockWidget.DockWidgetFeature.DockWidgetClosable
    window.commands["window.lock"].trigger()
    again = whole_window(window.themes, Settings(settings.path))
    assert again.commands["window.lock"].isChecked()
    assert again.workspace.moves.locked
    again.close()
    again.deleteLater()


def test_every_panel_can_be_brought_back_from_the_view_menu(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = window_with(qtbot, open_window, tmp_path)
    view = next(action.menu() for action in window.header.menu_bar.actions() if action.text() == "View")
    assert isinstance(view, QMenu)
    panels = next(action.menu() for action in view.actions() if action.text() == "Panels")
    assert isinstance(panels, QMenu)
    assert entries(panels) == [dock.panel.title for dock in window.workspace.docks.values()]
    for dock in window.workspace.docks.values():
        dock.hide()
    for action in panels.actions():
        assert not action.isChecked()
        action.trigger()
    assert not any(dock.isHidden() for dock in window.workspace.docks.values())
