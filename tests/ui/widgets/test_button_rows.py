"""Buttons take as many rows as their words need, whatever is shown of them."""

from __future__ import annotations

from PySide6.QtCore import QMargins
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.button_rows import ButtonRows


def rows_of(buttons: list[QPushButton]) -> int:
    return len({button.y() for button in buttons if button.isVisible()})


def test_buttons_go_into_as_many_rows_as_they_need(qtbot: QtBot) -> None:
    buttons = [QPushButton(text) for text in ("Keep", "Relabel", "Exclude")]
    rows = ButtonRows(buttons, QMargins(4, 4, 4, 4))
    qtbot.addWidget(rows)
    rows.setFixedWidth(400)  # as a panel gives it
    rows.show()
    qtbot.waitUntil(lambda: rows_of(buttons) == 1)
    for button in buttons:
        button.setText("Ausnahmsweise umetikettieren")
    qtbot.waitUntil(lambda: rows_of(buttons) in (2, 3))
    assert all(button.width() >= button.sizeHint().width() for button in buttons)
    rows.setFixedWidth(rows.minimumSizeHint().width())
    qtbot.waitUntil(lambda: rows_of(buttons) == 3)
    buttons[1].hide()
    qtbot.waitUntil(lambda: rows_of(buttons) == 2)
    for button in buttons:
        button.hide()
    assert rows.minimumSizeHint().width() == 8
