"""The size of text: fonts, the style sheet and kept sizes follow it; what is drawn for a file does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMainWindow, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.plots import Plot
from explorer.ui.widgets.text import PlainLabel, WholeLabel, paper_font, ui_font
from explorer.ui.widgets.text_size import LINE, USUAL, barred, keep_bar, keep_size, open_large, scaled, text_size
from explorer.ui.widgets.theme import ThemeManager


@pytest.fixture(autouse=True)
def usual_size(themes: ThemeManager) -> Iterator[None]:
    """Give text its usual size back, while there is a theme that dresses what is there and what is made next."""
    yield
    text_size().choose(USUAL)
    themes.apply()


def test_fonts_and_sheet_have_the_size_and_paper_has_not(themes: ThemeManager) -> None:
    text_size().choose(200)
    assert (ui_font(12).pixelSize(), paper_font(12).pixelSize(), scaled(21)) == (24, 12, 42)
    sheet = themes.current.qss()
    assert "font-size: 24px" in sheet
    assert not re.search(r"\dtx\b", sheet)


def test_what_is_shown_follows_at_once_and_goes_back(qtbot: QtBot, themes: ThemeManager) -> None:
    window, label = QMainWindow(), PlainLabel("Loss", role="figure")
    qtbot.addWidget(window)
    window.setCentralWidget(label)
    keep_size(label, height=30)
    window.show()
    text_size().choose(150)
    qtbot.waitUntil(lambda: label.font().pixelSize() == round(17 * 1.5))
    assert label.height() == 45
    text_size().choose(100)
    qtbot.waitUntil(lambda: label.font().pixelSize() == 17)
    assert label.height() == 30


def test_a_bar_grows_by_its_letters_alone(qtbot: QtBot, themes: ThemeManager) -> None:
    bar = QWidget()
    qtbot.addWidget(bar)
    keep_bar(bar, 44, lines=2)
    assert bar.height() == barred(44) == 44
    text_size().choose(200)
    assert 2 * LINE + 44 == bar.height() > barred(44) > 44
    assert barred(30) > PlainLabel("Map").fontMetrics().height()


def test_text_of_every_size_comes_again_after_the_usual_one(qtbot: QtBot, themes: ThemeManager) -> None:
    window, button = QMainWindow(), QPushButton("Train")
    qtbot.addWidget(window)
    window.setCentralWidget(button)
    window.show()
    for percent in (200, 100, 200, 150, 100, 175):
        text_size().choose(percent)
        themes.dress(window)
        assert button.font().pixelSize() == ui_font().pixelSize()


def test_the_margins_of_a_plot_hold_its_titles_and_numbers(qtbot: QtBot, themes: ThemeManager) -> None:
    window, plot = QMainWindow(), Plot(themes, "Loss")
    qtbot.addWidget(window)
    window.setCentralWidget(plot)
    window.resize(500, 300)
    plot.set_titles(left="loss", bottom="step")
    window.show()
    for percent in (100, 150, 200):
        text_size().choose(percent)
        plot.plotItem.layout.activate()
        plot.restyle()
        for title in plot._titles.values():
            box = title.mapRectToParent(title.boundingRect())
            assert plot.plotItem.rect().adjusted(-1, -1, 1, 1).contains(box), percent
        assert plot.getAxis("bottom").height() >= plot.fontMetrics().height() * 0.8


def test_a_dialog_is_no_larger_than_the_screen(qtbot: QtBot, themes: ThemeManager) -> None:
    dialog = PlainLabel("Settings")
    qtbot.addWidget(dialog)
    text_size().choose(200)
    open_large(dialog, 600, 660)
    room = dialog.screen().availableSize()
    assert dialog.size() == QSize(
        min(1200, round(0.95 * room.width())), max(660, min(1320, round(0.95 * room.height())))
    )


def test_an_open_dialog_follows_the_size_of_text_and_goes_back(qtbot: QtBot, themes: ThemeManager) -> None:
    dialog = PlainLabel("Settings")
    qtbot.addWidget(dialog)
    open_large(dialog, 300, 200)
    room = dialog.screen().availableGeometry()
    dialog.move(room.right() - 320, room.bottom() - 240)
    dialog.show()
    text_size().choose(200)
    assert dialog.size() == QSize(600, 400)
    assert room.contains(dialog.frameGeometry())
    text_size().choose(100)
    assert dialog.size() == QSize(300, 200)
    dialog.resize(400, 200)  # by hand
    text_size().choose(150)
    assert dialog.size() == QSize(600, 300)


def test_lines_of_text_need_no_more_height_than_their_letters_do(qtbot: QtBot, themes: ThemeManager) -> None:
    label = WholeLabel("2,640 train, 2,485 held out and 81 test")
    qtbot.addWidget(label)
    label.resize(120, 100)
    label.show()
    before = label.minimumHeight()
    label.resize(90, 300)
    assert label.minimumHeight() > before
    label.resize(120, 100)
    assert label.minimumHeight() == before


@pytest.mark.parametrize("percent", [100, 125, 150, 175, 200])
def test_what_is_round_stays_round_in_every_size_of_text(qtbot: QtBot, themes: ThemeManager, percent: int) -> None:
    """Qt draws square corners where a radius is more than half of a height."""
    text_size().choose(percent)
    ground = QWidget()
    qtbot.addWidget(ground)
    pill = QPushButton("following", ground)
    pill.setObjectName("follow")
    themes.apply()
    pill.adjustSize()
    pill.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    ground.show()
    image = ground.grab(pill.geometry()).toImage()
    assert image.pixelColor(0, 0) == image.pixelColor(1, 1) == ground.grab().toImage().pixelColor(ground.width() - 1, 0)
    assert image.pixelColor(image.width() // 2, 0) != image.pixelColor(0, 0)
