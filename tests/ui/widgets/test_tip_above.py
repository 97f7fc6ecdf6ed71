"""A tip that is shown while the pointer moves takes no click from what it is about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.tip_above import LABEL, tip_above


@pytest.fixture
def strip(qtbot: QtBot) -> Iterator[QWidget]:
    widget = QWidget(None, Qt.WindowType.FramelessWindowHint)
    qtbot.addWidget(widget)
    widget.setGeometry(100, 300, 400, 34)
    widget.show()
    yield widget
    QToolTip.hideText()


def tips() -> list[QRect]:
    shown = [each for each in QApplication.topLevelWidgets() if each.objectName() == LABEL and each.isVisible()]
    return [each.geometry() for each in shown]


def test_no_tip_lies_over_what_it_is_about(strip: QWidget) -> None:
    about = QRect(strip.mapToGlobal(strip.rect().topLeft()), strip.size())
    for x, text in ((20.0, "step 7"), (200.0, "step 40\nrecall@1 0.812\nloss 0.31"), (399.0, "a long tip " * 40)):
        tip_above(strip, x, text)
        (tip,) = tips()
        assert not tip.intersects(about), f"its clicks are lost at {x}"
        assert about.top() - tip.bottom() < 40, "beside it"


def test_it_stands_below_where_the_screen_has_no_room_above(strip: QWidget) -> None:
    strip.move(100, 0)
    tip_above(strip, 20, "step 7")
    (tip,) = tips()
    about = QRect(strip.mapToGlobal(strip.rect().topLeft()), strip.size())
    assert tip.top() > about.bottom()
