"""The tip at the foot of the window."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.shell.status_bar import StatusBar
from explorer.ui.widgets.theme import ThemeManager


def test_a_tip_goes_with_what_it_is_of(qtbot: QtBot, themes: ThemeManager) -> None:
    window, listed, bar = QWidget(), QWidget(), StatusBar(themes)
    qtbot.addWidget(window)
    box = QVBoxLayout(window)
    box.addWidget(listed, 1)
    box.addWidget(bar)
    window.resize(400, 200)
    with qtbot.waitExposed(window):
        window.show()
    bar.set_default_tip("Click a point")
    before = QCursor.pos()
    QCursor.setPos(listed.mapToGlobal(QPoint(50, 50)))
    try:
        bar.show_tip("Click selects")
        listed.hide()  # as where another panel comes forward
        assert bar.tip.text() == "Click a point"
    finally:
        QCursor.setPos(before)
