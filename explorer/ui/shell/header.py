"""The first row of the window: its name, the menus and the way into the command palette."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QMenuBar, QPushButton, QSizePolicy, QWidget

from explorer.ui.session.commands import MENUS, Commands
from explorer.ui.widgets.icons import icon
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.text_size import keep_bar, scaled
from explorer.ui.widgets.theme import ThemeManager

HEIGHT, EDGE = 30, 12
PALETTE_ALSO = "Ctrl+K"
"""The other key that opens the palette, which people know from elsewhere."""
COMING = tr("One moment…")
"""What a menu shows that is opened before its commands are there."""


class Header(QWidget):
    """Name, menu bar and search field. The menus are made from the commands."""

    def __init__(self, commands: Commands, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        keep_bar(self, HEIGHT)
        self._commands = commands
        self._themes = themes
        self._menus: dict[str, QMenu] = {}
        self._extras: dict[str, list[QMenu]] = {}
        self.menu_bar = QMenuBar()
        self.menu_bar.setNativeMenuBar(False)
        self.menu_bar.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.menu_bar.setAccessibleName(tr("Menus"))
        self.search = QPushButton(tr("Search commands"))
        self.search.setObjectName("command-search")
        self.search.setAccessibleName(tr("Search commands"))
        keep_bar(self.search, 22)
        self._words = tr("Search commands")
        self._waiting = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, EDGE, 0)
        row.setSpacing(0)
        self.name = PlainLabel(tr("Embedding Explorer"), role="app")
        row.addWidget(self.name)
        row.addWidget(self.menu_bar, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        row.addWidget(self.search)
        self._draw_icon()
        themes.changed.connect(self._draw_icon)

    def add_submenu(self, menu: str, submenu: QMenu) -> None:
        """Put a menu of its own into one of the menus, after the commands without a separator before it."""
        self._extras.setdefault(menu, []).append(submenu)

    def rebuild(self) -> None:
        """Fill the menus anew from the commands; one that is open grows. All are there from the beginning on."""
        for title in MENUS:
            menu = self._menus.get(title) or self._make(title)
            menu.clear()
            actions = [command.action for command in self._commands if command.menu == title]
            actions.sort(key=lambda action: bool(action.property("stands_last")))  # panels add theirs later
            if actions or title in self._extras:
                self._fill(title, actions)
            else:
                menu.addAction(COMING).setEnabled(False)

    def menu(self, title: str) -> QMenu:
        """Return the menu of this English title, one of ``MENUS``."""
        return self._menus[title]

    def _make(self, title: str) -> QMenu:
        menu = self._menus[title] = QMenu(said(title), self)
        menu.setToolTipsVisible(True)
        action = self.menu_bar.addMenu(menu)
        # a shortcut of its own instead of an underlined letter, which would be drawn all the time
        key = QShortcut(QKeySequence(f"Alt+{said(title)[0]}"), menu)
        key.setContext(Qt.ShortcutContext.ApplicationShortcut)
        key.activated.connect(lambda: self.menu_bar.setActiveAction(action))
        return menu

    def _fill(self, title: str, actions: Sequence[QAction]) -> None:
        menu, extras = self._menus[title], self._extras.get(title, [])
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

    def show_search_key(self, keys: str) -> None:
        """Say by which shortcut the palette opens."""
        self._words = tr("Search commands   {keys}", keys=keys).rstrip()
        self._fit()

    def show_waiting(self, words: str) -> None:
        """Say in the button what will be sought once the commands are there; empty: what it says otherwise."""
        self._waiting = words
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Ask for the menus, and a button with nothing but its icon."""
        return QSize(self.menu_bar.sizeHint().width() + 2 * self.search.height() + EDGE, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the new width."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Share the width by the letters that the parts have by now: for the first picture nobody asks again."""
        super().showEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """Share the width anew when a part needs another one."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        """Give the menus their room first; then the button has its words, and then the program is named."""
        menus, named = self.menu_bar.sizeHint().width() + EDGE, self.name.sizeHint().width()
        for words in (self._waiting or self._words, tr("Search commands"), ""):
            self.search.setText(words)
            free = self.width() - menus - self.search.sizeHint().width()
            if free >= 0:
                break
        self.name.setVisible(free >= named)

    def _draw_icon(self) -> None:
        side = scaled(12)
        self.search.setIconSize(QSize(side, side))
        self.search.setIcon(icon("search", self._themes.current, "muted"))
        self._fit()
