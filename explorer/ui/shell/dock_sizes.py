"""The docks beside and below the map keep their share of a window that becomes smaller or larger."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMainWindow

from explorer.ui.shell.docks import PanelDock

SETTLED_MS = 80
"""The docks follow once the window has kept its size for so long."""
DRAWN_FOR, WIDEST = 1440, 1.6
"""The width of the window in pixels up to which the docks at its sides are as narrow as they are drawn, and by what
factor they are wider at most."""


def width_scale(width: int) -> float:
    """Return by what the docks at the sides are wider in a window of this width than they are drawn."""
    return min(WIDEST, max(1.0, width / DRAWN_FOR))


class DockSizes(QObject):
    """Follows the size of a window; without it a smaller one would take everything from the map."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._at = QSize()
        self._sizes: dict[PanelDock, QSize] = {}
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._settled.timeout.connect(self._fit)

    def follow(self, docks: Iterable[PanelDock]) -> None:
        """Follow the window from now on, as its docks are placed."""
        self._at = self._window.size()
        self._sizes = {dock: dock.size() for dock in docks}
        for watched in (self._window, *self._sizes):
            watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note how large a dock is while the window keeps its size; wait until the window keeps it again.

        When the window hears of its new size, its docks have theirs already.
        """
        if isinstance(event, QResizeEvent) and self._window.size() != self._at:
            self._settled.start()
        elif isinstance(event, QResizeEvent) and isinstance(watched, PanelDock):
            self._sizes[watched] = event.size()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        window, sizes = self._window, dict(self._sizes)
        wider = width_scale(window.width()) / width_scale(self._at.width())
        higher = window.height() / self._at.height()
        self._at = window.size()
        docks = [dock for dock in sizes if dock.isVisible() and not dock.isFloating()]
        firsts = {dock.panel.area: dock for dock in reversed(docks)}  # others are tabs beside them, or stand below
        sides = [firsts[area] for area in ("left", "right") if area in firsts]
        below = [firsts[area] for area in ("bottom",) if area in firsts]
        column = [dock for dock in docks if dock.panel.area == "left" and not window.tabifiedDockWidgets(dock)]
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        window.resizeDocks(sides, [round(sizes[dock].width() * wider) for dock in sides], across)
        for some in (below, column):
            window.resizeDocks(some, [round(sizes[dock].height() * higher) for dock in some], down)
