"""From the drop of a folder on the window to Train and to all points, as one JSON value: a part of ``drop_times``.

It is run by its path in a process of its own, with the checkout that is to be measured first on the path, and so uses
only what older checkouts have as well. Its cache is empty; kernels are compiled.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import explorer  # noqa: F401  first, as in the application: it prepares what torch reads when it is loaded

from PySide6.QtCore import QTimer, Qt  # isort: skip

PANELS = 7
"""So many there are when the window stands."""
LINGER = 1.0
"""Seconds after the last point in which the window is still listened to."""
BEAT_MS = 4


class Drop:
    """Opens ``data`` in a window so many seconds after it stands, and notes when what comes, in seconds from then."""

    def __init__(self, window: Any, data: str, rest: float) -> None:
        self.window, self.data, self.rest = window, data, rest
        self.found: dict[str, float] = {}
        self.dropped: float | None = None
        self.stood: float | None = None
        self.last, self.lag = time.perf_counter(), 0.0
        self.beat = QTimer(window, interval=BEAT_MS)
        self.beat.setTimerType(Qt.TimerType.PreciseTimer)
        self.beat.timeout.connect(self.step)
        self.beat.start()

    def step(self) -> None:
        """Go on, every few milliseconds."""
        now = time.perf_counter()
        if self.dropped is not None:
            self.lag = max(self.lag, now - self.last - BEAT_MS / 1000)
            if "points" in self.found and now - self.dropped > self.found["points"] + LINGER:
                self.beat.stop()
                self.window.close()
        elif self.stood is not None:
            if now - self.stood >= self.rest:
                self.begin()
        elif self.window.session is not None and len(self.window.workspace.panels) >= PANELS:
            self.stood = now
        self.last = time.perf_counter()

    def begin(self) -> None:
        """Drop it."""
        from explorer.core.types import Projection
        from explorer.engine.events import StateChanged

        bridge = self.window.bridge
        bridge.of(StateChanged).connect(lambda _: self.state())
        bridge.of(Projection).connect(lambda _: self.note("projection"))
        self.window.workspace.panels["map"].canvas.drawn.connect(lambda _: self.drawn())
        self.dropped = time.perf_counter()
        self.window.opener.open(self.data)

    def state(self) -> None:
        """Note when Train is on."""
        if not self.window.session.why_not():
            self.note("train")

    def drawn(self) -> None:
        """Note the first picture of the map that has points."""
        if "projection" in self.found:
            self.note("points")

    def note(self, what: str) -> None:
        """Note when something came first."""
        self.found.setdefault(what, time.perf_counter() - (self.dropped or time.perf_counter()))


def main() -> None:
    """Drop data on a window and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--rest", type=float, default=0.0, help="seconds in which the window rests before")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="drop-", ignore_cleanup_errors=True) as kept:
        os.environ |= {"EMBEDDING_EXPLORER_CACHE": str(Path(kept) / "cache"), "QT_QPA_PLATFORM": "offscreen"}
        from explorer.ui.app import application, build
        from explorer.ui.session.settings import Settings

        app = application()
        window = build(settings=Settings(Path(kept) / "settings.json"))
        window.closed.connect(app.quit)
        window.resize(1440, 900)
        window.show()
        drop = Drop(window, options.data, options.rest)
        app.exec()
    sys.stdout.write(json.dumps({**drop.found, "lag": drop.lag}) + "\n")


if __name__ == "__main__":
    main()
