from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.question import Asks, offer_removal, question_box


def test_the_words_are_plain_text_in_both_places(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    box = question_box(parent, "Sure", "Remove <b>it</b>?", "It is <i>big</i>.")
    shown = {label.text(): label.textFormat() for label in box.findChildren(QLabel) if label.text()}
    assert shown == dict.fromkeys(("Remove <b>it</b>?", "It is <i>big</i>."), Qt.TextFormat.PlainText)


@pytest.mark.parametrize(("key", "removed"), [(Qt.Key.Key_Escape, False), (Qt.Key.Key_Return, False), (None, True)])
def test_it_is_kept_unless_the_button_says_otherwise_and_the_box_is_gone(
    qtbot: QtBot, key: Qt.Key | None, removed: bool
) -> None:
    parent, asks, said = QWidget(), Asks(), list[str]()
    qtbot.addWidget(parent)
    parent.show()
    box = question_box(parent, "Sure", "Remove it?", "It is big.")
    button = offer_removal(box, "Remove", "Keep")
    button.clicked.connect(lambda: said.append("removed"))
    asks.open_question(box)
    assert isinstance(asks.question, QMessageBox)
    if key is None:
        button.click()
    else:
        QTest.keyClick(box, key)
    assert asks.question is None
    assert bool(said) is removed
