from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from explorer.engine.run.alarms import Alarm, Remedy
from explorer.ui.shell.training.alarm_bar import AlarmBar
from explorer.ui.widgets.theme import ThemeManager

SEMI_HARD = Remedy("Switch to semi-hard", "set", (("miner", "semi_hard"),))
COLLAPSE = Alarm("r", 60, 31, "collapse", "All embeddings have <b>fallen</b> together since step 31.", (SEMI_HARD,))


def test_an_alarm_is_shown_as_plain_text_and_its_remedy_is_one_click(qtbot: QtBot, themes: ThemeManager) -> None:
    bar = AlarmBar(themes)
    qtbot.addWidget(bar)
    bar.show_alarm(COLLAPSE)
    assert bar.isVisible()
    assert bar.label.text() == COLLAPSE.message
    with qtbot.waitSignal(bar.chosen) as chosen:
        qtbot.mouseClick(bar.buttons[0], Qt.MouseButton.LeftButton)
    assert chosen.args == [SEMI_HARD]
    assert not bar.isVisible()
    assert not [
        button for button in bar.findChildren(QPushButton) if button.text() == SEMI_HARD.title and button.isVisible()
    ]


def test_only_the_end_of_what_is_shown_takes_it_away(qtbot: QtBot, themes: ThemeManager) -> None:
    bar = AlarmBar(themes)
    qtbot.addWidget(bar)
    bar.show_alarm(COLLAPSE)
    bar.show_alarm(Alarm("r", 70, 70, "dead", ""))
    assert bar.isVisible()
    bar.show_alarm(Alarm("r", 90, 90, "collapse", ""))
    assert not bar.isVisible()
    bar.show_alarm(COLLAPSE)
    qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert not bar.isVisible()
