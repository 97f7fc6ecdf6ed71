from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.shell.docks import TabBars


def test_the_tabs_of_docks_never_scroll(qtbot: QtBot) -> None:
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
    assert not bar.usesScrollButtons()
    assert bar.elideMode() == Qt.TextElideMode.ElideRight
    assert bar.tabRect(bar.count() - 1).right() <= bar.width()
