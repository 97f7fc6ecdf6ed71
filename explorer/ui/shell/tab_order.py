"""The way of the Tab key: search, data, recipe, Train, map, then the other panels, each from its top to its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QTabBar, QWidget

from explorer.ui.shell.docks import PanelTitle

if TYPE_CHECKING:
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
    first = [docks[key] for key in FIRST if key in docks]
    first = [dock for dock in first if not dock.isFloating()]  # a window of its own has an order of its own
    rest = [dock for key, dock in docks.items() if key not in FIRST and not dock.isFloating()]
    bars = [window.header, *first, window.choice_bar, window.alarm_bar, *([window.run_bar] if window.run_bar else [])]
    found: dict[QWidget, None] = {}
    for region in (*bars, window.centre, *rest):
        found |= dict.fromkeys(_of(region, sort=region in docks.values()))
    found |= dict.fromkeys(bar for bar in window.findChildren(QTabBar) if bar.isVisible())
    found |= dict.fromkeys(_of(window.status_bar, sort=False))
    return list(found)


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
