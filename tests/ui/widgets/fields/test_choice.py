from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.fields.choice import ChoiceField


def test_a_choice_that_needs_something_is_listed_but_off(qtbot: QtBot) -> None:
    field = ChoiceField([("a", "A", "", True), ("b", "B", "Needs b: pip install b", False)])
    qtbot.addWidget(field)
    index = field.combo.model().index(1, 0)
    assert not field.combo.model().flags(index) & Qt.ItemFlag.ItemIsEnabled
    assert field.combo.itemData(1, Qt.ItemDataRole.ToolTipRole) == "Needs b: pip install b"
