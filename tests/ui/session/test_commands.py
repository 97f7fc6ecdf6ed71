from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.session.commands import Commands
from explorer.ui.shell.commands.command_palette import CommandPalette
from explorer.ui.shell.commands.typed_words import score
from explorer.ui.shell.main_window import MainWindow
from tests.ui.conftest import LONG


def test_ids_and_shortcuts_belong_to_one_command(qtbot: QtBot) -> None:
    commands = Commands()
    commands.add("map.settle", "Settle", lambda: None, shortcut="Ctrl+L")
    with pytest.raises(ValueError, match="exists already"):
        commands.add("map.settle", "Settle again", lambda: None)
    with pytest.raises(ValueError, match="already belongs to"):
        commands.add("map.freeze", "Freeze", lambda: None, shortcut="ctrl+l")
    assert "map.settle" in commands
    assert len(commands) == 1


def test_every_command_of_the_window_has_an_id_a_title_and_a_shortcut(start: MainWindow) -> None:
    for command in start.commands:
        assert "." in command.id
        assert command.title
        if not command.id.startswith("recipe.example."):  # more than there are F keys; a person may give them one
            assert command.shortcut, command.id
    shortcuts = [command.shortcut for command in start.commands if command.shortcut]
    assert len(set(shortcuts)) == len(shortcuts)


def test_no_menu_is_empty(start: MainWindow) -> None:
    menus = start.header.menu_bar.actions()
    titles = [menu.text() for menu in menus]
    assert titles == ["File", "Edit", "View", "Run", "Map", "Window", "Help"]
    for menu in menus:
        inside = menu.menu()
        assert isinstance(inside, QMenu)
        assert inside.actions()


@pytest.mark.parametrize(
    ("words", "better", "worse"),
    [
        ("train", "Run Train", "File Add test data"),
        ("op fo", "Open folder", "Stop"),
        ("tggl", "Toggle", "Open"),
        ("of", "Open folder", "Stop the film"),
    ],
)
def test_the_palette_ranks(words: str, better: str, worse: str) -> None:
    assert score(words, better) > score(words, worse)


def test_the_palette_finds_and_runs_a_command_from_the_keyboard(qtbot: QtBot) -> None:
    commands = Commands()
    ran: list[str] = []
    commands.add("a.first", "First thing", lambda: ran.append("first"))
    commands.add("a.second", "Second thing", lambda: ran.append("second"))
    commands.add("a.off", "Second that is off", lambda: ran.append("off")).setEnabled(False)
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(800, 600)
    parent.show()
    palette = CommandPalette(commands, parent)
    palette.open_at(QPoint(500, 50))
    assert palette.list.count() == 3
    QTest.keyClicks(palette.field, "sec")
    assert palette.list.count() == 2
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert ran == []
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert ran == ["second"]
    assert not palette.isVisible()
    palette.open_at(QPoint(500, 50))
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_letters_in_order_count_only_where_nothing_fits_better(qtbot: QtBot) -> None:
    commands, parent = Commands(), QWidget()
    qtbot.addWidget(parent)
    for place, title in enumerate(("Colour by fidelity, most of all", "Encoder model", "Open it")):
        commands.add(f"a.{place}", title, lambda: None, tip="Learn a distance" if place == 2 else "")
    palette = CommandPalette(commands, parent)
    palette.open_at(QPoint(500, 50))
    for typed, found in (
        ("model", ["Encoder model"]),
        ("learn", ["Open it"]),
        ("clrby", ["Colour by fidelity, most of all"]),
    ):
        palette.field.setText(typed)
        assert [palette.list.item(row).text() for row in range(palette.list.count())] == found


def test_the_palette_finds_the_fields_of_the_recipe(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    window = open_window("sample:digits")
    qtbot.waitUntil(lambda: window.workspace.shown and window.actions_of_window.recipe_panel is not None, timeout=LONG)
    panel, palette = window.actions_of_window.recipe_panel, window.palette_of_commands
    assert panel is not None
    window.activateWindow()
    for typed, path in (("margin", "loss.margin"), ("learning", "optimiser.rate"), ("weight decay", "optimiser.decay")):
        kind = path.partition(".")[0]
        window.open_palette()
        palette.field.setText(typed)
        assert palette.list.count(), typed
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
        assert not palette.isVisible()
        qtbot.waitUntil(panel.forms[kind].fields[path].hasFocus)
        assert panel.forms[kind].fields[path].isVisible()
    window.open_palette()
    palette.field.setText("theme")
    assert "Recipe" not in palette.list.item(0).text()
    assert "heme" in palette.list.item(0).text()


def test_the_theme_toggles_with_its_shortcut(qtbot: QtBot, start: MainWindow) -> None:
    start.activateWindow()
    qtbot.waitUntil(start.isActiveWindow)
    with qtbot.waitSignal(start.themes.changed):
        QTest.keyClick(start, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert start.settings.theme == "light"
    assert start.commands["view.theme_light"].isChecked()
