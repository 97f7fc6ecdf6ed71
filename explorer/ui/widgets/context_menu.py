"""Menus at the pointer. The window owns them, which outlives what they are about, and they go when they close."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from explorer.ui.widgets.text import elided, ui_font
from explorer.ui.widgets.text_size import scaled

WIDEST = 320


def context_menu(over: QWidget, heading: str = "") -> QMenu:
    """Return a menu for something in the window of ``over``, with a line above that says what it is about.

    Let it ``popup``, which returns at once: with ``exec`` what waits for the answer may be gone when it comes. What its
    entries do must not need ``over``, which may be deleted while the menu is open.
    """
    menu = QMenu(over.window())
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    if heading:
        add_heading(menu, heading)
    return menu


def add_heading(menu: QMenu, text: str) -> None:
    """Add a line that only says something."""
    entry(menu, elided(text, ui_font(13), scaled(WIDEST), Qt.TextElideMode.ElideMiddle)).setEnabled(False)


def entry(menu: QMenu, text: str, slot: Callable[[], object] | None = None, *, tip: str = "") -> QAction:
    """Add an entry with this very text; ``slot`` is called without arguments when it is chosen."""
    action = menu.addAction(text.replace("&", "&&").replace("\t", " "))
    if tip:
        action.setToolTip(tip)
    if slot is not None:
        action.triggered.connect(lambda _checked=False: slot())
    return action


def add_group(menu: QMenu, actions: Sequence[QAction]) -> None:
    """Add actions that are somebody else's, apart from what stands above; nothing where there are none."""
    if actions:
        menu.addSeparator()
        menu.addActions(list(actions))
