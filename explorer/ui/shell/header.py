"""The first row of the window: its name, the menus and the way into the command palette."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMenu, QMenuBar, QPushButton, QSizePolicy, QWidget

from explorer.ui.session.commands import MENUS, Commands
from explorer.ui.widgets.icons import icon
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.theme import ThemeManager

HEIGHT = 30


class Header(QWidget):
    """Name, menu bar and search field. The menus are made from the commands."""

    def __init__(self, commands: Commands, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._commands = commands
        self._themes = themes
        self._menus: list[QMenu] = []
        self._extras: dict[str, list[QMenu]] = {}
        self.menu_bar = QMenuBar()
        self.menu_bar.setNativeMenuBar(False)
        self.menu_bar.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.menu_bar.setAccessibleName(tr("Menus"))
        self.search = QPushButton(tr("Search commands"))
        self.search.setObjectName("command-search")
        self.search.setAccessibleName(tr("Search commands"))
        self.search.setFixedHeight(22)
        self._draw_icon()
        themes.changed.connect(self._draw_icon)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 12, 0)
        row.setSpacing(0)
        row.addWidget(PlainLabel(tr("Embedding Explorer"), role="app"))
        row.addWidget(self.menu_bar, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        row.addWidget(self.search)

    def add_submenu(self, menu: str, submenu: QMenu) -> None:
        """Put a menu of its own into one of the menus, after the commands without a separator before it."""
        self._extras.setdefault(menu, []).append(submenu)

    def rebuild(self) -> None:
        """Make the menus anew from the commands; those that nothing belongs to are left out."""
        self.menu_bar.clear()
        for old in self._menus:
            old.deleteLater()
        self._menus = []
        for title in MENUS:
            actions = [command.action for command in self._commands if command.menu == title]
            if actions or title in self._extras:
                self._add(title, actions)

    def _add(self, title: str, actions: Sequence[QAction]) -> None:
        menu = QMenu(said(title), self)
        menu.setToolTipsVisible(True)
        extras = self._extras.get(title, [])
        for action in actions:
            if action.property("begins_group") and not menu.isEmpty():
                menu.addSeparator()
            for extra in [extra for extra in extras if extra.property("before") == action.objectName()]:
                menu.addMenu(extra)
            menu.addAction(action)
        placed = menu.actions()
        for extra in extras:
            if extra.menuAction() not in placed:
                menu.addMenu(extra)
        action = self.menu_bar.addMenu(menu)
        # a shortcut of its own instead of an underlined letter, which would be drawn all the time
        key = QShortcut(QKeySequence(f"Alt+{said(title)[0]}"), menu)
        key.setContext(Qt.ShortcutContext.ApplicationShortcut)
        key.activated.connect(lambda: self.menu_bar.setActiveAction(action))
        self._menus.append(menu)

    def show_search_key(self, keys: str) -> None:
        """Say by which shortcut the palette opens."""
        self.search.setText(tr("Search commands   {keys}", keys=keys).rstrip())

    def _draw_icon(self) -> None:
        self.search.setIcon(icon("search", self._themes.current, "muted"))
