from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.steady_scroll import SteadyScroll


class Contrary(QWidget):
    """Is never content: each size that it gets makes it ask for another."""

    resized = 0

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for more height when there was little, and for less when there was much."""
        self.resized += 1
        self.setMinimumHeight(400 if self.height() < 300 else 200)


def test_an_inside_that_is_never_content_does_not_end_the_process(qtbot: QtBot) -> None:
    area = SteadyScroll()
    qtbot.addWidget(area)
    inside = Contrary()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.resize(200, 250)
    area.show()
    QApplication.processEvents()
    assert 0 < inside.resized < 1000
    assert area._depth == 0
