"""The menu of the map, by mouse and by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.map.map_menu import OF_MAP
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.session.item_menu import OF_SELECTION
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from tests.helpers.blobs import CLOTHES
from tests.ui.map.test_map_panel import LABELS, open_blobs, row_of, spot
from tests.ui.panel_desk import Held, desk_of

MOUSE, KEY = QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard


@pytest.fixture
def held() -> Held:
    return Held(run="r1")


@pytest.fixture
def panel(qtbot: QtBot, held: Held, tmp_path: Path) -> Iterator[MapPanel]:
    widget = MapPanel(desk_of(held, Settings(tmp_path / "settings.json")))
    qtbot.addWidget(widget)
    widget.resize(800, 500)
    widget.show()
    yield widget
    widget.shut()
    widget.desk.bridge.close()


def asked(widget: QWidget, at: QPoint, reason: QContextMenuEvent.Reason = MOUSE) -> list[str]:
    """Ask for a menu somewhere; return what it offers, nothing where there is none."""
    QApplication.sendEvent(widget, QContextMenuEvent(reason, at, widget.mapToGlobal(at)))
    menu = QApplication.activePopupWidget()
    offered = [action.text() for action in menu.actions()] if isinstance(menu, QMenu) else []
    if menu is not None:
        menu.close()
    return offered


def test_a_point_has_the_menu_of_its_item_and_the_rest_that_of_the_map(
    qtbot: QtBot, panel: MapPanel, held: Held
) -> None:
    open_blobs(qtbot, panel, held)
    place, item = spot(qtbot, panel)
    offered = asked(panel.canvas, place)
    assert offered[0] == f"{CLOTHES[LABELS[item]]}  #{item}".replace("&", "&&")
    assert {"Find its neighbours", "Hide this class", "Copy its id", "Export"} <= set(offered)
    beside = asked(panel.canvas, QPoint(300, panel.canvas.height() - 4))
    assert {"Show the whole map", "Show all points", "Export"} <= set(beside)
    assert "Find its neighbours" not in beside


def test_the_menu_is_of_the_item_whose_card_is_read_though_points_move_and_the_card_goes(
    qtbot: QtBot, panel: MapPanel, held: Held
) -> None:
    open_blobs(qtbot, panel, held)
    place, item = spot(qtbot, panel)
    QTest.mouseMove(panel.canvas, place)
    qtbot.waitUntil(lambda: panel.canvas.hover == item)
    other = (item + 1) % len(LABELS)
    panel.canvas.set_hover(other)  # what lay there when it was read
    assert asked(panel.canvas, place)[0].endswith(f"#{other}")
    assert panel.canvas.hover == -1
    assert asked(panel.canvas, place)[0].endswith(f"#{item}")


def test_the_menu_key_is_about_what_is_pinned_or_else_the_map(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    panel.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
    assert "Show the whole map" in asked(panel.canvas, QPoint(5, 5), KEY)
    panel.desk.state.set_selection([7])
    assert asked(panel.canvas, QPoint(5, 5), KEY)[0].endswith("#7")
    panel.desk.state.pins.set([9])
    assert asked(panel.canvas, QPoint(5, 5), KEY)[0].endswith("#9")


def test_what_floats_on_the_map_has_not_the_menu_of_the_map(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    assert not asked(panel.tools, QPoint(10, 10))
    row = row_of(panel, CLOTHES[3])
    assert asked(panel.legend.list.viewport(), row)[0] == CLOTHES[3].replace("&", "&&")
    panel.desk.state.set_colour_by("split")
    offered = asked(panel.legend.list.viewport(), row_of(panel, "held out"))
    assert {"Select all of this value", "Hide this value", "Show only this value"} <= set(offered)


def test_every_command_of_the_menus_is_one_of_the_window(open_window: Callable[..., MainWindow]) -> None:
    commands = open_window().commands
    for name in (*OF_SELECTION, *(name for group in OF_MAP for name in group)):
        assert name in commands
