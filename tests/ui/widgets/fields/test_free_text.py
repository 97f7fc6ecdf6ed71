from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.fields.free_text import TextField


def offered(field: TextField) -> list[str]:
    completer = field.edit.completer()
    model = completer.completionModel()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def test_what_can_be_named_is_offered_by_a_click_or_down_and_taken_at_once(qtbot: QtBot) -> None:
    field, told = TextField(), list[object]()
    qtbot.addWidget(field)
    field.set_value("split")
    field.suggest(("camera", "writer"), "none")
    field.changed.connect(told.append)
    field.show()
    QTest.mouseClick(field.edit, Qt.MouseButton.LeftButton)
    popup = field.edit.completer().popup()
    assert popup is not None
    assert popup.isVisible()
    assert offered(field) == ["camera", "writer"]  # all, though something else stands there
    popup.hide()
    QTest.keyClick(field.edit, Qt.Key.Key_Down)
    assert popup.isVisible()
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: told == ["camera"])
    assert field.value() == field.edit.text() == "camera"


def test_where_nothing_is_offered_the_field_says_so(qtbot: QtBot) -> None:
    field = TextField()
    qtbot.addWidget(field)
    field.suggest((), "no columns")
    assert field.edit.placeholderText() == "no columns"
    field.show()
    QTest.mouseClick(field.edit, Qt.MouseButton.LeftButton)
    assert field.edit.completer() is None
