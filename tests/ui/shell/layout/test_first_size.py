from __future__ import annotations

import pytest
from PySide6.QtCore import QMargins, QRect, QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.shell.layout.first_size import bring_inside, first_size, inside, places_beside

LEAST = QSize(960, 600)


@pytest.mark.parametrize("screen", [(1440, 900), (1280, 800), (1920, 1080), (1024, 768)])
def test_a_new_window_leaves_room_for_frame_and_taskbar(screen: tuple[int, int]) -> None:
    room = QRect(0, 0, screen[0], screen[1] - 40)
    framed = first_size(room).grownBy(QMargins(1, 37, 1, 1))
    assert framed.width() <= room.width()
    assert framed.height() <= room.height()
    assert first_size(QRect(0, 0, 2560, 1400)) == QSize(1440, 900)


def test_a_window_that_hangs_over_the_taskbar_is_moved_and_made_smaller() -> None:
    room, frame = QRect(0, 30, 1440, 830), QMargins(2, 30, 2, 2)
    assert inside(QRect(100, 100, 1000, 700), frame, room, LEAST) == QRect(100, 100, 1000, 700)
    moved = inside(QRect(100, 300, 1000, 700), frame, room, LEAST)
    assert moved.size() == QSize(1000, 700)
    assert room.contains(moved.marginsAdded(frame))
    assert room.contains(inside(QRect(0, 30, 1440, 900), frame, room, LEAST).marginsAdded(frame))


def test_a_window_beside_another_is_on_the_screen_and_leaves_the_menus_of_the_first_in_sight() -> None:
    frame = QMargins(2, 30, 2, 2)
    wide = QRect(0, 30, 2560, 1400)
    left, right = places_beside(QRect(100, 100, 1440, 900), frame, wide, LEAST)
    assert wide.contains(left.marginsAdded(frame))
    assert wide.contains(right.marginsAdded(frame))
    assert left.size() == right.size()
    assert not left.marginsAdded(frame).intersects(right.marginsAdded(frame))
    small, first = QRect(0, 0, 1440, 900), QRect(2, 30, 1436, 868)
    here, there = places_beside(first, frame, small, LEAST)
    assert here == first
    assert small.contains(there.marginsAdded(frame))
    assert there.top() > first.top() + frame.top()


def test_a_screen_that_is_too_small_shows_the_head_of_the_window() -> None:
    room, frame = QRect(0, 0, 800, 500), QMargins(1, 30, 1, 1)
    assert inside(QRect(-50, -50, 960, 600), frame, room, LEAST) == QRect(1, 30, 960, 600)


def test_a_window_on_screen_is_brought_inside(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    room = window.screen().availableGeometry()
    window.setGeometry(room.adjusted(50, 50, 300, 300))
    bring_inside(window)
    assert room.contains(window.frameGeometry())
