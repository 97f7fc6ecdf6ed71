"""A small button with a menu of what a panel can do beside what it shows."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QToolButton

from explorer.ui.widgets.language import tr


class MoreButton(QToolButton):
    """The button; ``entries`` is its menu."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self.setText(tr("More ▾"))
        self.setStyleSheet("QToolButton { padding: 1px 4px; } QToolButton::menu-indicator { image: none; }")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.entries = QMenu(self)
        self.entries.setToolTipsVisible(True)
        self.setMenu(self.entries)
