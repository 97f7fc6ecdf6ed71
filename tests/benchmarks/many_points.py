"""Many millions of vectors in the window: ``python -m tests.benchmarks.many_points FOLDER [--items N]``.

Writes N vectors of eight numbers and their classes once into FOLDER, opens them in the real window, and pans, zooms,
draws a lasso and a brush, changes what is selected and asks for neighbours. Prints the lag of the event loop in each,
from what is done to what comes of it, how long until something is seen, and what a picture takes, as JSON. Run it on
an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explorer.core.types import IntArray, Neighbours
from explorer.engine.session.session import Session
from tests.benchmarks.live_window import Heartbeat
from tests.benchmarks.played import play

if TYPE_CHECKING:
    from explorer.ui.map.canvas.point_canvas import PointCanvas
    from explorer.ui.map.canvas.scene import Picture
    from explorer.ui.shell.main_window import MainWindow

CLASSES, PIECE, DRAG_MS = 64, 1_000_000, 16
LOOKED_AT = 10.0
"""Seconds for which is looked at what was selected."""
CHANGED_FOR = 3.0
"""The same for what was changed then."""
Condition = Callable[[], bool]
Act = Callable[[], object]


def nothing() -> None:
    """Do nothing."""


def written(folder: Path, items: int, dimension: int) -> Path:
    """Return the file of so many vectors, with their classes beside them; write both unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"points{items}x{dimension}.npy"
    if path.exists():
        return path
    rng, part = np.random.default_rng(0), path.with_suffix(".part")
    centres = rng.normal(size=(CLASSES, dimension)).astype(np.float32) * 4
    labels = rng.integers(0, CLASSES, items).astype(np.uint8)
    np.save(folder / f"{path.stem}_labels.npy", labels)
    made = np.lib.format.open_memmap(part, "w+", np.float32, (items, dimension))
    for start in range(0, items, PIECE):
        rows = labels[start : start + PIECE]
        made[start : start + len(rows)] = centres[rows] + rng.standard_normal((len(rows), dimension), np.float32)
    made.flush()
    part.rename(path)
    return path


def megabytes() -> int:
    """Return how much memory is this process's own, without what is mapped from files."""
    return int(re.findall(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))[0]) // 1024


class Visit:
    """What is done in the window, one thing after the other, and what it took."""

    def __init__(self, window: MainWindow, data: Path, seconds: float, shots: Path | None) -> None:
        self.window, self.data, self.seconds, self.shots = window, data, seconds, shots
        self.report: dict[str, Any] = {}
        self.pictures: list[Picture] = []
        self.caught: list[IntArray] = []
        self.answers: list[Neighbours] = []

    @property
    def canvas(self) -> PointCanvas:
        """The canvas of the map."""
        from explorer.ui.map.map_panel import MapPanel

        map = self.window.workspace.map
        assert map is not None
        assert isinstance(map.panel, MapPanel)
        return map.panel.canvas

    def timed(self, name: str, act: Act, until: Condition, most: float = 200.0) -> Iterator[Condition]:
        """Do something, and measure the lag from then on until something holds, and how long that took."""
        beat, began = Heartbeat(self.window), time.monotonic()
        beat.start()
        act()
        yield lambda: until() or time.monotonic() - began > most
        self.report[name] = {"seconds": round(time.monotonic() - began, 2), **beat.stop(), "own_mb": megabytes()}
        sys.stderr.write(f"{name}: {self.report[name]}\n")

    def moved(self, name: str, step: Callable[[int], None], act: Act = nothing) -> Iterator[Condition]:
        """Do something, and measure the lag while a hand then moves the view 60 times a second, and the pictures."""
        from PySide6.QtCore import QTimer

        turn, hand, began = [0], QTimer(self.window, interval=DRAG_MS), time.monotonic()

        def on() -> None:
            turn[0] += 1
            step(turn[0])

        hand.timeout.connect(on)
        hand.start()
        self.pictures.clear()
        yield from self.timed(name, act, lambda: time.monotonic() - began > self.seconds)
        hand.stop()
        took = 1000 * np.array([picture.seconds for picture in self.pictures])
        self.report[name] |= {
            "pictures": len(took),
            "picture_ms": [round(float(np.percentile(took, p)), 1) for p in (50, 95, 100)] if len(took) else [],
            "drawn": max((picture.drawn for picture in self.pictures), default=0),
        }

    def shot(self, name: str) -> None:
        """Save a picture of the window."""
        if self.shots is not None:
            self.shots.mkdir(parents=True, exist_ok=True)
            self.window.screenshot(self.shots / f"{name}.png")

    def play(self) -> Iterator[Condition]:
        """Open, look, move, select and ask."""
        window = self.window
        yield lambda: window.whole and window.workspace.ready
        began = time.monotonic()
        yield lambda: time.monotonic() - began > 6  # torch is being loaded, which has a budget of its own
        assert window.bridge is not None
        window.bridge.of(Neighbours).connect(self.answers.append)
        yield from self.timed("opened", lambda: window.opener.open(str(self.data)), lambda: window.workspace.shown)
        self.canvas.drawn.connect(self.pictures.append)
        self.canvas.caught.connect(self.caught.append)
        yield from self.timed("seen", nothing, lambda: bool(self.pictures))
        from explorer.ui.map.canvas.quadtree import BUDGET  # numba, which the window loads by itself

        if self.report["items"] > BUDGET:
            yield from self.timed("sorted", nothing, lambda: self.pictures[-1].drawn < self.pictures[-1].in_sight)
        self.shot("whole")
        yield from self.moved("pan", self._pan)
        yield from self.moved("zoom", self._zoom)
        self.shot("near")
        yield from self._select()
        yield from self._change()
        yield from self.moved("let_go", self._pan, lambda: self.window.state.set_selection([]))
        yield from self._ask()

    def _pan(self, turn: int) -> None:
        self.canvas.navigator.pan(4 if turn // 60 % 2 else -4, 0)

    def _zoom(self, turn: int) -> None:
        canvas = self.canvas
        canvas.navigator.zoom_at(1.04 if turn // 120 % 2 == 0 else 1 / 1.04, canvas.width() / 2, canvas.height() / 2)

    def _select(self) -> Iterator[Condition]:
        """Draw a lasso around a third of the width, in the middle, and look at what comes of it for a while."""
        canvas, state = self.canvas, self.window.state
        yield from self.timed("fitted", canvas.navigator.fit, lambda: not canvas.navigator.gliding)
        corners = self._circle(canvas.width() / 6)
        yield from self.timed("caught", lambda: canvas.catch(corners), lambda: bool(self.caught))
        began = time.monotonic()
        yield from self.timed(
            "selected",
            lambda: state.select(self.caught[-1], "replace"),
            lambda: time.monotonic() - began > LOOKED_AT and len(state.selection) == len(self.caught[-1]),
        )
        self.report["selected"]["items"] = len(self.caught[-1])
        self.shot("selected")
        yield from self.moved("pan_selected", self._pan)

    def _change(self) -> Iterator[Condition]:
        """Add what a brush catches, order the pictures by class, select all others, and take that back."""
        from explorer.ui.selection.selection_panel import SelectionPanel

        canvas, state = self.canvas, self.window.state
        self.caught.clear()
        path, radius = self._circle(canvas.width() / 4), 20 / canvas.navigator.view.scale
        yield from self.timed("brushed", lambda: canvas.catch_path(path, radius), lambda: bool(self.caught))
        panel = self.window.workspace.panels["selection"]
        assert isinstance(panel, SelectionPanel)
        panel.come_forward()
        yield lambda: len(panel.grid.items) == len(state.selection)
        before = panel.grid.items
        ordered: Act = partial(panel.order_by.setCurrentIndex, 1)
        yield from self.timed("by_class", ordered, lambda: panel.grid.items is not before or not len(before))
        yield from self._changed("added", lambda: state.select(self.caught[-1], "add"))
        for name, command in (("inverted", "edit.invert"), ("undone", "edit.undo")):
            yield from self._changed(name, self.window.commands[command].trigger)

    def _changed(self, name: str, act: Act) -> Iterator[Condition]:
        """Change the selection, and look at what comes of it for a while."""
        began, done, state = time.monotonic(), list[bool](), self.window.state

        def change() -> None:
            act()
            state.once_selected(lambda: done.append(True))

        yield from self.timed(name, change, lambda: bool(done) and time.monotonic() - began > CHANGED_FOR)
        self.report[name]["items"] = len(state.selection)

    def _circle(self, radius: float) -> npt.NDArray[np.float64]:
        """Return a circle of so many pixels around the middle of the canvas, (200, 2) on the map."""
        canvas, turn = self.canvas, np.linspace(0, 2 * np.pi, 200, endpoint=False)
        middle = np.array(canvas.navigator.view.to_map(canvas.width() / 2, canvas.height() / 2))
        return middle + radius / canvas.navigator.view.scale * np.stack([np.cos(turn), np.sin(turn)], -1)

    def _ask(self) -> Iterator[Condition]:
        for item in (7, 1_000_003 % self.report["items"]):
            self.answers.clear()
            choose = partial(self.window.state.pins.choose, item)
            yield from self.timed(f"asked_{item}", choose, lambda: bool(self.answers))
        self.shot("asked")


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, default=20_000_000)
    parser.add_argument("--dimension", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5, help="of each movement")
    parser.add_argument("--size", default="1440x900", help="of the window")
    parser.add_argument("--screenshots", type=Path)
    options = parser.parse_args()
    data = written(options.folder, options.items, options.dimension)

    from explorer.ui.app import application, build
    from explorer.ui.session.settings import Settings

    app, home = application(), Path(tempfile.mkdtemp(prefix="explorer-points-", dir=options.folder))
    window = build(
        None,
        settings=Settings(home / "settings.json"),
        make_session=lambda bell: Session(bell, live=True, cache_folder=home / "cache", runs_folder=home / "runs"),
    )
    window.resize(*map(int, options.size.split("x")))
    window.show()
    visit = Visit(window, data, options.seconds, options.screenshots)
    visit.report["items"] = options.items
    play(app, window, visit.play())
    sys.stdout.write(json.dumps(visit.report, indent=1) + "\n")


if __name__ == "__main__":
    main()
