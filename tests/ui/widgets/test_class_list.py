from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from explorer.core.class_colours import class_colours
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
