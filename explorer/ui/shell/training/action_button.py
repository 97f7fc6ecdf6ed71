"""A button for one command of the run bar."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QPushButton

from explorer.ui.session.panel import Desk
from explorer.ui.widgets.icons import icon
from explorer.ui.widgets.text_size import keep_bar, keep_size


class ActionButton(QPushButton):
    """A button for one command: text, icon, tooltip and whether it works come from the action.

    ``text``: another one than that of the action; such a button is there only while it works.
    """

    def __init__(self, action: QAction, desk: Desk, icon_name: str, *, primary: bool = False, text: str = "") -> None:
        super().__init__()
        self._action = action
        self._own_text = text
        self._themes = desk.themes
        self._icon_name = icon_name
        self._primary = primary
        self._words, self._bare, self._had_focus = "", False, False
        keep_size(self, icon=14)
        keep_bar(self, 28)
        if primary:
            self.setProperty("kind", "primary")
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        desk.themes.changed.connect(self._follow)
        self._follow()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take the second press of a double click for none: by then the button may say another thing, such as Pause."""
        event.accept()

    def set_icon_name(self, name: str) -> None:
        """Show another icon."""
        self._icon_name = name
        self._follow()

    def needed(self, bare: bool) -> int:
        """Return the width that it takes with its words, or ``bare``."""
        words = self.fontMetrics().size(int(Qt.TextFlag.TextShowMnemonic), self._words).width()
        return self.sizeHint().width() + words * (self._bare - bare)

    def set_bare(self, bare: bool) -> None:
        """Show the icon alone, where there is little room: the tip says what it does."""
        if bare != self._bare:
            self._bare = bare
            self.setText("" if bare else self._words)

    def _follow(self) -> None:
        text = self._words = self._own_text or self._action.text().replace("&", "")
        self.setText("" if self._bare else text)
        self._let_go()
        if self._own_text and (self.parentWidget() is not None or not self._action.isEnabled()):
            self.setVisible(self._action.isEnabled())
        self.setAccessibleName(text)
        self.setToolTip(self._action.toolTip())
        self.setEnabled(self._action.isEnabled())
        self._take_again()
        self.setIcon(icon(self._icon_name, self._themes.current, "on_accent" if self._primary else "text"))

    def _let_go(self) -> None:
        """Give up the focus before the button stops working: Qt would give it to what comes next, far away."""
        if self.hasFocus() and not self._action.isEnabled():
            self._had_focus = True
            self.clearFocus()

    def _take_again(self) -> None:
        """Have the focus back once the button works again, unless something else has it by then."""
        if self._had_focus and self._action.isEnabled():
            self._had_focus = False
            if self.window().focusWidget() in (None, self):
                self.setFocus(Qt.FocusReason.OtherFocusReason)
