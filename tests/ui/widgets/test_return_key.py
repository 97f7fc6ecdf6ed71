"""Return presses a button in a window, as it does in a dialog."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.shell.main_window import MainWindow

RETURN, CTRL = Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier


def focus(qtbot: QtBot, window: MainWindow, widget: QWidget) -> None:
    window.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)


@pytest.mark.parametrize("kind", [QPushButton, QToolButton])
def test_return_presses_the_button_that_has_the_focus_once(
    qtbot: QtBot, start: MainWindow, kind: type[QPushButton | QToolButton]
) -> None:
    button, pressed = kind(start), []
    button.clicked.connect(lambda: pressed.append("it"))
    button.show()
    focus(qtbot, start, button)
    QTest.keyClick(button, RETURN)
    assert pressed == ["it"]
    QTest.keyClick(button, RETURN, CTRL)
    button.setEnabled(False)
    QTest.keyClick(start, RETURN)
    assert pressed == ["it"]


def test_return_elsewhere_presses_nothing(qtbot: QtBot, start: MainWindow) -> None:
    around = QWidget(start)
    field, button, pressed = QLineEdit(around), QPushButton(around), []
    button.clicked.connect(lambda: pressed.append("it"))
    around.show()
    focus(qtbot, start, field)
    QTest.keyClick(field, RETURN)
    assert pressed == []
