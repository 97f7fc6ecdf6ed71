"""The layouts of the window by what one does there: which panels are shown and where; each keeps what was changed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMainWindow

from explorer.ui.session.panel import Area
from explorer.ui.session.settings import KeptLayout
from explorer.ui.shell.layout.dock_sizes import ACROSS, DOWN, FOLDED_SHARE, MOST_SHARE, DockSizes, folds
from explorer.ui.shell.layout.docks import AREAS, PanelDock
from explorer.ui.shell.layout.first_size import bring_inside
from explorer.ui.widgets.language import tr

Groups = tuple[tuple[str, ...], ...]
"""Keys of panels: each group is one dock, or several that are tabs with the first in front."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which panels stand where around the map; ``everything``: all of them, each where it belongs by itself.

    ``factors``: by what a side is larger than usual. ``front``: the panel that is in front where all are tabs of each
    other. ``presents``: it is for a projector, with large text and points.
    """

    name: str
    title: str
    tip: str
    sides: Mapping[Area, Groups] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    everything: bool = False
    front: str = ""
    presents: bool = False


LAYOUTS = (
    Layout(
        "train",
        tr("Train"),
        tr("Every panel: data and recipe, neighbours, charts"),
        everything=True,
        front="recipe",
    ),
    Layout(
        "explore",
        tr("Explore"),
        tr("A large map beside the classes and the neighbours, without recipe and charts"),
        {"left": (("data",),), "right": (("neighbours", "selection", "find_more", "gallery", "cleaning"),)},
        {"right": 1.2},
        front="neighbours",
    ),
    Layout(
        "evaluate",
        tr("Evaluate"),
        tr("Figures, distances and pairs of classes in large, without data and recipe"),
        {
            "right": (("evaluate", "gallery", "neighbours"),),
            "bottom": (("distances", "metric"), ("class_pairs",), ("clusters", "curves")),
        },
        {"right": 1.3, "bottom": 1.35},
    ),
    Layout(
        "present",
        tr("Present"),
        tr("For a projector: a large map with large points, small curves below it, large text, and nothing else"),
        {"bottom": (("curves",),)},
        {"bottom": 0.68},
        presents=True,
    ),
)
BY_NAME = {layout.name: layout for layout in LAYOUTS}
FIRST = LAYOUTS[0].name


class Layouts(QObject):
    """Places the docks of a window by one of the layouts, as it was left there.

    ``chosen(name)`` tells which, before any is placed: by that text is of the size by which panels are folded.

    In a window that has little room for its text they are ``folded``: all panels of the layout are tabs at one side of
    the map. What was changed there is kept beside what was changed in the same layout elsewhere.
    """

    chosen = Signal(str)

    def __init__(self, window: QMainWindow, docks: Mapping[str, PanelDock], sizes: DockSizes) -> None:
        super().__init__(window)
        self._window = window
        self._docks = docks
        self._sizes = sizes
        self._kept: dict[str, KeptLayout] = {}
        self.name = FIRST
        self.folded = False

    @property
    def _version(self) -> int:
        """Another number for other docks: what was kept of them would be restored into these."""
        return zlib.crc32("\n".join(sorted(self._docks)).encode()) >> 1

    def begin(self, kept: Mapping[str, KeptLayout], name: str) -> Iterator[None]:
        """Place the docks for the first time, as they were left; some of them in each step."""
        self._kept = dict(kept)
        self._sizes.follow(self._docks.values())
        self._sizes.settled.connect(self.follow)
        yield from self._shown(name if name in BY_NAME else FIRST)

    @property
    def _key(self) -> str:
        """Under which name is kept what is shown."""
        return f"{self.name} folded" if self.folded else self.name

    def follow(self) -> None:
        """Fold or unfold the panels where the room for text has become little, or enough again."""
        beside = any(not dock.isHidden() for dock in self._docks.values())  # and no page in place of them
        if beside and self._folds(self.name) != self.folded:
            opened, focus = self._opened(), self._window.focusWidget()
            self.choose(self.name, self.now())
            for dock in opened:
                if self.folded and len(opened) > 1 and not (focus is not None and dock.isAncestorOf(focus)):
                    continue  # one of all is in front: where several were, what somebody is at, or else the recipe
                if not dock.isHidden():
                    dock.raise_()

    def _opened(self) -> list[PanelDock]:
        """Return the docks that somebody has brought to the front of their tabs: they stay there."""
        layout = BY_NAME[self.name]
        sides = self._own() if layout.everything else layout.sides
        groups = [group for groups in sides.values() for group in groups]
        first = {layout.front or groups[0][0]} if self.folded else {group[0] for group in groups}
        return [
            dock
            for key, dock in self._docks.items()
            if key not in first and self._window.tabifiedDockWidgets(dock) and not dock.visibleRegion().isEmpty()
        ]

    def _folds(self, name: str) -> bool:
        """Return whether the panels of a layout are folded now; what is projected has but one, which stays below."""
        return not BY_NAME[name].presents and folds(self._window.size())

    def choose(self, name: str, leaving: KeptLayout) -> None:
        """Show another layout; the one that is left is kept as ``leaving``."""
        self._kept[self._key] = leaving
        self._show(name)

    def reset(self) -> None:
        """Show the layout as it is by itself."""
        self._kept.pop(self._key, None)
        self._show(self.name)

    def kept(self, current: KeptLayout) -> dict[str, KeptLayout]:
        """Return what to keep of each layout, ``current`` of the one that is shown."""
        return {**self._kept, self._key: current}

    def now(self) -> KeptLayout:
        """Return where the docks are."""
        window = self._window
        state = bytes(window.saveState(self._version).data())
        return KeptLayout.of(state, (window.width(), window.height()), self._sizes.hand, self._sizes.floats)

    def restore(self, kept: KeptLayout) -> bool:
        """Put the docks where they were; return False where that was of other docks."""
        with self._at_one_go():
            if not self._window.restoreState(kept.content, self._version):
                return False
        self._sizes.hand, self._sizes.floats = dict(kept.hand), dict(kept.floats)
        for dock in self._docks.values():
            if dock.isFloating() and not dock.isHidden():
                bring_inside(dock)  # its screen may be gone
        self._sizes.fit()  # the window may have another size, and large text may have squeezed what was kept
        return True

    @contextmanager
    def _at_one_go(self) -> Iterator[None]:
        """Lay the window out once what is done in the block is done, and not for each dock that appears."""
        placing = self._window.layout()
        if placing is None:
            yield
            return
        placing.setEnabled(False)
        try:
            yield
        finally:
            placing.setEnabled(True)
            placing.activate()

    def _show(self, name: str) -> None:
        for _ in self._shown(name):
            pass

    def _shown(self, name: str) -> Iterator[None]:
        """Show a layout in some steps."""
        layout = BY_NAME[name]
        self.chosen.emit(name)
        self.name, self.folded = name, self._folds(name)
        kept = self._kept.get(self._key)
        self._sizes.factors = {} if self.folded else layout.factors
        self._sizes.most_share = FOLDED_SHARE if self.folded else MOST_SHARE
        if kept is None or not self.restore(kept):
            self._sizes.hand, self._sizes.floats = {}, {}
            yield from self._arrange(layout)

    def _arrange(self, layout: Layout) -> Iterator[None]:
        """Place all docks: those that a layout does not show as well, so that they have a place to come back to.

        In each step one more of them comes in sight, with its tabs: to show all at once takes long enough to be felt.
        """
        for dock in self._docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        own, placed = self._own(), set[str]()
        shown = own if layout.everything else layout.sides
        if self.folded:
            own, shown = _folded(own), _folded(shown)
        self._place_all(shown, placed)
        in_sight = frozenset(placed)
        self._place_all(own, placed)
        for key in self._docks.keys() - in_sight:
            self._docks[key].hide()
        for group in (group for groups in shown.values() for group in groups):
            with self._at_one_go():
                for key in filter(self._docks.__contains__, group):
                    self._docks[key].show()
            yield
        first = [group[0] for groups in shown.values() for group in groups]
        for key in [*first, *([layout.front] if self.folded else [])]:
            if key in self._docks:
                self._docks[key].raise_()
        self._sizes.fit()

    def _place_all(self, sides: Mapping[Area, Groups], placed: set[str]) -> None:
        for area, groups in sides.items():
            for group in groups:
                self._place(area, [key for key in group if key in self._docks], placed)

    def _place(self, area: Area, group: Sequence[str], placed: set[str]) -> None:
        """Put docks at a side as tabs of each other, or of the first of them that has its place already."""
        first = next((key for key in group if key in placed), "")
        for key in group:
            dock = self._docks[key]
            if key in placed:
                continue
            if first:
                self._window.tabifyDockWidget(self._docks[first], dock)
            else:
                self._window.addDockWidget(AREAS[area], dock, ACROSS if area == "bottom" else DOWN)
            first = first or key
            placed.add(key)

    def _own(self) -> dict[Area, Groups]:
        """Return where every panel says that it belongs."""
        panels = [dock.panel for dock in self._docks.values()]
        tabs: dict[str, list[str]] = {panel.key: [panel.key] for panel in panels if panel.beside not in self._docks}
        for panel in panels:
            if panel.key not in tabs:
                tabs[panel.beside].append(panel.key)
        own = [panel for panel in panels if panel.key in tabs]
        return {area: tuple(tuple(tabs[one.key]) for one in own if one.area == area) for area in AREAS}


def _folded(sides: Mapping[Area, Groups]) -> dict[Area, Groups]:
    """Return the same panels as tabs of each other at the right."""
    return {"right": (tuple(key for groups in sides.values() for group in groups for key in group),)}
