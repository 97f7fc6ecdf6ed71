"""What is asked of a window before it is whole is done once it is, and nothing that is seen moves then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.ui.session.commands import MENUS
from explorer.ui.session.settings import Settings
from explorer.ui.session.start_values import StartValues
from explorer.ui.shell.header import COMING
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.start.drop_zone import INVITATION
from explorer.ui.shell.start.start_page import KEYS
from explorer.ui.widgets.text_size import USUAL, text_size
from explorer.ui.widgets.theme import ThemeChoice, ThemeManager


@pytest.fixture
def early(qtbot: QtBot, themes: ThemeManager, settings: Settings) -> Iterator[MainWindow]:
    """A window that is shown and has nothing but its start page."""
    window = MainWindow(themes, StartValues.of(settings))
    window.show()
    yield window
    window.close()
    window.deleteLater()


@pytest.mark.parametrize(("theme", "text"), [("dark", "100"), ("light", "125")])
def test_nothing_moves_when_the_rest_is_there(qtbot: QtBot, settings: Settings, theme: ThemeChoice, text: str) -> None:
    settings.set_theme(theme)
    settings.set_value("text", text)
    settings.set_shortcuts({"file.quit": "Ctrl+O", "run.train": "F5"})
    for spec in ("/data/one", "sample:digits"):
        settings.add_recent(spec)
    settings.set_left_off("/data/one")
    text_size().choose(int(text))
    manager = ThemeManager(theme)
    manager.apply()
    window = MainWindow(manager, StartValues.of(settings))
    window.resize(1024, 700)
    window.show()
    before = picture(window)
    window.complete(settings)
    assert picture(window) == before
    assert window.commands["run.train"].shortcut().toString() == "F5"
    window.close()
    window.deleteLater()
    text_size().choose(USUAL)


def picture(window: MainWindow) -> QImage:
    QApplication.sendPostedEvents()  # as before each paint
    return window.grab().toImage()


def test_the_shortcuts_of_the_page_are_those_of_the_commands(early: MainWindow, settings: Settings) -> None:
    promised = [early.commands.promised(id, keys) for id, keys in KEYS.items()]
    early.complete(settings)
    shown = {command.id: command.shortcut for command in early.commands}
    assert promised == [shown[id] for id in KEYS]


def test_clicks_and_keys_are_done_in_their_order(early: MainWindow, settings: Settings) -> None:
    early.start_page.reopen.show()
    early.start_page.reopen.click()
    QTest.keyClick(early, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert early.header.search.text() == COMING
    QTest.keyClicks(early, "theme")
    assert early.header.search.text() == "theme …", "at once, and not when all is there"
    early.faults.told.emit("one fault", "error", "", 1)
    early.complete(settings)
    assert settings.reopen
    assert early.palette_of_commands.isVisible()
    assert early.palette_of_commands.field.text() == "theme"
    assert early.header.search.text().startswith("Search commands")
    assert any("one fault" in message.text for message in early.toasts.log)


def test_a_click_on_the_search_field_opens_the_palette(early: MainWindow, settings: Settings) -> None:
    early.header.search.click()
    early.complete(settings)
    assert early.palette_of_commands.isVisible()
    early.palette_of_commands.hide()
    early.header.search.click()  # from now on at once, and once
    assert early.palette_of_commands.isVisible()


def test_what_will_be_opened_is_said_at_once(early: MainWindow, settings: Settings) -> None:
    zone = early.start_page.zone
    early.start_page.examples.cards[0].click()
    assert zone.loading
    assert "Opening" in zone.stage.text()
    early.complete(settings)
    assert zone.loading


def test_a_drag_is_told_and_a_drop_taken(early: MainWindow, settings: Settings, tmp_path: Path) -> None:
    zone = early.start_page.zone
    how = dragged(tmp_path / "one", tmp_path / "two")
    enter = QDragEnterEvent(QPointF(400, 300).toPoint(), *how)
    QApplication.sendEvent(early, enter)
    assert enter.isAccepted()
    assert zone.title.text() == "Drop to open “one”"
    event = QDropEvent(QPointF(400, 300), *how)
    QApplication.sendEvent(early, event)
    assert event.isAccepted()
    assert zone.title.text() == INVITATION
    assert "Opening one" in zone.stage.text()
    early.complete(settings)
    assert zone.loading
    assert "only the first" in early.toasts.shown[0].text


def dragged(*paths: Path) -> tuple[Qt.DropAction, QMimeData, Qt.MouseButton, Qt.KeyboardModifier]:
    """Return what an event of dragging these says beside its place."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def test_what_another_drop_takes_the_place_of_is_said(early: MainWindow, settings: Settings, tmp_path: Path) -> None:
    for name in ("one", "two"):
        how = dragged(tmp_path / name)
        QApplication.sendEvent(early, QDragEnterEvent(QPointF(400, 300).toPoint(), *how))
        QApplication.sendEvent(early, QDropEvent(QPointF(400, 300), *how))
    early.complete(settings)
    assert [toast.text for toast in early.toasts.shown] == ["“one” is not opened: “two” was asked for after it."]
    assert "Opening two" in early.start_page.zone.stage.text()
    early.opener.open(str(tmp_path / "two"))  # the same again
    early.opener.open(str(tmp_path / "three"))
    assert [toast.text for toast in early.toasts.shown[1:]] == ["“two” is not opened: “three” was asked for after it."]


def test_a_menu_that_is_opened_early_gets_its_commands_while_it_is_open(early: MainWindow, settings: Settings) -> None:
    bar = early.header.menu_bar
    titles = [action.text() for action in bar.actions()]
    assert titles == ["File", "Edit", "View", "Run", "Map", "Window", "Help"]
    menu = early.header.menu("File")
    bar.setActiveAction(bar.actions()[0])
    assert menu.isVisible()
    assert [action.text() for action in menu.actions()] == ["One moment…"]
    early.complete(settings)
    assert menu.isVisible()
    assert "Open folder…" in [action.text() for action in menu.actions()]
    assert menu.height() >= menu.sizeHint().height()
    menu.hide()
    assert [action.text() for action in bar.actions()] == titles


def test_a_window_that_closes_early_remembers_nothing_new(
    qtbot: QtBot, themes: ThemeManager, settings: Settings
) -> None:
    window = MainWindow(themes, StartValues.of(settings))
    window.show()
    with qtbot.waitSignal(window.closed):
        window.close()
    assert window.ended
    assert not settings.path.exists()
    window.deleteLater()


def test_no_menu_waits_once_the_window_is_there(open_window: Callable[..., MainWindow]) -> None:
    window = open_window()
    for title in MENUS:
        said = [action.text() for action in window.header.menu(title).actions()]
        assert said, title
        assert COMING not in said, title
