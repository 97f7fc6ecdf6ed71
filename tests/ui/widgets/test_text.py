from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.text import ElidedLabel, PlainLabel, count, counted, duration, percent


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (48.4, "48 s"), (59.7, "1 min 00 s"), (108, "1 min 48 s"), (7_500, "2 h 05 min"), (-3, "0 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_numbers() -> None:
    assert count(70_000) == "70,000"
    assert counted(1, "picture") == "1 picture"
    assert counted(1_623, "class", "classes") == "1,623 classes"
    assert percent(0.1836) == "18.4 %"


def test_names_are_never_markup(qtbot: QtBot) -> None:
    label = PlainLabel("<b>shirt</b><img src='x'>")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == "<b>shirt</b><img src='x'>"


def test_a_long_line_is_shortened_and_kept_in_the_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("a rather long line of text that cannot fit")
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    label.grab()
    assert label.shown_text().endswith("…")
    assert label.toolTip() == label.text()
    label.resize(900, 20)
    label.grab()
    assert label.shown_text() == label.text()
    assert label.toolTip() == ""
