"""The panels around the map: made one at a time so that nothing freezes, placed, remembered and put back."""

from __future__ import annotations

import contextlib
import importlib
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from explorer.core.class_colours import class_colours
from explorer.core.help_pages import HELP_TOPIC
from explorer.core.import_turns import import_turns
from explorer.core.registry import catalogue, modules
from explorer.ui.session.panel import Desk, Panel
from explorer.ui.session.settings import KeptLayout
from explorer.ui.shell.layout.dock_moves import DockMoves
from explorer.ui.shell.layout.dock_sizes import DockSizes
from explorer.ui.shell.layout.docks import AREAS, CentrePanel, PanelDock, TabBars
from explorer.ui.shell.layout.layouts import Layouts
from explorer.ui.shell.opening.drag_and_drop import refuse_drops
from explorer.ui.widgets.from_thread import emit_from_thread
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.next_turn import next_turn


class Workspace(QObject):
    """Builds the panels and keeps their docks. ``built`` comes when all are there, ``failed`` for one that is not.

    ``placed`` comes when they are shown around the map for the first time, ``covered`` when a page comes in place of
    the map and all docks, or goes, ``uncovering`` where it shall go because a panel is asked for.
    ``help_wanted`` carries the topic of a panel that somebody asks about.
    """

    built = Signal()
    placed = Signal()
    covered = Signal(bool)
    uncovering = Signal()
    failed = Signal(str, str)
    help_wanted = Signal(str)

    _imported = Signal(object)

    def __init__(self, window: QMainWindow, centre: QStackedWidget) -> None:
        super().__init__(window)
        self._window = window
        self._centre = centre
        self._desk: Desk | None = None
        self._waiting: list[tuple[type[Panel], Callable[[], object]]] = []
        self.panels: dict[str, Panel] = {}
        self.docks: dict[str, PanelDock] = {}
        self.ready = False
        self.shown = self._begun = False
        self._placing: Iterator[None] | None = None
        self._asked_for: list[PanelDock] = []
        self._over = False
        self._main: CentrePanel | None = None
        self._middle: QWidget | None = None
        self._covered = False
        self._beside_map: KeptLayout | None = None
        self._before_cover: KeptLayout | None = None
        TabBars(window)
        sizes = DockSizes(window)
        self.moves = DockMoves(window, self.docks, sizes, self._place)
        self.layouts = Layouts(window, self.docks, sizes)
        self._imported.connect(self._on_imported, Qt.ConnectionType.QueuedConnection)

    def build(self, desk: Desk) -> None:
        """Import the panels in the background, then make one in each turn of the event loop."""
        self._desk = desk
        desk.state.pins.changed.connect(self._on_pins)
        threading.Thread(target=self._import, name="panels", daemon=True).start()

    def _import(self) -> None:
        problems: list[tuple[str, str]] = []
        class_colours(256)  # reads a library of palettes, a tenth of a second: here and not when the data arrive
        for module in (*modules("map_picture"), *modules("export")):  # the map makes a command of each, and tells
            with contextlib.suppress(Exception):
                importlib.import_module(module)
        for module in modules("panel"):
            try:
                importlib.import_module(module)
            except Exception:  # noqa: BLE001 - one broken panel must not take the others away
                name = module.rpartition(".")[2].removesuffix("_panel")
                problems.append((tr("The panel “{name}” cannot be loaded", name=name), traceback.format_exc()))
        try:
            found = [entry.part for entry in catalogue("panel").values()]
        except Exception:  # noqa: BLE001 - a broken module again, or an extension's
            problems = problems or [(tr("A panel of an extension cannot be loaded"), traceback.format_exc())]
            found = [kind for kind in Panel.__subclasses__() if hasattr(kind, "key")]
        emit_from_thread(self._imported.emit, (found, problems))

    def _on_imported(self, result: tuple[list[type[Panel]], list[tuple[str, str]]]) -> None:
        found, problems = result
        for text, details in problems:
            self.failed.emit(text, details)
        self._waiting = [(kind, partial(self._make, kind)) for kind in sorted(found, key=_place)]
        self._next()

    def _next(self) -> None:
        if self._over:
            return
        if not self._waiting:
            self.ready = True
            self.built.emit()
            return
        kind, work = self._waiting.pop(0)
        try:
            with import_turns().held():
                work()
        except Exception:  # noqa: BLE001 - as above
            self.failed.emit(tr("The panel “{title}” cannot be shown", title=kind.title), traceback.format_exc())
        next_turn(self, self._next)

    def _make(self, kind: type[Panel]) -> None:
        assert self._desk is not None
        panel = kind(self._desk)
        self._waiting.insert(0, (kind, partial(self._add, panel)))  # in a turn of its own: both together are felt

    def _add(self, panel: Panel) -> None:
        self.panels[panel.key] = panel
        panel.help_wanted.connect(partial(self.help_wanted.emit, panel.property(HELP_TOPIC)))
        if panel.area == "centre":
            self._main = self._middle = CentrePanel(panel)
            self._centre.insertWidget(1, self._main)
        else:
            dock = PanelDock(panel, self._window)
            dock.hide()
            self.docks[panel.key] = dock
            panel.came_forward.connect(partial(self._on_asked_for, dock))
            self.moves.add(dock)
        refuse_drops(panel)

    def show(self, kept: Mapping[str, KeptLayout], name: str) -> None:
        """Leave the start page: show the map, and in the next turns the docks around it in a layout, as they were left.

        To show so many at once takes long enough to be felt, after what the panels do about the data.
        """
        if self._begun:
            return
        self._begun = True
        self._placing = self._placed(kept, name)
        if self._middle is not None:
            self._turn_to(self._middle)
        next_turn(self, self._place_next)

    def _turn_to(self, page: QWidget) -> None:
        """Show a page in the middle; the window has the focus where it was on the page that goes.

        Qt would give it to the next button that it finds, which is then framed as if it were to be pressed.
        """
        before, focused = self._centre.currentWidget(), self._window.focusWidget()
        if before is not None and before is not page and focused is not None and before.isAncestorOf(focused):
            self._window.setFocus(Qt.FocusReason.OtherFocusReason)
        self._centre.setCurrentWidget(page)

    def _placed(self, kept: Mapping[str, KeptLayout], name: str) -> Iterator[None]:
        yield from self.layouts.begin(kept, name)
        for dock in self._asked_for:
            dock.show()
            dock.raise_()
        if (placing := self._window.layout()) is not None:
            placing.activate()  # whoever is told finds them as large as they are
        self.shown = True
        self.placed.emit()

    def _on_asked_for(self, dock: PanelDock) -> None:
        """Show a panel that is asked for beside the map, and not beside a page that covers that.

        What is asked for while the docks come is noted: the last step puts the first of all tabs in front.
        """
        if self._covered:
            self.uncovering.emit()
            dock.show()
            dock.raise_()
        if self._begun and not self.shown:
            self._asked_for.append(dock)

    def _place_next(self) -> None:
        """Place some of the docks, and in the next turn others."""
        placing, self._placing = self._placing, None  # whoever is told of something asks for no other step meanwhile
        if placing is not None and next(placing, self) is None:
            self._placing = placing
            next_turn(self, self._place_next)

    def _place(self) -> None:
        """Place the docks that wait for it; whoever changes what is shown does so to what is there."""
        placing, self._placing = self._placing, None
        for _ in placing or ():
            pass

    @property
    def map(self) -> CentrePanel | None:
        """The map with its header, which stands in the middle, or where whoever has lent it has put it."""
        return self._main

    def put_in_middle(self, page: QWidget | None) -> None:
        """Let a page stand in the middle in place of the map, which it may have taken into itself; None: the map."""
        before, self._middle = self._middle, page or self._main
        if page is None and self._main is not None:
            self._centre.insertWidget(1, self._main)
        elif page is not None:
            self._centre.addWidget(page)
        if self._middle is not None and not self._covered:
            self._centre.setCurrentWidget(self._middle)
        if before is not None and before is not self._main:
            self._centre.removeWidget(before)

    @property
    def is_covered(self) -> bool:
        """Whether a page stands in place of the map and all docks."""
        return self._covered

    def cover(self, page: QWidget) -> None:
        """Show a page in place of the map and of all docks, or of the start page."""
        self._place()
        if not self._covered and self.shown and self._beside_map is None:
            self._before_cover = self.layouts.now()
        self._covered = True
        for dock in self.docks.values():
            dock.hide()
        self._centre.setCurrentWidget(page)
        self.covered.emit(True)

    def uncover(self) -> None:
        """Show again what was there before a page covered it."""
        self._place()
        before, self._before_cover, self._covered = self._before_cover, None, False
        if self.shown and self._middle is not None:
            self._turn_to(self._middle)
        else:
            self._centre.setCurrentIndex(0)
        if before is not None and self._beside_map is None:
            self.layouts.restore(before)
            self.layouts.follow()
        self.covered.emit(False)

    def choose(self, name: str) -> None:
        """Show another layout."""
        self._place()
        if self.shown and name != self.layouts.name:
            self.layouts.choose(name, self._current())

    def reset(self) -> None:
        """Put every dock back to its place in the layout that is shown."""
        self._place()
        if self.shown:
            self.layouts.reset()

    def _on_pins(self, items: tuple[int, ...]) -> None:
        """Show the neighbours that were asked for, where the one panel in sight is another."""
        dock = self.docks.get("neighbours")
        if items and self.layouts.folded and dock is not None and not dock.isHidden():
            dock.raise_()

    def _current(self) -> KeptLayout:
        """Return where the docks are, or were before the map or a page was alone."""
        return self._beside_map or self._before_cover or self.layouts.now()

    def kept(self) -> dict[str, KeptLayout]:
        """Return what to remember of each layout; nothing before the docks were ever shown."""
        self._place()
        return self.layouts.kept(self._current()) if self.shown else {}

    def isolate(self, alone: bool) -> None:
        """Show the map alone, or the docks again that were there before, as wide as they were."""
        self._place()
        before, self._beside_map = self._beside_map, self._current() if alone else None
        if not alone and before is not None:
            self.layouts.restore(before)
            self.layouts.follow()
        for dock in self.docks.values() if alone else ():
            dock.hide()

    def shut(self) -> None:
        """End what the panels have in the background, because the window goes; it may do so before all are there."""
        self._over = True
        for panel in self.panels.values():
            panel.shut()


def _place(kind: type[Panel]) -> tuple[int, int, str]:
    """Return the place of a panel in the order of making: the centre, then left, right and bottom."""
    return (list(AREAS).index(kind.area) if kind.area in AREAS else -1, kind.order, kind.title)
