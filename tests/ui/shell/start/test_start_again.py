"""The start page over open data: left by Escape or its button, and gone once something else is opened from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.ui.shell.main_window import MainWindow
from tests.helpers.data import picture_folder
from tests.ui.conftest import LONG


def test_the_start_page_comes_back_and_is_left(
    qtbot: QtBot, tmp_path: Path, open_window: Callable[..., MainWindow]
) -> None:
    first, other = (picture_folder(tmp_path / name, {"a": 6, "b": 6}) for name in ("one", "other"))
    window = open_window()
    page = window.start_page
    again = window.commands["file.start"]
    assert not again.isEnabled()
    assert page.back.isHidden()
    window.opener.open_or_ask(str(first))
    data = window.workspace.docks["data"]
    qtbot.waitUntil(data.isVisible, timeout=LONG)
    by_key: Callable[[], object] = lambda: QTest.keyClick(page.back, Qt.Key.Key_Escape)  # noqa: E731
    by_click: Callable[[], object] = lambda: QTest.mouseClick(page.back, Qt.MouseButton.LeftButton)  # noqa: E731
    for leave in (by_key, by_click):
        again.trigger()
        assert window.centre.currentWidget() is page
        assert not data.isVisible()
        assert page.back.text().startswith("Back to one")
        page.show_left_off(str(first), False)
        assert not page.left_off.isVisible()
        leave()
        assert window.centre.currentWidget() is not page
        assert data.isVisible()
    again.trigger()
    qtbot.waitUntil(lambda: str(first) in window.settings.recents)
    page.open_spec.emit(str(other))
    qtbot.waitUntil(
        lambda: (
            window.session is not None and window.session.dataset is not None and window.session.dataset.name == "other"
        ),
        timeout=LONG,
    )
    qtbot.waitUntil(data.isVisible, timeout=LONG)
    assert window.centre.currentWidget() is not page
