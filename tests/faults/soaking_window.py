"""The real window in a process of its own: it trains without end while somebody clicks, and notes what all hold.

``python -m tests.faults.soaking_window DATA MINUTES RECORDS`` writes a line of JSON each half minute: seconds since the
training began, step, what was done so far, and the memory, handles and threads of every process.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtTest import QTest

from explorer.core.events import RunFailed
from explorer.core.recipe import Recipe
from explorer.core.types import StepMetrics
from explorer.ui.app import application, build
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.shell.main_window import MainWindow
from tests.helpers.footprint import family

BEAT_MS = 2_000
RECORD_SECONDS = 30.0
COMMANDS = (
    "map.colour_class", "map.colour_split", "map.colour_right", "map.colour_violation", "map.colour_loss",
    "map.colour_fidelity", "map.colour_distance", "overlay.triplets", "overlay.pins", "overlay.true_neighbours",
    "overlay.trails", "overlay.forces", "overlay.thumbnails", "map.next_triplet", "map.fit", "map.zoom_selection",
    "map.legend", "edit.undo", "edit.redo", "queries.back", "queries.forward", "edit.invert",
    "edit.select_none", "edit.clear_pins",
)  # fmt: skip
SELDOM = ("miners.bench", "evaluate.run", "class_pairs.run", "clusters.run", "data.clean", "view.toggle_theme")
"""What a person does now and then, and what takes a while."""


class Somebody(QObject):
    """Clicks, points, pins and looks at one panel after the other, by a fixed sequence of random numbers."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._random, self.done = window, random.Random(0), 0
        self._map = window.workspace.panels["map"]
        assert isinstance(self._map, MapPanel)
        self._canvas = self._map.canvas
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._act)
        for panel in window.workspace.panels.values():
            panel.come_forward()
        self._timer.start()

    def _act(self) -> None:
        actions = (self._point, self._point, self._click, self._pin, self._select, self._command, self._raise)
        self._random.choice(actions)()
        if self.done % 30 == 29:
            self._trigger(SELDOM[self.done // 30 % len(SELDOM)])
        self.done += 1

    def _somewhere(self) -> QPoint:
        return QPoint(
            self._random.randrange(20, max(21, self._canvas.width() - 20)),
            self._random.randrange(20, max(21, self._canvas.height() - 20)),
        )

    def _point(self) -> None:
        for _ in range(8):
            QTest.mouseMove(self._canvas, self._somewhere())

    def _click(self) -> None:
        QTest.mouseClick(self._canvas, Qt.MouseButton.LeftButton, pos=self._somewhere())

    def _item(self) -> int:
        assert self._window.session is not None
        assert self._window.session.dataset is not None
        return self._random.randrange(len(self._window.session.dataset))

    def _pin(self) -> None:
        pins = self._window.state.pins
        if len(pins.items) > 6:
            pins.clear()
        pins.choose(self._item(), add=True)

    def _select(self) -> None:
        first = self._item()
        self._window.state.set_selection(np.arange(first, first + self._random.randrange(1, 400)) % self._item())

    def _command(self) -> None:
        self._trigger(self._random.choice(COMMANDS))

    def _raise(self) -> None:
        self._random.choice(list(self._window.workspace.panels.values())).come_forward()

    def _trigger(self, name: str) -> None:
        action = self._window.commands[name]
        if action.isEnabled():
            action.trigger()


class Soak(QObject):
    """Trains as soon as that is possible, and closes the window when the time is over."""

    def __init__(self, window: MainWindow, seconds: float, records: Path) -> None:
        super().__init__(window)
        self._window, self._seconds, self._records = window, seconds, records
        self._somebody: Somebody | None = None
        self._began = self._noted = time.monotonic()
        self._step = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(200)

    def _look(self) -> None:
        now = time.monotonic()
        session, bridge = self._window.session, self._window.bridge
        if session is None or bridge is None or not self._window.workspace.shown:
            return
        if self._somebody is None:
            if not session.why_not():
                self._began, self._noted = now, now - RECORD_SECONDS
                bridge.metrics.connect(self._count)
                bridge.of(RunFailed).connect(lambda failed: sys.stderr.write(f"{failed.message}\n{failed.traceback}\n"))
                session.train()
                self._somebody = Somebody(self._window)
            return
        if now - self._noted >= RECORD_SECONDS:
            self._noted += RECORD_SECONDS
            self._note(now - self._began, session.state)
        if now - self._began > self._seconds:
            self._timer.stop()
            self._window.close()

    def _count(self, steps: list[StepMetrics]) -> None:
        self._step = steps[-1].step

    def _note(self, seconds: float, state: str) -> None:
        assert self._somebody is not None
        line = {
            "seconds": round(seconds, 1),
            "state": state,
            "step": self._step,
            "actions": self._somebody.done,
            "processes": [asdict(one) for one in family(os.getpid())],
        }
        with self._records.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def main(data: str, minutes: float, records: Path) -> int:
    app = application()
    window = build(data, Recipe(epochs=100_000))
    window.closed.connect(app.quit)
    window.resize(1440, 900)
    window.show()
    Soak(window, minutes * 60, records)
    return app.exec()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])))
