"""Return presses the button that has the focus, as Space does: Qt leaves that to dialogs and to some desktops."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton, QWidget

RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def press_by_return(event: QKeyEvent, focused: QWidget | None) -> bool:
    """Press what has the focus, where that is a button and the key is Return; return whether it was pressed."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if event.key() not in RETURN or held or event.isAutoRepeat() or not isinstance(focused, (QPushButton, QToolButton)):
        return False
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        if shiboken6.isValid(focused):  # a menu that it opened may have taken it away
            QApplication.sendEvent(focused, QKeyEvent(kind, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " "))
    return True
