"""The page of settings: made from their model, searched, in use at once, and the way back to the defaults."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox
from pytestqt.qtbot import QtBot

from explorer.ui.map.map_panel import MapPanel
from explorer.ui.recipe.recipe_panel import RecipePanel
from explorer.ui.session.preferences import TITLES, Preferences
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.messages.toasts import STAY_MS
from explorer.ui.shell.settings.settings_page import SettingsPage, show_settings
from explorer.ui.widgets.language import VARIABLE
from explorer.ui.widgets.theme import ThemeManager
from tests.helpers.windows import whole_window
from tests.ui.conftest import LONG


def test_every_setting_is_on_the_page_once_with_a_sentence() -> None:
    named = [name for titles in TITLES.values() for name in titles]
    assert sorted(named) == sorted(Preferences.model_fields)
    for info in Preferences.described():
        assert info.help.endswith("."), info.name


def test_a_setting_is_in_use_at_once_kept_and_reset(qtbot: QtBot, start: MainWindow) -> None:
    start.commands["edit.settings"].trigger()
    page = start.findChild(SettingsPage)
    assert isinstance(page, SettingsPage)
    theme = page.rows["theme"]
    assert not theme.reset.isEnabled()
    choice = theme.field.findChild(QComboBox)
    assert isinstance(choice, QComboBox)
    choice.setCurrentIndex(choice.findData("light"))
    assert start.themes.current.name == "light"
    assert start.commands["view.theme_light"].isChecked()
    assert Settings(start.settings.path).theme == "light"
    start.toggle_theme()
    assert choice.currentData() == "dark"  # it follows where else it is changed
    QTest.mouseClick(theme.reset, Qt.MouseButton.LeftButton)
    assert (start.settings.theme, start.themes.choice, choice.currentData()) == ("system", "system", "system")

    box = page.rows["reopen"].field.findChild(QCheckBox)
    assert isinstance(box, QCheckBox)
    box.click()
    assert start.commands["file.reopen"].isChecked()
    start.settings.set_value("messages", "until_closed")
    assert start.toasts.show("Stays")._stay == 0
    page.reset.click()
    assert (start.settings.reopen, box.isChecked(), start.settings.messages) == (False, False, "short")
    assert start.toasts.show("Goes")._stay == STAY_MS["info"]
    assert show_settings(start) is page
    page.close()


def test_a_text_finds_settings_by_title_sentence_and_choice(
    qtbot: QtBot, settings: Settings, themes: ThemeManager
) -> None:
    page = SettingsPage(settings, themes)
    qtbot.addWidget(page)
    page.show()

    def shown() -> set[str]:
        return {name for name, row in page.rows.items() if row.isVisible()}

    QTest.keyClicks(page.search, "glides")
    assert shown() == {"reduced_motion"}
    page.search.setText("light colours")
    assert shown() == {"theme"}
    page.search.setText("no such thing")
    assert not shown()
    assert page.none.isVisible()
    page.search.clear()
    assert shown() == set(Preferences.model_fields)


def test_a_value_that_is_not_allowed_is_as_at_first_and_told_by_its_title(
    qtbot: QtBot, settings: Settings, themes: ThemeManager
) -> None:
    settings.path.parent.mkdir(parents=True)
    settings.path.write_text(json.dumps({"autosave": -3, "points": 7, "reopen": True}))
    window = whole_window(themes, Settings(settings.path))
    qtbot.addWidget(window)
    assert (window.settings.autosave, window.settings.enlarged(presenting=False), window.settings.reopen) == (
        30,
        1.0,
        True,
    )
    told = window.toasts.shown[0].text
    assert told.endswith("these were not allowed and are as at first: Seconds between saves, Size of points.")
    window.close()


def test_panels_and_the_session_go_by_the_settings(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    window = open_window("sample:digits")
    panel = window.workspace.panels["map"]
    assert isinstance(panel, MapPanel)
    canvas = panel.canvas
    qtbot.waitUntil(lambda: canvas.picture is not None and canvas.picture.in_sight > 1000, timeout=LONG)
    assert canvas.picture is not None
    usual = canvas.picture.radius
    window.settings.set_value("points", "200")
    qtbot.waitUntil(lambda: canvas.picture is not None and canvas.picture.radius == 2 * usual, timeout=LONG)

    window.settings.set_value("reduced_motion", True)
    before = canvas.navigator.view
    canvas.navigator.zoom_by(2.0)
    assert canvas.navigator.view != before
    assert not canvas.navigator.gliding
    window.settings.set_value("reduced_motion", False)
    canvas.navigator.zoom_by(2.0)
    assert canvas.navigator.gliding

    recipe = window.workspace.panels["recipe"]
    assert isinstance(recipe, RecipePanel)
    qtbot.waitUntil(lambda: bool(recipe.forms), timeout=LONG)
    window.settings.set_value("more_shown", True)
    assert recipe.fold.isChecked()
    window.settings.set_value("autosave", 5)
    assert window.session is not None
    assert window.session._state.autosave_seconds == 5


def test_another_language_says_beside_its_field_that_it_needs_a_start(
    start: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    page = show_settings(start, "language")
    row = page.rows["language"]
    assert row.note.isHidden()
    start.settings.set_value("language", "de")
    assert "start it again" in row.note.text()
    assert not row.note.isHidden()
    start.settings.set_value("language", "en")
    assert row.note.isHidden()
