from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListView, QToolTip
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.fields.choice import SEARCHED, ChoiceField
from explorer.ui.widgets.fields.choice_search import ChoiceSearch


def test_a_choice_that_needs_something_is_listed_but_off(qtbot: QtBot) -> None:
    field = ChoiceField([("a", "A", "", True), ("b", "B", "Needs b: pip install b", False)])
    qtbot.addWidget(field)
    index = field.combo.model().index(1, 0)
    assert not field.combo.model().flags(index) & Qt.ItemFlag.ItemIsEnabled
    assert field.combo.itemData(1, Qt.ItemDataRole.ToolTipRole) == "Needs b: pip install b"


@pytest.fixture
def long(qtbot: QtBot) -> ChoiceField:
    """A choice among twenty, under two headings; the tenth is off."""
    entries = [(f"loss_{n}", f"Loss {n}", "by proxies" if n % 5 == 0 else "", n != 10) for n in range(20)]
    field = ChoiceField([("", "FIRST", "", False), *entries[:8], ("", "SECOND", "", False), *entries[8:]])
    qtbot.addWidget(field)
    field.set_value("loss_3")
    field.show()
    return field


def opened(field: ChoiceField) -> ChoiceSearch:
    field.combo.showPopup()
    assert field.combo.search is not None
    return field.combo.search


def shown(field: ChoiceField) -> list[str]:
    view = field.combo.view()
    assert isinstance(view, QListView)
    return [field.combo.itemText(row) for row in range(field.combo.count()) if not view.isRowHidden(row)]


def test_a_long_list_is_searched_by_title_and_tip_and_chosen_from_by_the_keyboard(long: ChoiceField) -> None:
    search, told = opened(long), list[object]()
    long.changed.connect(told.append)
    assert len(shown(long)) == 22
    QTest.keyClicks(search, "PROX")
    assert shown(long) == ["FIRST", "Loss 0", "Loss 5", "SECOND", "Loss 10", "Loss 15"]
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Down):
        QTest.keyClick(search, key)  # past the one that is off, and not past the end
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert long.value() == "loss_15"
    assert told == ["loss_15"]
    assert not long.combo.view().isVisible()


def test_what_is_not_found_chooses_nothing_and_escape_goes_back_a_step_at_a_time(long: ChoiceField) -> None:
    search = opened(long)
    QTest.keyClicks(search, "loss 1")
    assert shown(long)[0] == "FIRST"
    QTest.keyClicks(search, "x")
    assert shown(long) == []
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert long.combo.view().isVisible()
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert len(shown(long)) == 22
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert not long.combo.view().isVisible()
    assert long.value() == "loss_3"


def test_a_short_list_has_no_search(qtbot: QtBot) -> None:
    field = ChoiceField([(str(n), str(n), "", True) for n in range(SEARCHED - 1)])
    qtbot.addWidget(field)
    field.show()
    field.combo.showPopup()
    assert field.combo.search is None
    field.combo.hidePopup()


@pytest.mark.parametrize(
    ("tip", "told"),
    [
        ("", "A rather long name"),
        ("What it is.", "A rather long name\nWhat it is."),
        ("<qt>a<br>b</qt>", "<qt>A rather long name<br>a<br>b</qt>"),
        ("A rather long name · what it is", "A rather long name · what it is"),
    ],
)
def test_a_choice_that_is_shortened_is_whole_in_its_tip(qtbot: QtBot, tip: str, told: str) -> None:
    field = ChoiceField([("a", "A rather long name", "", True)])
    qtbot.addWidget(field)
    field.setToolTip(tip)
    field.show()
    field.combo.setFixedWidth(400)
    assert field.combo.shown_text() == "A rather long name"
    field.combo.setFixedWidth(90)
    assert field.combo.shown_text() != "A rather long name"
    middle = field.combo.rect().center()
    QApplication.sendEvent(field.combo, QHelpEvent(QEvent.Type.ToolTip, middle, field.combo.mapToGlobal(middle)))
    assert QToolTip.text() == told
