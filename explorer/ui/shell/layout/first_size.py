"""How large a window is at first: its frame and all of it beside the taskbar, which are not part of its own size."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSize
from PySide6.QtWidgets import QWidget

WANTED = QSize(1440, 900)
FRAME = QMargins(8, 40, 8, 8)
"""What a desktop puts around a window, at most: before it is shown nobody knows."""

CASCADE = 40
"""How far a window lies from the one before, in pixels, where the screen has no room for both side by side."""


def first_size(room: QRect) -> QSize:
    """Return the size of a new window, without its frame, where a screen has this room beside its taskbar."""
    inside = room.marginsRemoved(FRAME)
    return WANTED.boundedTo(inside.size())


def inside(window: QRect, frame: QMargins, room: QRect, least: QSize) -> QRect:
    """Return where a window (without its frame) has to be, so that it is in the room with its frame.

    It becomes smaller where it does not fit, but never smaller than ``least``; its top left corner is always in sight.
    """
    free = room.marginsRemoved(frame)
    fitted = QRect(window.topLeft(), window.size().boundedTo(free.size()).expandedTo(least))
    fitted.moveRight(min(fitted.right(), free.right()))
    fitted.moveBottom(min(fitted.bottom(), free.bottom()))
    fitted.moveLeft(max(fitted.left(), free.left()))
    fitted.moveTop(max(fitted.top(), free.top()))
    return fitted


def frame_of(window: QWidget) -> QMargins:
    """Return the frame that the desktop has put around a window that is shown."""
    now, framed = window.geometry(), window.frameGeometry()
    return QMargins(
        now.left() - framed.left(),
        now.top() - framed.top(),
        framed.right() - now.right(),
        framed.bottom() - now.bottom(),
    )


def bring_inside(window: QWidget) -> None:
    """Keep a window that is shown, with the frame that it was given, within its screen."""
    if window.isMaximized() or window.isFullScreen():
        return
    now, frame = window.geometry(), frame_of(window)
    fitted = inside(now, frame, window.screen().availableGeometry(), window.minimumSize())
    if fitted != now:
        window.setGeometry(fitted)


def places_beside(window: QRect, frame: QMargins, room: QRect, least: QSize) -> tuple[QRect, QRect]:
    """Return where a window and another one on the same screen go, both without their frames.

    Side by side where the room is wide enough for both; else the first stays, and the other one lies a little lower and
    ends where the room does, so that it hides neither the menus of the first nor anything of itself.
    """
    half = room.width() // 2
    left = QRect(room.left(), room.top(), half, room.height()).marginsRemoved(frame)
    if left.width() >= least.width():
        return left, left.translated(half, 0)
    free = room.marginsRemoved(frame)
    lower = window.translated(CASCADE, CASCADE)
    lower.setBottomRight(QPoint(min(lower.right(), free.right()), min(lower.bottom(), free.bottom())))
    return window, inside(lower, frame, room, least)
