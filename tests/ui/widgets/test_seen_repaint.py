from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.seen_repaint import UNSEEN_MS, SeenRepaint


def test_what_is_not_seen_is_drawn_seldom_and_at_once_when_it_comes_into_sight(qtbot: QtBot) -> None:
    window, panel = QWidget(), QWidget()
    drawn: list[bool] = []
    qtbot.addWidget(window)
    QVBoxLayout(window).addWidget(panel)
    repaint = SeenRepaint(panel, lambda: drawn.append(repaint.waits), 1)
    repaint.ask()
    repaint.ask()
    qtbot.waitUntil(lambda: drawn == [False])
    window.show()
    panel.hide()
    repaint.ask()
    assert repaint._timer.remainingTime() > UNSEEN_MS / 2
    panel.show()
    qtbot.waitUntil(lambda: len(drawn) == 2)
    repaint.ask()
    repaint.forget()
    assert not repaint.waits
