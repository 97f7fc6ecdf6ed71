"""What is dropped while the window has no session yet is kept and opened once it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from explorer.engine.session.session import Session
from explorer.ui.app import build
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from tests.helpers.data import picture_folder
from tests.helpers.windows import LONG, close_window

Begin = Callable[..., MainWindow]


@pytest.fixture
def begin(qtbot: QtBot, tmp_path: Path, settings: Settings) -> Iterator[Begin]:
    """Returns a window that is shown and has no session yet."""
    windows: list[MainWindow] = []

    def session(doorbell: Callable[[], None]) -> Session:
        return Session(doorbell, live=True, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")

    def make(data: str | None = None) -> MainWindow:
        windows.append(build(data, settings=settings, make_session=session))
        windows[-1].show()
        assert windows[-1].session is None
        return windows[-1]

    yield make
    for window in windows:
        close_window(qtbot, window)


def drop(window: MainWindow, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    how = Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPointF(400, 300).toPoint(), *how))
    event = QDropEvent(QPointF(400, 300), *how)
    QApplication.sendEvent(window, event)
    assert event.isAccepted()


@pytest.mark.parametrize("data", [None, "sample:digits"])
def test_data_are_opened_and_go_before_what_was_asked_for_at_the_start(
    qtbot: QtBot, begin: Begin, tmp_path: Path, data: str | None
) -> None:
    folder = picture_folder(tmp_path / "mine", {"a": 6, "b": 6})
    window = begin(data)
    drop(window, folder)
    assert "Opening mine" in window.start_page.zone.stage.text()
    qtbot.waitUntil(lambda: window.dataset is not None, timeout=LONG)
    assert window.dataset is not None
    assert window.dataset.uri == str(folder)


def test_a_recipe_is_taken_once_there_is_something_to_take_it(qtbot: QtBot, begin: Begin, tmp_path: Path) -> None:
    path, folder = tmp_path / "mine.toml", picture_folder(tmp_path / "pictures", {"a": 6, "b": 6})
    path.write_text('loss = { name = "triplet", margin = 0.5 }\n', encoding="utf-8")
    window = begin()
    drop(window, path)
    drop(window, folder)
    qtbot.waitUntil(lambda: window.whole, timeout=LONG)
    qtbot.waitUntil(lambda: any(toast.text.startswith("mine is set") for toast in window.toasts.shown), timeout=LONG)
    qtbot.waitUntil(lambda: window.dataset is not None, timeout=LONG)
    assert window.session is not None
    assert window.session.recipe.params("loss").margin == 0.5


def test_a_recipe_that_is_none_is_told_as_soon_as_anything_can_be(qtbot: QtBot, begin: Begin, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("los = 1")
    window = begin()
    drop(window, path)
    qtbot.waitUntil(lambda: window.whole and bool(window.toasts.shown), timeout=LONG)
    assert "which no recipe has" in window.toasts.shown[-1].text


def test_a_sample_that_is_clicked_and_keys_that_are_pressed_at_once_are_not_lost(qtbot: QtBot, begin: Begin) -> None:
    window = begin()
    window.start_page.examples.cards[0].click()
    QTest.keyClick(window, Qt.Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)
    assert "Opening" in window.start_page.zone.stage.text()
    qtbot.waitUntil(lambda: window.dataset is not None, timeout=LONG)
    assert window.dataset is not None
    assert window.dataset.uri == "sample:digits"
    assert window.findChild(QWidget, "shortcuts-dialog") is not None
