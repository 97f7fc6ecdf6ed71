"""What is said below the recipe makes the whole of it neither higher nor scroll sideways."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.recipe.form_scroll import FormScroll
from explorer.ui.recipe.lines_below import AROUND, LinesBelow

WORDS = "Changed live: margin 0.2 → 1.25 at step 168, miner all → semi-hard at step 1,210"


def test_a_panel_does_not_scroll_since_a_line_below_its_form_has_come(qtbot: QtBot) -> None:
    form = QWidget()
    rows = QFormLayout(form)
    for number in range(30):
        rows.addRow(f"Row {number}", QLineEdit())
    panel = QWidget()
    box = QVBoxLayout(panel)
    below = LinesBelow()
    below.hide()
    box.addWidget(FormScroll(form), 1)
    box.addWidget(below)
    around = QScrollArea()
    qtbot.addWidget(around)
    around.setWidgetResizable(True)
    around.setWidget(panel)
    around.resize(260, 320)
    around.show()
    qtbot.waitExposed(around)
    below.setText(WORDS)
    below.show()
    one = below.fontMetrics().height()
    qtbot.waitUntil(lambda: below.height() >= 2 * one + 2 * AROUND)
    qtbot.waitUntil(lambda: below.geometry().bottom() < panel.height() == around.viewport().height())
    assert not box.hasHeightForWidth(), "a scroll area would give it what the whole form would like to have"
    assert not around.verticalScrollBar().isVisible()
    assert not around.horizontalScrollBar().isVisible()
    around.resize(900, 320)
    qtbot.waitUntil(lambda: below.height() == one + 2 * AROUND)
