from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.metrics.distances_panel import DistancesPanel
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from explorer.ui.shell.layout.docks import PanelDock, PanelTitle, TabBars
from explorer.ui.shell.layout.panel_scroll import PanelScroll
from explorer.ui.widgets.text_size import USUAL, text_size
from tests.ui.panel_desk import Held, desk_of


def test_the_tabs_of_docks_scroll_rather_than_being_cut_short(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    TabBars(window)
    docks = [QDockWidget(f"A long title {i}", window) for i in range(6)]
    for dock in docks:
        dock.setWidget(QWidget())
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    for dock in docks[1:]:
        window.tabifyDockWidget(docks[0], dock)
    window.resize(320, 240)
    with qtbot.waitExposed(window):
        window.show()
    (bar,) = window.findChildren(QTabBar)
    assert bar.usesScrollButtons()
    letters = bar.fontMetrics()
    for place in range(bar.count()):
        assert bar.tabRect(place).width() >= letters.horizontalAdvance(bar.tabText(place))
    docks[-1].raise_()
    qtbot.waitUntil(lambda: bar.tabRect(bar.count() - 1).right() <= bar.width())


def test_a_header_is_never_cut_at_its_beginning(qtbot: QtBot, tmp_path: Path) -> None:
    desk = desk_of(Held(), Settings(tmp_path / "settings.json"))
    panel = DistancesPanel(desk)
    title = PanelTitle(panel)
    for widget in (panel, title):
        qtbot.addWidget(widget)
    panel.set_subtitle("of what is held out")
    panel.set_status("EER 8.5 % at 0.36 · AUC 0.971 · step 12,345")
    title.resize(900, title.height())
    title.show()
    qtbot.waitUntil(lambda: title.subtitle.isVisible())
    assert title.status.shown_text() == panel.status
    title.resize(380, title.height())
    qtbot.waitUntil(lambda: not title.subtitle.isVisible())  # the figures are of more use
    title.resize(300, title.height())
    qtbot.waitUntil(lambda: title.status.shown_text() == "… · step 12,345")  # figures of no step say little
    assert title.status.toolTip() in ("", panel.status)
    panel.set_status("EER 8.5 %")
    assert title.status.shown_text() == "EER 8.5 %"
    panel.set_status("held-out items, all of them · step 12,345")
    title.resize(260, title.height())
    qtbot.waitUntil(lambda: title.status.shown_text() == "… · step 12,345")
    desk.bridge.close()


def test_the_name_of_a_run_above_its_map_leaves_the_step_its_room(qtbot: QtBot, desk: Desk) -> None:
    panel = DistancesPanel(desk)
    title = PanelTitle(panel)
    for widget in (panel, title):
        qtbot.addWidget(widget)
    title.title.setText("A  triplet 0.30 · semi-hard · digits-20261201-024339, with a long name")
    panel.set_status("step 168 · trust 0.913 · 15-NN kept 0.28")
    title.resize(480, title.height())
    title.show()
    qtbot.waitUntil(lambda: title.status.shown_text() == "step 168 …")


def test_a_panel_that_floats_has_a_frame_and_the_ground_of_panels(qtbot: QtBot, desk: Desk) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = PanelDock(DistancesPanel(desk), window)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    with qtbot.waitExposed(window):
        window.show()
    dock.setFloating(True)
    qtbot.waitUntil(dock.isVisible)
    image, theme = dock.grab().toImage(), desk.themes.current
    edges = ((0, 20), (image.width() - 1, 20), (60, 0), (60, image.height() - 1))
    assert {image.pixelColor(*at).name() for at in edges} == {theme.colour("outline").name()}
    assert image.pixelColor(20, image.height() - 8).name() == theme.colour("panel").name()


def test_a_panel_that_is_hardly_too_wide_has_no_bar_below(qtbot: QtBot, desk: Desk) -> None:
    panel = DistancesPanel(desk)
    scroll = PanelScroll(panel)
    qtbot.addWidget(scroll)
    wide = panel.minimumSizeHint().width() + 20
    for least, bar in ((wide, False), (wide + 5, False), (wide + 60, True)):
        panel.setMinimumWidth(least)
        scroll.resize(wide, 300)
        scroll.show()
        qtbot.waitUntil(lambda bar=bar: scroll.horizontalScrollBar().isVisible() is bar)  # type: ignore[misc]


def test_what_is_hidden_in_a_panel_needs_the_room_of_the_letters_that_it_would_have_now(
    qtbot: QtBot, desk: Desk
) -> None:
    panel = NeighboursPanel(desk)
    scroll = PanelScroll(panel)
    qtbot.addWidget(scroll)
    desk.themes.apply()
    usual = panel.minimumSizeHint().width()
    scroll.resize(usual + 20, 300)
    scroll.show()
    try:
        for _ in range(3):
            text_size().choose(200)
            desk.themes.apply()
            qtbot.waitUntil(lambda: panel.minimumSizeHint().width() > 1.5 * usual)
            text_size().choose(USUAL)
            desk.themes.apply()
            qtbot.waitUntil(lambda: panel.minimumSizeHint().width() == usual)
            qtbot.waitUntil(lambda: panel.width() == scroll.viewport().width())  # its text is not cut
    finally:
        text_size().choose(USUAL)
        desk.themes.apply()
