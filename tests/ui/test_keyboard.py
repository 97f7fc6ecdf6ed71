"""The window without a mouse: everything that takes the focus has a name and a role, shows it, and is come to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.map.map_panel import MapPanel
from explorer.ui.recipe.recipe_panel import RecipePanel
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.tab_order import focusable
from explorer.ui.widgets.fields.choice import ChoiceField
from tests.ui.conftest import LONG


def where(widget: QWidget | None) -> str:
    """Return a widget with those around it, to be found by."""
    around: list[str] = []
    while widget is not None and len(around) < 5:
        around.append(f"{type(widget).__name__}#{widget.objectName()}".rstrip("#"))
        widget = widget.parentWidget()
    return " in ".join(around)


def inside_another(widget: QWidget) -> bool:
    """Return whether a widget is a part of one that is named: the view of a list, the edit of a field, a viewport."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QComboBox) or (isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget):
            return True
        parent = parent.parentWidget()
    return False


def name_of(widget: QWidget) -> str:
    if isinstance(widget, QComboBox):  # the interface says the text that is chosen
        return widget.accessibleName()
    interface = QAccessible.queryAccessibleInterface(widget)
    if interface is None or interface.role() == QAccessible.Role.NoRole:
        return ""
    return interface.text(QAccessible.Text.Name).strip()


@pytest.fixture
def window(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> MainWindow:
    """The window on the digits, with a pinned query and a selection."""
    made = open_window("sample:digits")
    made.resize(1440, 900)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    qtbot.waitUntil(lambda: made.workspace.shown and made.actions_of_window.recipe_panel is not None, timeout=LONG)
    panel = made.workspace.panels["map"]
    assert isinstance(panel, MapPanel)
    qtbot.waitUntil(lambda: panel.canvas.picture is not None and panel.canvas.picture.in_sight > 1000, timeout=LONG)
    made.state.pins.choose(5)
    made.state.set_selection(range(20, 60))
    return made


def test_everything_that_takes_the_focus_has_a_name(window: MainWindow) -> None:
    for panel in window.workspace.panels.values():
        panel.come_forward()
    window.commands["edit.settings"].trigger()
    window.commands["help.shortcuts"].trigger()
    takes = [
        widget
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and not inside_another(widget)
    ]
    assert len(takes) > 150
    empty = {widget for widget in takes if isinstance(widget, QLabel) and not widget.text() and not widget.isVisible()}
    assert [where(widget) for widget in takes if widget not in empty and not name_of(widget)] == []


def looks(widget: QWidget) -> QImage:
    """Return how a widget looks together with what is around it."""
    return (widget.parentWidget() or widget).grab().toImage()


def test_whatever_has_the_focus_shows_it(qtbot: QtBot, window: MainWindow) -> None:
    elsewhere = window.run_bar.train if window.run_bar else window
    window.commands["map.freeze"].trigger()
    unseen = []
    for widget in focusable(window):
        if not widget.isEnabled() or widget is elsewhere or isinstance(widget.parentWidget(), QComboBox):
            continue
        elsewhere.setFocus(Qt.FocusReason.TabFocusReason)
        before = looks(widget)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        if widget.hasFocus() and looks(widget) == before:
            unseen.append(where(widget))
    assert unseen == []


def test_tab_goes_from_the_recipe_to_train_and_to_the_map(qtbot: QtBot, window: MainWindow) -> None:
    recipe, map_panel, bar = window.workspace.panels["recipe"], window.workspace.panels["map"], window.run_bar
    assert isinstance(recipe, RecipePanel)
    assert isinstance(map_panel, MapPanel)
    assert bar is not None
    qtbot.waitUntil(bar.train.isEnabled, timeout=LONG)
    choice = recipe.forms["loss"].fields["loss"]
    assert isinstance(choice, ChoiceField)
    choice.combo.setCurrentIndex(choice.combo.findData("contrastive"))  # its fields are made anew
    fields = recipe.forms["loss"].fields
    window.header.search.setFocus(Qt.FocusReason.TabFocusReason)
    seen: list[QWidget | None] = []
    while len(seen) < 300 and not map_panel.canvas.hasFocus():
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        seen.append(window.focusWidget())
    loss = [fields[path].focusProxy() for path in fields if fields[path].isVisible()]
    places = [seen.index(widget) for widget in (recipe.header_tools[0], *loss, bar.train, map_panel.canvas)]
    assert places == sorted(places)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Backtab)
    assert window.focusWidget() is seen[-2]
    parts: list[QWidget | None] = []
    window.header.search.setFocus(Qt.FocusReason.TabFocusReason)
    while len(parts) < 30 and (len(parts) < 2 or parts[-1] is not parts[0]):
        window.commands["window.next_part"].trigger()
        parts.append(window.focusWidget())
    assert any(recipe.isAncestorOf(one) for one in parts if one is not None)
    assert any(window.status_bar.isAncestorOf(one) for one in parts if one is not None)
    assert len(set(parts)) == len(parts) - 1  # each once, and the first again
    window.commands["window.previous_part"].trigger()
    assert window.focusWidget() is parts[-2]
    window.commands["window.previous_part"].trigger()
    last = window.focusWidget()
    assert last is not None
    assert last is parts[-3]
    assert window.status_bar.isAncestorOf(last)  # before the first part stands the last
    bar.train.setFocus(Qt.FocusReason.OtherFocusReason)
    window.commands["window.go_map"].trigger()
    assert map_panel.canvas.hasFocus()
    assert map_panel.canvas in parts
    ways = {place.title: place for place in window.actions_of_window.places()}
    ways["Go to the panel Recipe"].go()
    focused = window.focusWidget()
    assert focused is not None
    assert recipe.isAncestorOf(focused)
