"""Moving docks without dragging them, which not every desktop can: float, to a side, into tabs, out of sight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QAction, QGuiApplication, QScreen
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu

from explorer.ui.session.panel import Area
from explorer.ui.shell.layout.dock_sizes import ACROSS, DOWN, DockSizes
from explorer.ui.shell.layout.docks import AREAS, PanelDock
from explorer.ui.shell.layout.first_size import bring_inside
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.next_turn import next_turn

SIDES: Mapping[Area, str] = {"left": tr("To the left"), "right": tr("To the right"), "bottom": tr("Below the map")}
OFFSET = 40
"""By how many pixels a dock that is made a window is moved to the middle: one sees that something happened."""
LOCKED = tr("The panels are locked: unlock them to move this one")

Feature = QDockWidget.DockWidgetFeature


class DockMoves(QObject):
    """Moves the docks of a window, unless they are locked; ``extras`` stand at the end of the menu of each.

    A dock that floats comes back to where it floated last, within the screens that there are. ``before`` is called
    before one is moved: all shall be where they belong by then.
    """

    def __init__(
        self, window: QMainWindow, docks: Mapping[str, PanelDock], sizes: DockSizes, before: Callable[[], object]
    ) -> None:
        super().__init__(window)
        self._window = window
        self._before = before
        self._docks = docks
        self._sizes = sizes
        self.locked = False
        self.extras: tuple[QAction, ...] = ()
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.screenRemoved.connect(self._on_screen_removed)

    def set_locked(self, locked: bool) -> None:
        """Let no panel be moved or closed, or let them be again."""
        self.locked = locked
        for dock in self._docks.values():
            self.dress(dock)

    def dress(self, dock: PanelDock) -> None:
        """Let a dock be moved by the mouse, or not."""
        free = Feature.DockWidgetClosable | Feature.DockWidgetMovable | Feature.DockWidgetFloatable
        dock.setFeatures(Feature.NoDockWidgetFeatures if self.locked else free)
        for button in dock.title.window_buttons:
            button.setEnabled(not self.locked)

    def float_or_back(self, dock: PanelDock) -> None:
        """Make a window of a dock, or put it back where it was."""
        self._before()
        at, away = dock.mapToGlobal(QPoint()), dock.geometry().center() - self._window.rect().center()
        dock.setFloating(not dock.isFloating())
        if dock.isFloating():
            beside = at + QPoint(-OFFSET if away.x() > 0 else OFFSET, -OFFSET if away.y() > 0 else OFFSET)
            before = self._sizes.floats.get(dock.panel.key)
            dock.setGeometry(QRect(*before) if before is not None else QRect(beside, dock.size()))
        self._shown(dock)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Remember where a dock floats."""
        moved = event.type() in (QEvent.Type.Move, QEvent.Type.Resize)
        if moved and isinstance(watched, PanelDock) and watched.isFloating() and watched.isVisible():
            place = watched.geometry()
            self._sizes.floats[watched.panel.key] = (place.x(), place.y(), place.width(), place.height())
        return super().eventFilter(watched, event)

    def _on_screen_removed(self, _screen: QScreen) -> None:
        next_turn(self, self.bring_all_inside)

    def bring_all_inside(self) -> None:
        """Bring the docks that float into the screens that there are."""
        for dock in self._docks.values():
            if dock.isFloating() and not dock.isHidden():
                bring_inside(dock)

    def to_side(self, dock: PanelDock, area: Area) -> None:
        """Put a dock at the end of a side of the map, out of its tabs."""
        self._before()
        dock.setFloating(False)
        self._window.addDockWidget(AREAS[area], dock, ACROSS if area == "bottom" else DOWN)
        self._shown(dock)

    def tab_with(self, dock: PanelDock, other: PanelDock) -> None:
        """Make a dock a tab beside another, in front of it."""
        self._before()
        dock.setFloating(False)
        self._window.tabifyDockWidget(other, dock)
        self._shown(dock)

    def toggle(self, dock: PanelDock) -> None:
        """Bring a dock back, or to the front of its tabs, or close it; a locked one only comes to the front."""
        self._before()
        behind = bool(self._window.tabifiedDockWidgets(dock)) and dock.visibleRegion().isEmpty()
        dock.setVisible(dock.isHidden() or behind or self.locked)
        if not dock.isHidden():
            self._shown(dock)

    def close(self, dock: PanelDock) -> None:
        """Put a dock out of sight."""
        self._before()
        dock.hide()

    def _shown(self, dock: PanelDock) -> None:
        dock.show()
        if dock.isFloating():
            bring_inside(dock)
        self._sizes.fit()
        dock.raise_()  # it may be a tab behind another

    def add(self, dock: PanelDock) -> None:
        """Offer the moves in the menu of a dock."""
        dock.title.menu_wanted.connect(lambda at: self.menu(dock).popup(at))
        dock.title.back_wanted.connect(lambda: self.float_or_back(dock))
        dock.title.close_wanted.connect(lambda: self.close(dock))
        dock.installEventFilter(self)
        self.dress(dock)

    def menu(self, dock: PanelDock) -> QMenu:
        """Return a menu of what can be done with a dock now; it goes when it is closed."""
        menu = QMenu(dock)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        entries = [menu.addAction(tr("Put back into the window") if dock.isFloating() else tr("Float"))]
        entries[0].triggered.connect(lambda: self.float_or_back(dock))
        tabs = self._window.tabifiedDockWidgets(dock)
        area = None if dock.isFloating() else self._window.dockWidgetArea(dock)
        for side, words in SIDES.items():
            if area != AREAS[side] or tabs:
                text = tr("{words}, out of the tabs", words=words) if area == AREAS[side] else words
                entries.append(menu.addAction(text))
                entries[-1].triggered.connect(partial(self.to_side, dock, side))
        entries.append(self._tabs(menu, dock, tabs).menuAction())
        menu.addSeparator()
        entries.append(menu.addAction(tr("Close")))
        entries[-1].setToolTip(tr("Menu View, Panels, brings it back"))
        entries[-1].triggered.connect(lambda: self.close(dock))
        for entry in entries if self.locked else ():
            entry.setEnabled(False)
            entry.setToolTip(LOCKED)
        menu.addSeparator()
        menu.addActions(self.extras)
        return menu

    def _tabs(self, menu: QMenu, dock: PanelDock, tabs: list[QDockWidget]) -> QMenu:
        """Offer the docks that are at a side of the map, and are no tabs of this one."""
        offered = menu.addMenu(tr("As a tab with"))
        for other in self._docks.values():
            if other is not dock and other not in tabs and not other.isHidden() and not other.isFloating():
                offered.addAction(other.panel.title).triggered.connect(partial(self.tab_with, dock, other))
        offered.menuAction().setEnabled(not offered.isEmpty())
        return offered
