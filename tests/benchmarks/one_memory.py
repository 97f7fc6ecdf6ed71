"""What one window and its processes hold without data, with data open, and in training: a part of ``memory``.

It is run by its path in a process of its own, with the checkout that is to be measured first on the path, and so uses
only what older checkouts have as well. Prints one JSON value: MiB of each kind of process in each phase.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from PySide6.QtCore import QTimer

from explorer.core.recipe import Recipe
from explorer.core.types import Projection
from explorer.ui.app import application, build
from explorer.ui.session.settings import Settings
from tests.helpers.footprint import family

LOOK_MS = 200
SETTLING = 25.0
"""Seconds after which nothing is at work any more: libraries are imported, the map is at rest, heaps are trimmed."""
WARM_UP = 25.0
"""Seconds of training that are not measured: kernels are compiled, the first snapshots come."""


class Visit:
    """Opens the data, lets them rest, trains, and notes the memory of all processes in each of these phases."""

    def __init__(self, data: str, folder: Path, seconds: float) -> None:
        self._data, self._seconds = data, seconds
        self.app = application()
        self.window = build(None, Recipe(epochs=1000, device="cpu"), settings=Settings(folder / "settings.json"))
        self.window.closed.connect(self.app.quit)
        self.window.resize(1440, 900)
        self.window.show()
        self.found: dict[str, dict[str, float]] = {}
        self._frames = 0
        self._script = self._play()
        self._waiting: Callable[[], bool] = lambda: True
        self._timer = QTimer(self.window, interval=LOOK_MS)
        self._timer.timeout.connect(self._step)
        self._timer.start()

    def _step(self) -> None:
        if not self._waiting():
            return
        try:
            self._waiting = next(self._script)
        except StopIteration:
            self._timer.stop()
            self.window.close()

    def _play(self) -> Iterator[Callable[[], bool]]:
        window = self.window
        yield lambda: window.session is not None and bool(window.workspace.panels)
        assert window.bridge is not None
        assert window.session is not None
        window.bridge.of(Projection).connect(self._count)
        yield _after(SETTLING)
        yield from self._measure("no data", 5.0)
        window.opener.open(self._data)
        session = window.session
        yield lambda: not session.why_not() and bool(self._frames)
        yield _after(SETTLING)
        yield from self._measure("open", 5.0)
        session.train()
        yield lambda: session.state == "training"
        yield _after(WARM_UP)
        yield from self._measure("training", self._seconds)
        assert session.state == "training"

    def _count(self, _frame: Projection) -> None:
        self._frames += 1

    def _measure(self, phase: str, seconds: float) -> Iterator[Callable[[], bool]]:
        looks: list[dict[str, float]] = []
        over = _after(seconds)
        while not over():
            looks.append(held())
            yield _after(0.5)
        totals = [look["all"] for look in looks]
        self.found[phase] = {name: round(median(look[name] for look in looks), 1) for name in looks[0]}
        self.found[phase] |= {"lowest": round(min(totals), 1), "highest": round(quantiles(totals, n=20)[-1], 1)}


def held() -> dict[str, float]:
    """Return the MiB that the window's own process holds, those that the others hold, those shared, and all."""
    window, *others = family(os.getpid())
    found = {
        "window": window.own,
        "analysis": sum(other.own for other in others),
        "shared": window.shared + sum(other.shared for other in others),
    }
    return {**found, "all": sum(found.values()), "mapped": window.mapped + sum(other.mapped for other in others)}


def _after(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() >= until


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=40.0)
    options = parser.parse_args()
    visit = Visit(options.data, options.folder, options.seconds)
    visit.app.exec()
    found: dict[str, Any] = visit.found
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
