"""How late a window is that follows a run which another process trains: metrics, snapshots, Pause, and its own lag.

``python -m tests.benchmarks.follow_lag [DATA] [--seconds 30]`` lets a process of its own train (offscreen window here,
unless there is a display) and prints one JSON value. The trainer notes when its session heard of each step and
snapshot; the clocks are the same, since it is one computer. Aims: metrics p95 1 s, snapshots 3 s, Pause 1 s.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

TRAINER = """
import sys, time
from pathlib import Path
from explorer.core.events import RunPaused
from explorer.core.recipe import Recipe
from explorer.core.types import Snapshot, StepMetrics
from explorer.engine.headless import Headless

class Quiet:
    def say(self, text): pass
    def progress(self, title, done, total, detail=""): pass

class Noting(Headless):
    def _values(self):
        drain = self.session.lanes.drain
        def noted():
            batch, now = drain(), time.time()
            for value in (*batch.appended, *batch.latest.values(), *batch.sent):
                if isinstance(value, (StepMetrics, Snapshot, RunPaused)):
                    print(type(value).__name__, value.step, now, file=notes, flush=True)
            return batch
        self.session.lanes.drain = noted
        return super()._values()

notes = open(sys.argv[3], "w")
headless = Noting(Quiet(), threads=1)
headless.open_all(Recipe().with_settings(sys.argv[4:]), [(sys.argv[1], "main")])
headless.train(Path(sys.argv[2]), resume=False)
headless.close()
"""


class Following:
    """One visit: a window that opens a run which trains elsewhere, looks on, and asks it to pause."""

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        from PySide6.QtCore import QTimer

        from explorer.ui.app import application, build
        from explorer.ui.session.settings import Settings
        from tests.benchmarks.live_window import Heartbeat

        self.arguments, self.run, self.notes = arguments, folder / "run", folder / "notes"
        self.app = application()
        self.heard: dict[str, dict[int, float]] = {"StepMetrics": {}, "Snapshot": {}}
        self.report: dict[str, Any] = {}
        self.window = build(None, None, settings=Settings(folder / "settings.json"))
        self.window.closed.connect(self.app.quit)
        self.window.resize(1440, 900)
        self.window.show()
        self.beat = Heartbeat(self.window)
        self._script, self._waiting = self._play(), None
        self._poll = QTimer(self.window, interval=20)
        self._poll.timeout.connect(self._step)
        self._poll.start()

    def _step(self) -> None:
        if self._waiting is not None and not self._waiting():
            return
        try:
            self._waiting = next(self._script)
        except StopIteration:
            self._poll.stop()
            self.window.close()

    def _hear(self, kind: str, steps: list[int]) -> None:
        now = time.time()
        for step in steps:
            self.heard[kind].setdefault(step, now)

    def noted(self, kind: str) -> dict[int, float]:
        """Return when the trainer heard of each step of a kind, in seconds since 1970."""
        rows = [line.split() for line in self.notes.read_text().splitlines()] if self.notes.exists() else []
        return {int(row[1]): float(row[2]) for row in rows if len(row) == 3 and row[0] == kind}

    def _play(self) -> Iterator[Any]:
        from explorer.core.events import Pause
        from explorer.core.types import Snapshot
        from explorer.engine.run.alarms import Remedy

        window = self.window
        yield lambda: window.session is not None and window.workspace.panels and self.noted("StepMetrics")
        assert window.bridge is not None
        assert window.session is not None
        window.bridge.metrics.connect(lambda metrics: self._hear("StepMetrics", [one.step for one in metrics]))
        window.bridge.of(Snapshot).connect(lambda snapshot: self._hear("Snapshot", [snapshot.step]))
        window.opener.open(str(self.run))
        yield lambda: len(self.heard["StepMetrics"]) > 5
        yield self._wait(4)
        since = time.time()
        self.beat.start()
        yield self._wait(self.arguments.seconds)
        self.report["lag"] = self.beat.stop()
        for kind, heard in self.heard.items():
            noted = self.noted(kind)
            late = [heard[step] - at for step, at in noted.items() if at > since and step in heard]
            ends = [round(float(np.percentile(late, share)), 2) for share in (50, 95, 100)] if late else []
            self.report[kind] = {"heard": len(late), "p50_p95_max_s": ends}
        asked = time.time()
        window.session.mend(Remedy("Pause it", "ask", commands=(Pause(),)))
        yield lambda: self.noted("RunPaused") or time.time() - asked > 20
        self.report["paused_after_s"] = [round(at - asked, 2) for at in self.noted("RunPaused").values()]

    def _wait(self, seconds: float) -> Any:
        until = time.perf_counter() + seconds
        return lambda: time.perf_counter() >= until


def main() -> None:
    """Let one process train and another one follow, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", default="sample:digits")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--set", action="append", default=["epochs=500"])
    arguments = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        command = [sys.executable, "-c", TRAINER, arguments.data, str(folder / "run"), str(folder / "notes")]
        with subprocess.Popen([*command, *arguments.set]) as trains:
            following = Following(arguments, folder)
            following.app.exec()
            trains.terminate()
    sys.stdout.write(json.dumps(following.report, indent=1) + "\n")


if __name__ == "__main__":
    main()
