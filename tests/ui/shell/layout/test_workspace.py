"""How the window leaves its start page: the map first, the docks in the turn after it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.engine.events import DatasetOpened
from explorer.ui.session.settings import KeptLayout
from explorer.ui.shell import tab_order
from explorer.ui.shell.main_window import MainWindow
from tests.helpers.data import picture_folder
from tests.helpers.windows import LONG

Open = Callable[..., MainWindow]


def visible(window: MainWindow) -> list[str]:
    return [key for key, dock in window.workspace.docks.items() if not dock.isHidden()]


def heard(qtbot: QtBot, window: MainWindow, folder: Path, look: Callable[[], object]) -> None:
    """Open data, ``look`` once the window has heard of them, and wait until they are shown."""
    assert window.bridge is not None
    window.bridge.of(DatasetOpened).connect(lambda _event: look())
    window.opener.open(str(picture_folder(folder / "set", {"a": 6, "b": 6})))
    qtbot.waitUntil(lambda: window.workspace.shown, timeout=LONG)


def test_docks_come_a_turn_after_the_map(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window, seen = open_window(), list[tuple[int, list[str]]]()
    window.start_page.zone.folder_button.setFocus()
    heard(qtbot, window, tmp_path, lambda: seen.append((window.centre.currentIndex(), visible(window))))
    assert not isinstance(window.focusWidget(), QAbstractButton), "none is framed as if it were to be pressed"
    assert seen == [(1, [])]
    assert visible(window)


def test_docks_come_one_after_the_other(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window, seen = open_window(), list[set[str]]()
    window.resize(1440, 900)
    asked = list[str]()

    def look() -> None:
        seen.append(set(visible(window)))
        if "evaluate" in seen[-1] and not asked:
            asked.append("evaluate")
            window.workspace.panels["evaluate"].come_forward()

    looking = QTimer(window, interval=0)
    looking.timeout.connect(look)
    heard(qtbot, window, tmp_path, looking.start)
    looking.stop()
    in_front = not window.workspace.docks["evaluate"].visibleRegion().isEmpty()
    assert in_front, "the last step put the first of its tabs there, though this one was asked for since"
    whole, docks = set(visible(window)), window.workspace.docks
    sides = {key: docks[key].panel.area for key in whole}
    steps = list(dict.fromkeys(frozenset(part) for part in seen if part))
    assert len(steps) > 3
    assert all(before < after for before, after in pairwise(steps))
    order = ["left", "right", "bottom"]
    for step in steps:
        missing = min((order.index(sides[key]) for key in whole - step), default=len(order))
        assert all(order.index(sides[key]) <= missing for key in step)


def test_what_is_closed_while_docks_come_stays_closed_and_the_others_come_before(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window, moved = open_window(), list[list[str]]()

    def move() -> None:
        if visible(window) and not moved:
            window.commands["window.distances"].trigger()
            moved.append(visible(window))

    looking = QTimer(window, interval=0)
    looking.timeout.connect(move)
    heard(qtbot, window, tmp_path, looking.start)
    looking.stop()
    assert moved == [visible(window)]
    assert "distances" not in moved[0]
    assert {"data", "neighbours", "curves"} <= set(moved[0])


def test_what_covers_the_docks_before_they_are_there_covers_them(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window, page = open_window(), QWidget()
    window.centre.addWidget(page)
    heard(qtbot, window, tmp_path, lambda: window.workspace.cover(page))
    assert page.isVisible()
    assert not visible(window)
    window.workspace.uncover()
    assert visible(window)


def test_what_is_kept_before_they_are_there_is_the_layout(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window, kept = open_window(), list[dict[str, KeptLayout]]()
    heard(qtbot, window, tmp_path, lambda: kept.append(window.workspace.kept()))
    there, places = visible(window), {key: window.dockWidgetArea(dock) for key, dock in window.workspace.docks.items()}
    window.workspace.isolate(True)
    # not the bytes: a dock that is seen for the first time may ask for a pixel or two more
    window.workspace.layouts.restore(kept[0]["train"])
    assert there
    assert visible(window) == there
    assert {key: window.dockWidgetArea(dock) for key, dock in window.workspace.docks.items()} == places


def test_the_way_of_the_tab_key_is_not_sought_where_a_page_goes(
    qtbot: QtBot, open_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[MainWindow] = []
    window = open_window()
    monkeypatch.setattr(tab_order, "order_tabs", asked.append)
    window.header.search.setFocus()
    window.header.search.hide()
    assert not asked
    window.header.search.show()
    window.header.search.setFocus()
    window.focusNextPrevChild(True)
    assert asked
