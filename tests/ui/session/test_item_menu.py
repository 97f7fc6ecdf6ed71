"""The menu of an item or a class: what it offers, what that does, and that nothing it is about has to outlive it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.text_column import TextColumn
from explorer.core.types import UNLABELLED
from explorer.data.pictures import FilePictures
from explorer.engine.events import DatasetOpened
from explorer.ui.session.item_menu import ClassActions, item_menu, open_folder, together_menu
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.helpers.windows import wait_gone
from tests.ui.panel_desk import Held, desk_of

COUNT = 60
LABELS = blobs(COUNT, 10)[1]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    names = [f"pictures/a & b {k}.png" for k in range(COUNT)]
    dataset = replace(
        dataset_of(LABELS, CLOTHES),
        ids=TextColumn.of(names),
        originals=FilePictures(str(tmp_path), tuple(names)),
    )
    made = desk_of(Held(dataset=dataset), Settings(tmp_path / "settings.json"))
    made.bridge.of(DatasetOpened).emit(DatasetOpened(dataset, None))
    yield made
    made.bridge.close()


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    made = QMainWindow()
    made.setCentralWidget(QWidget())
    qtbot.addWidget(made)
    made.show()
    return made


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def choose(menu: QMenu, text: str) -> None:
    """Choose an entry as a person does: it pops up, is chosen, and goes."""
    menu.popup(menu.parentWidget().mapToGlobal(menu.parentWidget().rect().center()))  # type: ignore[union-attr]
    found = next(action for action in menu.actions() if action.text() == text)
    menu.setActiveAction(found)
    found.trigger()
    menu.close()


def test_an_item_is_found_pinned_and_copied(qtbot: QtBot, desk: Desk, window: QMainWindow, tmp_path: Path) -> None:
    state = desk.state
    state.pins.set([5])
    menu = item_menu(desk, 3, window)
    assert texts(menu)[0] == f"{CLOTHES[LABELS[3]]}  #3".replace("&", "&&")
    choose(menu, "Pin it beside the others")
    assert list(state.pins.items) == [5, 3]
    choose(item_menu(desk, 3, window), "Unpin it")
    assert list(state.pins.items) == [5]
    choose(item_menu(desk, 3, window), "Find its neighbours")
    assert list(state.pins.items) == [5, 3]
    choose(item_menu(desk, 3, window), "Keep it pinned")
    assert state.pins.looked_at == -1
    assert "Keep it pinned" not in texts(item_menu(desk, 3, window))
    assert state.selection.tolist() == [3]
    choose(item_menu(desk, 7, window), "Add it to the selection")
    assert state.selection.tolist() == [3, 7]
    choose(item_menu(desk, 3, window), "Copy its id")
    assert QGuiApplication.clipboard().text() == "pictures/a & b 3.png"
    choose(item_menu(desk, 3, window), "Copy its path")
    assert QGuiApplication.clipboard().text() == str(tmp_path / "pictures/a & b 3.png")


def test_its_class_is_selected_hidden_and_shown_alone(qtbot: QtBot, desk: Desk, window: QMainWindow) -> None:
    state, label = desk.state, int(LABELS[3])
    choose(item_menu(desk, 3, window), "Select all of this class")
    assert state.selection.tolist() == np.flatnonzero(label == LABELS).tolist()
    choose(item_menu(desk, 3, window), "Hide this class")
    assert state.hidden_classes == {label}
    choose(item_menu(desk, 3, window), "Show this class")
    assert not state.hidden_classes
    choose(item_menu(desk, 3, window), "Show only this class")
    assert state.hidden_classes == {*range(-1, 10)} - {label}
    choose(item_menu(desk, 3, window), "Show the others again")
    assert not state.hidden_classes


def test_a_class_has_the_same_entries_and_its_name(qtbot: QtBot, desk: Desk, window: QMainWindow) -> None:
    of_item, of_class = item_menu(desk, 3, window), together_menu(desk, ClassActions(desk).together(2), window)
    assert {text for text in texts(of_class) if text.endswith("this class")} <= set(texts(of_item))
    choose(of_class, "Copy its name")
    assert QGuiApplication.clipboard().text() == CLOTHES[2]
    assert ClassActions(desk).together(UNLABELLED).name == "unlabelled"


def test_commands_of_the_selection_are_offered_while_there_is_one(desk: Desk, window: QMainWindow) -> None:
    copied: list[str] = []
    command = desk.commands.add("edit.copy_selection", "Copy the selected items", lambda: copied.append("copied"))
    assert command not in item_menu(desk, 3, window).actions()
    desk.state.set_selection([1, 2])
    menu = item_menu(desk, 3, window)
    assert "2 items selected" in texts(menu)
    choose(menu, "Copy the selected items")
    assert copied == ["copied"]


class Opened(QObject):
    """Takes the place of the file manager."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[QUrl] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.urls.append(url)


def test_the_folder_of_a_file_or_of_its_archive_is_opened(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "a # folder %20"
    folder.mkdir()
    (folder / "pictures.zip").write_bytes(b"")
    manager = Opened()
    QDesktopServices.setUrlHandler("file", manager, "take")  # type: ignore[arg-type]
    try:
        open_folder(str(folder / "one.png"))
        open_folder(str(folder / "pictures.zip" / "inside" / "one.png"))
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert [url.toLocalFile() for url in manager.urls] == [str(folder)] * 2


def test_it_goes_when_it_closes_and_when_other_data_are_opened(qtbot: QtBot, desk: Desk, window: QMainWindow) -> None:
    for close in (lambda menu: menu.close(), lambda _menu: desk.state.reset()):
        menu = item_menu(desk, 3, window)
        menu.popup(window.mapToGlobal(window.rect().center()))
        assert QApplication.activePopupWidget() is menu
        close(menu)
        wait_gone(qtbot, menu)
        assert QApplication.activePopupWidget() is None


@pytest.mark.parametrize("gone", ["what it is about", "the window"])
def test_what_it_is_about_and_its_window_may_be_deleted_while_it_is_open(qtbot: QtBot, desk: Desk, gone: str) -> None:
    for _ in range(20):
        window = QMainWindow()
        tile = QWidget(window)
        window.show()
        menu = item_menu(desk, 3, tile)
        menu.popup(window.mapToGlobal(window.rect().center()))
        entries: list[QAction] = menu.actions()
        if gone == "the window":
            shiboken6.delete(window)
            assert not shiboken6.isValid(menu)
            assert QApplication.activePopupWidget() is None
        else:
            shiboken6.delete(tile)
            next(action for action in entries if action.text() == "Find its neighbours").trigger()
            assert desk.state.pins.items == (3,)
            menu.close()
            wait_gone(qtbot, menu)
            shiboken6.delete(window)
        del entries, menu
        desk.state.pins.clear()
