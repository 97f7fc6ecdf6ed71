from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.class_colours import class_colours
from explorer.ui.map.legend.legend_list import LegendList
from explorer.ui.widgets.class_list import BATCH, ROW_HEIGHT, ClassList
from explorer.ui.widgets.theme import ThemeManager

MANY = 10 * BATCH


def test_many_classes_are_laid_out_a_batch_a_turn_and_all_can_be_reached(qtbot: QtBot) -> None:
    shown = ClassList(ThemeManager())
    qtbot.addWidget(shown)
    names = [f"class {label}" for label in range(MANY)]
    shown.classes.show_classes(range(MANY), names, np.full(MANY, 2), class_colours(MANY))
    shown.resize(240, 5 * ROW_HEIGHT)
    shown.show()
    assert shown.verticalScrollBar().maximum() <= BATCH * ROW_HEIGHT
    qtbot.waitUntil(lambda: shown.verticalScrollBar().maximum() >= (MANY - 5) * ROW_HEIGHT)
    shown.verticalScrollBar().setValue(shown.verticalScrollBar().maximum())
    assert shown.indexAt(shown.viewport().rect().bottomLeft()).row() == MANY - 1


def test_no_row_is_cut_in_half_below(qtbot: QtBot) -> None:
    shown = ClassList(ThemeManager())
    qtbot.addWidget(shown)
    shown.whole_rows = True
    shown.classes.show_classes(range(30), [f"class {k}" for k in range(30)], np.full(30, 2), class_colours(30))
    shown.show()
    for height in (5 * ROW_HEIGHT + 9, 7 * ROW_HEIGHT + 3, ROW_HEIGHT + 2):
        shown.resize(200, height)
        qtbot.waitUntil(lambda: shown.viewport().height() % ROW_HEIGHT == 0)
        assert shown.viewport().height() >= ROW_HEIGHT


@pytest.mark.parametrize("kind", [ClassList, LegendList])
def test_both_lists_of_classes_have_the_same_clicks_and_keys(qtbot: QtBot, kind: type[ClassList]) -> None:
    room = QWidget()
    qtbot.addWidget(room)
    shown = kind(ThemeManager(), room)
    shown.classes.show_classes(range(4), [f"class {label}" for label in range(4)], np.full(4, 2), class_colours(4))
    shown.resize(200, 5 * ROW_HEIGHT)
    room.show()
    heard: list[tuple[object, ...]] = []
    shown.chosen.connect(lambda label, mode: heard.append(("chosen", label, mode)))
    shown.eye_clicked.connect(lambda label: heard.append(("eye", label)))
    shown.isolated.connect(lambda label: heard.append(("alone", label)))
    shown.menu_asked.connect(lambda label, at: heard.append(("menu", label, at)))
    port, left, plain = shown.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    row = shown.visualRect(shown.classes.index(2))
    name, eye = QPoint(40, row.center().y()), QPoint(row.right() - 12, row.center().y())
    QTest.mouseClick(port, left, plain, name)
    QTest.mouseClick(port, left, Qt.KeyboardModifier.ShiftModifier, name)
    QTest.mouseClick(port, left, Qt.KeyboardModifier.AltModifier, name)
    QTest.mouseClick(port, left, plain, eye)
    QTest.mouseDClick(port, left, plain, name)
    assert heard[:5] == [
        ("chosen", 2, "replace"),
        ("chosen", 2, "add"),
        ("chosen", 2, "remove"),
        ("eye", 2),
        ("alone", 2),
    ]
    heard.clear()
    QTest.keyClick(shown, Qt.Key.Key_Space)
    QTest.keyClick(shown, Qt.Key.Key_Return)
    mouse, key = QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(port, QContextMenuEvent(mouse, name, port.mapToGlobal(name)))
    QApplication.sendEvent(port, QContextMenuEvent(key, QPoint(0, 0), port.mapToGlobal(QPoint(0, 0))))
    middle = port.mapToGlobal(row.center())
    assert heard == [("eye", 2), ("alone", 2), ("menu", 2, port.mapToGlobal(name)), ("menu", 2, middle)]
