from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QFont, QImage, QTextDocument
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.help_pages import HELP_TOPIC, find, pages
from explorer.engine.run.alarms import Alarm, Kind
from explorer.ui.shell.help.help import FIRST, topic_of
from explorer.ui.shell.help.help_window import HelpWindow, drawn
from explorer.ui.shell.training.alarm_bar import TOLD, AlarmBar
from explorer.ui.widgets.theme import DARK, LIGHT, ThemeChoice, ThemeManager
from tests.helpers.windows import LONG, close_window, shown_window


@pytest.fixture
def window(qtbot: QtBot) -> HelpWindow:
    made = HelpWindow(ThemeManager("light"))
    qtbot.addWidget(made)
    made.show()
    return made


def test_every_topic_can_be_shown(window: HelpWindow) -> None:
    for page in pages():
        window.open(page.name)
        assert page.title in window.text.toPlainText()
        for section in page.sections:
            window.open(section.topic)
            assert window.text.toPlainText().startswith(section.title)
            item = window.contents.currentItem()
            assert item is not None
            assert item.text(0) == section.title


def test_letters_are_no_bolder_than_the_font_that_is_shipped(window: HelpWindow) -> None:
    """Bolder ones would be smeared: the dot of an i runs into it."""
    window.open("losses")
    block, weights = window.text.document().begin(), set[int]()
    while block.isValid():
        pieces = block.begin()
        while not pieces.atEnd():
            weights.add(int(pieces.fragment().charFormat().fontWeight()))
            pieces += 1
        block = block.next()
    assert max(weights) == QFont.Weight.DemiBold.value
    assert len(weights) > 1


def test_links_back_and_forward(window: HelpWindow) -> None:
    window.open("losses")
    window.text.anchorClicked.emit(QUrl("help:losses%23InfoNCE%20/%20NT-Xent"))
    assert window.topic == "losses#InfoNCE / NT-Xent"
    window.back.click()
    assert window.topic == "losses"
    assert not window.back.isEnabled()
    window.forward.click()
    assert window.topic == "losses#InfoNCE / NT-Xent"
    window.open("glossary")
    assert not window.forward.isEnabled()


def test_search_lists_sections_marks_words_and_goes_there_by_keyboard(qtbot: QtBot, window: HelpWindow) -> None:
    window.open("glossary")
    qtbot.keyClicks(window.field, "semi-hard")
    first = window.contents.topLevelItem(0)
    assert first is not None
    assert first.text(0).startswith("Semi-hard")
    assert window.text.extraSelections()
    assert window.topic == first.data(0, Qt.ItemDataRole.UserRole)  # it is shown while one types
    window.back.click()
    assert window.topic == "glossary"  # and not each letter is a step
    assert not window.back.isEnabled()
    qtbot.keyClick(window.field, Qt.Key.Key_Down)
    assert window.topic.endswith("#Semi-hard")
    window.field.setText("qwertz")
    nothing = window.contents.topLevelItem(0)
    assert nothing is not None
    assert nothing.flags() == Qt.ItemFlag.NoItemFlags
    window.field.clear()
    assert window.contents.topLevelItemCount() == len(pages())
    assert not window.text.extraSelections()


def test_pictures_take_the_colours_of_the_theme_and_nothing_else_is_loaded(window: HelpWindow) -> None:
    light, dark = (drawn("pictures/loss_triplet.svg", theme, 1.0) for theme in (LIGHT, DARK))
    assert light.size() == dark.size()
    assert light != dark
    image = QTextDocument.ResourceType.ImageResource.value
    assert window.text.loadResource(image, QUrl("pictures/loss_triplet.svg")) is not None
    assert window.text.loadResource(image, QUrl("file:///etc/hostname")) is None
    assert window.text.loadResource(image, QUrl("http://localhost/pictures/a.svg")) is None


def test_a_widget_is_told_of_by_the_nearest_topic_around_it(qtbot: QtBot) -> None:
    outer = QWidget()
    qtbot.addWidget(outer)
    field = QLineEdit()
    QVBoxLayout(outer).addWidget(field)
    assert topic_of(field) == topic_of(None) == FIRST
    outer.setProperty(HELP_TOPIC, "panels#Map")
    assert topic_of(field) == "panels#Map"


def test_every_alarm_is_told_of(qtbot: QtBot) -> None:
    assert set(TOLD) == set(get_args(Kind))
    bar = AlarmBar(ThemeManager("dark"))
    qtbot.addWidget(bar)
    for kind in get_args(Kind):
        bar.show_alarm(Alarm("r", 1, 1, kind, "Something is wrong."))
        with qtbot.waitSignal(bar.asked) as asked:
            bar.why.click()
        assert asked.args is not None
        find(asked.args[0])


def test_in_the_window_f1_a_panel_and_the_palette_lead_to_the_help(qtbot: QtBot, tmp_path: Path) -> None:
    window = shown_window(qtbot, "sample:digits", tmp_path)
    qtbot.waitUntil(lambda: window.workspace.shown, timeout=LONG)
    recipe = window.workspace.panels["recipe"]
    qtbot.waitUntil(lambda: recipe.body_shown, timeout=LONG)
    window.workspace.panels["map"].help_wanted.emit()
    assert window.help.window is not None
    assert window.help.window.topic == "panels#Map"
    window.help.show(topic_of(recipe.forms["loss"].fields["loss"]))  # type: ignore[attr-defined]
    assert window.help.window.topic == "losses#Triplet"
    assert len(names := [place.title for place in window.help.places()]) == len(set(names))
    place = next(place for place in window.actions_of_window.places() if place.title.startswith("Help: Semi-hard"))
    place.go()
    assert window.help.window.topic.endswith("#Semi-hard")
    window.help.window.close()
    qtbot.waitUntil(lambda: window.help.window is None)
    window.commands["help.guide"].trigger()
    assert window.help.window is not None
    close_window(qtbot, window)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_all_lines_of_a_table_have_one_colour(qtbot: QtBot, name: ThemeChoice) -> None:
    themes = ThemeManager(name)
    window = HelpWindow(themes)
    qtbot.addWidget(window)
    window.show()
    window.open("losses#Triplet")
    image = window.text.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    lines = (pixels == themes.current.rgb("line")).all(axis=-1)
    assert (lines.sum(axis=1) > 400).sum() == 5, "one above each row, and one below the last"
