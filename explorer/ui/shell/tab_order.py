"""The way of the Tab key: search, data, recipe, Train, map, then the other panels, each from its top to its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QTabBar, QWidget

from explorer.ui.shell.layout.docks import PanelTitle

if TYPE_CHECKING:
    from explorer.ui.map.map_panel import MapPanel
    from explorer.ui.shell.main_window import MainWindow

FIRST = ("data", "recipe")
"""The panels before Train: what is learned from, and how."""
ROW = 8
"""Pixels within which widgets stand in one row."""


def order_tabs(window: MainWindow) -> None:
    """Put all that can have the focus in order; called at each step, since forms are made anew as they change."""
    for before, after in pairwise(focusable(window)):
        QWidget.setTabOrder(before, after)


def focusable(window: MainWindow) -> list[QWidget]:
    """Return what the Tab key comes to, in its order; each once."""
    docks = window.workspace.docks
    found: dict[QWidget, None] = {}
    for region in regions(window):
        found |= dict.fromkeys(_of(region, sort=region in docks.values()))
    found |= dict.fromkeys(bar for bar in window.findChildren(QTabBar) if bar.isVisible())
    found |= dict.fromkeys(_of(window.status_bar, sort=False))
    return list(found)


def regions(window: MainWindow) -> list[QWidget]:
    """Return the parts of a window in the order in which it is read, but for the status bar at its end."""
    docks = window.workspace.docks
    first = [docks[key] for key in FIRST if key in docks]
    first = [dock for dock in first if not dock.isFloating()]  # a window of its own has an order of its own
    rest = [dock for key, dock in docks.items() if key not in FIRST and not dock.isFloating()]
    bars = [window.header, *first, window.choice_bar, window.alarm_bar, *([window.run_bar] if window.run_bar else [])]
    return [*bars, window.centre, *rest]


def first_in(window: MainWindow, region: QWidget) -> QWidget | None:
    """Return what takes the focus of whoever goes to a part of the window: the map itself in the middle.

    Of a panel its first field, and what stands in its title only where there is no other; None of what is out of sight.
    """
    if region.visibleRegion().isEmpty():
        return None
    panel = cast("MapPanel | None", window.workspace.panels.get("map"))
    if panel is not None and region.isAncestorOf(panel) and panel.body_shown and panel.isVisible():
        return panel.canvas
    there = [one for one in _of(region, sort=region in window.workspace.docks.values()) if one.isEnabled()]
    return next((one for one in there if not _in_title(one, region)), there[0] if there else None)


def _of(region: QWidget, *, sort: bool) -> Iterator[QWidget]:
    """Yield what can have the focus in a part of the window: its title, then as it is read, or as it was made."""
    there = [one for one in region.findChildren(QWidget) if _takes_tab(one) and not _floats(one, region)]
    titles = [one for one in there if _in_title(one, region)]
    yield from titles
    rest = [one for one in there if one not in titles]
    yield from _read(rest, region) if sort else rest


def _takes_tab(widget: QWidget) -> bool:
    tab = bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
    return tab and widget.focusProxy() is None and widget.isVisible()


def _floats(widget: QWidget, region: QWidget) -> bool:
    return widget.window() is not region.window()


def _in_title(widget: QWidget, region: QWidget) -> bool:
    around: QWidget | None = widget
    while around is not None and around is not region:
        if isinstance(around, PanelTitle):
            return True
        around = around.parentWidget()
    return False


def _read(widgets: Iterable[QWidget], region: QWidget) -> list[QWidget]:
    def place(widget: QWidget) -> tuple[int, int]:
        at = widget.mapTo(region, QPoint())
        return at.y() // ROW, at.x()

    return sorted(widgets, key=place)
