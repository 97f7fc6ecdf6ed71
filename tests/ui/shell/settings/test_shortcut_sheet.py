"""Shortcuts that a person changes: shown everywhere, kept, told in words where they collide, and put back."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.ui.session.commands import Commands, usable
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.settings.shortcut_sheet import ShortcutSheet
from explorer.ui.widgets.theme import ThemeManager
from tests.helpers.windows import whole_window

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def sheet_of(window: MainWindow) -> ShortcutSheet:
    window.commands["help.shortcuts"].trigger()
    sheet = window.findChild(ShortcutSheet)
    assert isinstance(sheet, ShortcutSheet)
    return sheet


def test_changed_keys_act_are_shown_everywhere_and_are_kept(qtbot: QtBot, start: MainWindow) -> None:
    sheet = sheet_of(start)
    assert set(sheet.items) == {command.id for command in start.commands}
    sheet.tree.setCurrentItem(sheet.items["view.toggle_theme"])
    assert sheet.chosen.text() == "View: Dark or light"
    QTest.keyClick(sheet.keys, Qt.Key.Key_K, CTRL)
    action = start.commands["view.toggle_theme"]
    assert action.shortcut().toString() == "Ctrl+K"  # which a menu shows
    assert action.toolTip().endswith("(Ctrl+K)")
    assert sheet.items["view.toggle_theme"].text(1) == "Ctrl+K"
    assert "Ctrl+K" in [label.text() for label in start.start_page._keys]
    assert Settings(start.settings.path).shortcuts == {"view.toggle_theme": "Ctrl+K"}
    sheet.tree.setCurrentItem(sheet.items["help.palette"])
    QTest.keyClick(sheet.keys, Qt.Key.Key_F2)
    assert start.header.search.text() == "Search commands   F2"
    sheet.close()
    start.activateWindow()
    qtbot.waitUntil(start.isActiveWindow)
    with qtbot.waitSignal(start.themes.changed):
        QTest.keyClick(start, Qt.Key.Key_K, CTRL)


def test_keys_of_another_command_are_told_and_can_be_taken(qtbot: QtBot, start: MainWindow) -> None:
    sheet = sheet_of(start)
    sheet.tree.setCurrentItem(sheet.items["view.full_screen"])
    QTest.keyClick(sheet.keys, Qt.Key.Key_T, CTRL | SHIFT)
    assert sheet.words.text() == "Ctrl+Shift+T belongs to “Dark or light” (View), which would have none then."
    assert start.commands["view.full_screen"].shortcut().toString() == "F11"
    sheet.take.click()
    assert start.commands["view.full_screen"].shortcut().toString() == "Ctrl+Shift+T"
    assert start.commands["view.toggle_theme"].shortcut().isEmpty()
    assert sheet.take.isHidden()

    sheet.default.click()
    assert start.commands["view.full_screen"].shortcut().toString() == "F11"
    sheet.none.click()
    assert start.commands["view.full_screen"].shortcut().isEmpty()
    sheet.reset.click()
    assert start.settings.shortcuts == {}
    assert start.commands["view.toggle_theme"].shortcut().toString() == "Ctrl+Shift+T"


def test_the_palette_opens_by_the_keys_of_other_programs_too_until_they_are_given_away(
    qtbot: QtBot, start: MainWindow
) -> None:
    start.activateWindow()
    qtbot.waitUntil(start.isActiveWindow)
    QTest.keyClick(start, Qt.Key.Key_K, CTRL)
    assert start.palette_of_commands.isVisible()
    start.palette_of_commands.hide()
    sheet = sheet_of(start)
    palette, theme = (sheet.items[id] for id in ("help.palette", "view.toggle_theme"))
    assert palette.text(1) == "Ctrl+Shift+P · Ctrl+K"
    assert start.header.search.text().endswith("Ctrl+Shift+P")
    QTest.keyClicks(sheet.search, "ctrl+k")
    assert not palette.isHidden()
    sheet.tree.setCurrentItem(theme)
    sheet.ask("Ctrl+K")
    assert [item.text(1) for item in (palette, theme)] == ["Ctrl+Shift+P", "Ctrl+K"]
    sheet.reset.click()
    assert [item.text(1) for item in (palette, theme)] == ["Ctrl+Shift+P · Ctrl+K", "Ctrl+Shift+T"]


def test_other_keys_of_a_command_make_way_for_one_that_comes_later(qtbot: QtBot) -> None:
    commands = Commands(keys={"a.two": "Ctrl+M"})
    commands.add("a.one", "One", lambda: None, shortcut="Ctrl+L", also="Ctrl+M")
    one = next(iter(commands))
    assert one.all_keys == "Ctrl+L · Ctrl+M"
    commands.add("a.two", "Two", lambda: None)
    assert one.all_keys == "Ctrl+L"
    commands.use({"a.one": ""})
    assert one.all_keys == ""  # who takes the keys of a command away wants none


@pytest.mark.parametrize(
    ("keys", "why"), [("K", "hold Ctrl or Alt"), ("Shift+K", "hold Ctrl or Alt"), ("Alt+F", "opens a menu")]
)
def test_keys_that_cannot_be_used_are_told(qtbot: QtBot, start: MainWindow, keys: str, why: str) -> None:
    sheet = sheet_of(start)
    sheet.tree.setCurrentItem(sheet.items["view.full_screen"])
    sheet.ask(keys)
    assert why in sheet.words.text()
    assert sheet.take.isHidden()
    assert start.commands["view.full_screen"].shortcut().toString() == "F11"
    assert usable("nothing of the sort")


def test_escape_leaves_the_keys_and_a_text_finds_commands(qtbot: QtBot, start: MainWindow) -> None:
    sheet = sheet_of(start)
    QTest.keyClicks(sheet.search, "full")
    assert not sheet.items["view.full_screen"].isHidden()
    assert sheet.items["file.quit"].isHidden()
    sheet.tree.itemActivated.emit(sheet.items["view.full_screen"], 0)
    QTest.keyClick(sheet.keys, Qt.Key.Key_Escape)
    assert sheet.isVisible()
    assert sheet.keys.text() == "F11"


def test_damaged_and_colliding_keys_of_the_file_do_no_harm(
    qtbot: QtBot, settings: Settings, themes: ThemeManager
) -> None:
    kept = {"file.quit": "Ctrl+O", "view.full_screen": "Ctrl+O", "view.toggle_theme": "no keys", "gone.by": "Ctrl+Y"}
    settings.path.parent.mkdir(parents=True)
    settings.path.write_text(json.dumps({"shortcuts": kept}))
    window = whole_window(themes, Settings(settings.path))
    qtbot.addWidget(window)
    keys = {command.id: command.action.shortcut().toString() for command in window.commands}
    assert keys["file.quit"] == "Ctrl+O"
    assert keys["view.full_screen"] == keys["file.open_folder"] == ""
    assert keys["view.toggle_theme"] == "Ctrl+Shift+T"
    window.close()


def test_a_command_that_comes_later_leaves_chosen_keys_alone(qtbot: QtBot) -> None:
    commands = Commands(keys={"a.one": "Ctrl+L"})
    commands.add("a.one", "One", lambda: None)
    commands.add("a.two", "Two", lambda: None, shortcut="Ctrl+L")
    assert commands["a.one"].shortcut().toString() == "Ctrl+L"
    assert commands["a.two"].shortcut().isEmpty()
    owner = commands.owner("Ctrl+L")
    assert owner is not None
    assert owner.id == "a.one"


def test_a_command_that_is_gone_holds_no_keys_until_it_is_there(
    qtbot: QtBot, settings: Settings, themes: ThemeManager
) -> None:
    kept = {"window.gone": "Ctrl+Q", "view.full_screen": "Ctrl+Q"}
    settings.path.parent.mkdir(parents=True)
    settings.path.write_text(json.dumps({"shortcuts": kept}))
    window = whole_window(themes, Settings(settings.path))
    qtbot.addWidget(window)
    assert window.commands["view.full_screen"].shortcut().toString() == "Ctrl+Q"
    sheet = sheet_of(window)
    sheet.tree.setCurrentItem(sheet.items["file.quit"])
    sheet.ask("Ctrl+Q")
    sheet.take.click()
    assert window.commands["file.quit"].shortcut().toString() == "Ctrl+Q"
    assert window.commands["view.full_screen"].shortcut().isEmpty()
    assert Settings(settings.path).shortcuts == {"window.gone": "Ctrl+Q", "view.full_screen": ""}
    sheet.close()
    window.close()


def test_keys_chosen_for_a_command_that_comes_later_are_its_own_then(qtbot: QtBot) -> None:
    commands = Commands(keys={"a.late": "Ctrl+L", "a.two": "Ctrl+L"})
    commands.add("a.one", "One", lambda: None, shortcut="Ctrl+L")
    assert commands["a.one"].shortcut().toString() == "Ctrl+L"
    commands.add("a.two", "Two", lambda: None)
    assert [commands[id].shortcut().toString() for id in ("a.one", "a.two")] == ["", "Ctrl+L"]
    commands.add("a.late", "Late", lambda: None)
    assert [commands[id].shortcut().toString() for id in ("a.one", "a.two", "a.late")] == ["", "", "Ctrl+L"]
