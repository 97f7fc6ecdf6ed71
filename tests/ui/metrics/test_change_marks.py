"""Labels of live changes on a plot over steps."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from explorer.core.events import ParameterChanged
from explorer.ui.metrics.change_marks import GAP, LABEL_PIXELS, ChangeMarks
from explorer.ui.widgets.plots import Plot
from explorer.ui.widgets.text import ui_font
from explorer.ui.widgets.theme import ThemeManager


def test_labels_of_two_changes_near_the_end_stand_in_the_order_of_their_steps(
    qtbot: QtBot, themes: ThemeManager
) -> None:
    plot, level = Plot(themes, "curves"), pg.InfiniteLine(angle=0)
    qtbot.addWidget(plot)
    plot.resize(380, 160)
    with qtbot.waitExposed(plot):
        plot.show()
    wide = QFontMetrics(ui_font(LABEL_PIXELS)).horizontalAdvance("margin 0.99") + GAP
    plot.setXRange(0, plot.getViewBox().width(), padding=0)  # a step is a pixel
    at = int(plot.getViewBox().width()) - wide - 4  # the first has just room at its right, and the second has none
    marks = ChangeMarks(plot, level)
    for step, margin in ((at, 0.99), (at + wide // 2, 0.5)):
        marks.add(ParameterChanged("r1", step, "loss.margin", 0.2, margin))
    assert [text for text, _, _ in marks.shown()] == ["margin 0.99", "margin 0.5"]
    plot.grab()  # only then it is where it is painted
    first, second = (line.label.mapRectToScene(line.label.boundingRect()) for line in marks._lines)
    assert first.left() < second.left()
    assert first.right() < second.right()
    assert not first.intersects(second)
