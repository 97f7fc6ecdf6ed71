"""How smooth the whole window is while it trains: event-loop lag, frames, images a second; and pictures of it.

``python -m tests.benchmarks.live_window DATA --seconds 60`` opens the real window on DATA (offscreen unless there is a
display), trains for so long with every panel open, clicks points, and prints one JSON value. A heartbeat of 5 ms on the
GUI thread measures the lag. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.core.types import Evaluation, Neighbours, Progress, Projection, Snapshot
from explorer.engine.events import Notice

if TYPE_CHECKING:
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge

BEAT_MS = 5
PANELS = 7


def computed_and_queued() -> tuple[float, float]:
    """Return for how long this thread has computed, and waited for a core, in milliseconds; zeros but on Linux."""
    try:
        spent = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text(encoding="ascii").split()
    except OSError:
        return 0.0, 0.0
    return int(spent[0]) / 1e6, int(spent[1]) / 1e6


class Heartbeat:
    """Lag of the event loop: how late a timer of 5 ms comes, in milliseconds.

    Of the longest wait it says how much this thread computed, and how long it stood in the queue for a core, which on a
    busy machine is others' doing; the rest it waited for something.
    """

    def __init__(self, parent: Any) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.lags: list[float] = []
        self._due = float("inf")  # before the start
        self._most, self._spent, self._longest = 0.0, (0.0, 0.0), (0.0, 0.0)
        self._timer = QTimer(parent, interval=BEAT_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin to measure."""
        self.lags.clear()
        self._most, self._longest = 0.0, (0.0, 0.0)
        self._spent, self._due = computed_and_queued(), time.perf_counter() + BEAT_MS / 1000
        self._timer.start()

    def _beat(self) -> None:
        lag, spent = max(0.0, time.perf_counter() - self._due) * 1000, computed_and_queued()
        if lag > self._most:
            self._most, self._longest = lag, (spent[0] - self._spent[0], spent[1] - self._spent[1])
        self.lags.append(lag)
        self._spent, self._due = spent, time.perf_counter() + BEAT_MS / 1000

    def stop(self) -> dict[str, float]:
        """Return median, 99th percentile and maximum; the beat that is due now counts as it is late by now."""
        self._timer.stop()
        if time.perf_counter() > self._due:
            self._beat()
        lags = np.array(self.lags or [0.0])
        return {
            "p50_ms": round(float(np.percentile(lags, 50)), 1),
            "p99_ms": round(float(np.percentile(lags, 99)), 1),
            "max_ms": round(float(lags.max()), 1),
            "max_computed_ms": round(self._longest[0], 1),
            "max_queued_ms": round(self._longest[1], 1),
            "beats": len(lags),
        }


class Visit:
    """One visit of a user: open, look, train, click, pause, resume, finish. ``script`` says what to wait for."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        from PySide6.QtCore import QTimer

        from explorer.core.recipe import Recipe
        from explorer.ui.app import application, build
        from explorer.ui.session.settings import Settings

        self.arguments = arguments
        self.started = time.perf_counter()
        self.app = application()
        self.report: dict[str, Any] = {}
        self.projections: list[float] = []
        self.drawn: list[float] = []
        self.rates: list[float] = []
        self.published: dict[int, float] = {}
        self.moved: list[float] = []
        recipe = Recipe().with_settings(arguments.set)
        settings = Settings(Path(tempfile.mkdtemp(prefix="explorer-settings-")) / "settings.json")
        settings.set_theme(arguments.theme)
        self.window = build(None, recipe, settings=settings)
        self.window.closed.connect(self.app.quit)
        width, _, height = arguments.size.partition("x")
        self.window.resize(int(width), int(height))
        self.window.show()
        self.beat = Heartbeat(self.window)
        self.script = self.play()
        self._waiting: Any = None
        self._poll = QTimer(self.window, interval=20)
        self._poll.timeout.connect(self._step)
        self._poll.start()

    @property
    def session(self) -> Session:
        """The session of the window."""
        assert self.window.session is not None
        return self.window.session

    @property
    def bridge(self) -> Bridge:
        """The bridge of the window."""
        assert self.window.bridge is not None
        return self.window.bridge

    @property
    def items(self) -> int:
        """How many items are open."""
        assert self.session.dataset is not None
        return len(self.session.dataset)

    def _step(self) -> None:
        if self._waiting is not None and not self._waiting():
            return
        try:
            self._waiting = next(self.script)
        except StopIteration:
            self._poll.stop()
            self.window.close()

    def wait(self, seconds: float) -> Any:
        """Return a condition that holds after so many seconds."""
        until = time.perf_counter() + seconds
        return lambda: time.perf_counter() >= until

    def shot(self, name: str) -> None:
        """Save a picture of the window."""
        if self.arguments.screenshots:
            folder = Path(self.arguments.screenshots)
            folder.mkdir(parents=True, exist_ok=True)
            self.window.screenshot(folder / f"{name}-{self.arguments.theme}-{self.arguments.size}.png")

    def play(self) -> Iterator[Any]:
        """Yield conditions to wait for, in the order of the visit."""
        window = self.window
        yield self.wait(0.2)
        self.shot("start")
        yield lambda: window.session is not None and len(window.workspace.panels) >= PANELS
        self.report["window_ready_s"] = round(time.perf_counter() - self.started, 2)
        self._listen()
        opened = time.perf_counter()
        window.opener.open(self.arguments.data)
        yield lambda: not self.session.why_not() and self.drawn
        self.report["drop_to_points_s"] = round(time.perf_counter() - opened, 2)
        yield self.wait(self.arguments.before)
        self.shot("before")
        yield from self._train()
        yield from self._click()
        yield from self._finish()

    def _listen(self) -> None:
        from explorer.ui.map.map_panel import MapPanel

        bridge = self.bridge
        bridge.of(Projection).connect(lambda _frame: self.projections.append(time.perf_counter()))
        bridge.of(Snapshot).connect(lambda snapshot: self.published.setdefault(snapshot.step, time.perf_counter()))
        bridge.of(Projection).connect(self._on_frame)
        bridge.of(Progress).connect(lambda progress: self.rates.append(progress.images_per_second))
        bridge.of(Progress).connect(lambda progress: self.report.update(evaluating=round(progress.evaluating, 3)))
        bridge.of(Evaluation).connect(self._evaluated)
        self.report["notices"] = []
        bridge.of(Notice).connect(lambda notice: self.report["notices"].append(notice.text))
        panel = self.window.workspace.panels["map"]
        assert isinstance(panel, MapPanel)
        panel.canvas.drawn.connect(lambda _: self.drawn.append(time.perf_counter()))

    def _on_frame(self, frame: Any) -> None:
        """Note how long after a snapshot its own graph first moved the points."""
        published = self.published.pop(frame.step, None) if frame.method == "umap" else None
        if published is not None:
            self.moved.append(time.perf_counter() - published)

    def _evaluated(self, result: Any) -> None:
        values = {name: round(value, 4) for name, value in result.metrics.items()}
        self.report[f"{result.run if result.run == 'pixels' else 'trained'} {result.part}"] = values

    def _train(self) -> Iterator[Any]:
        window = self.window
        window.commands["run.train"].trigger()
        yield lambda: self.session.state == "training" and len(self.rates) > 4
        yield self.wait(5)
        self.projections.clear()
        self.drawn.clear()
        self.rates.clear()
        self.moved.clear()
        self.beat.start()
        started = time.perf_counter()
        yield (
            lambda: (
                time.perf_counter() - started > self.arguments.seconds
                or self.session.state not in ("training", "paused")
            )
        )
        seconds = time.perf_counter() - started
        self.report["lag"] = self.beat.stop()
        gaps = np.diff(self.projections) if len(self.projections) > 1 else np.array([np.inf])
        self.report["map_frames_per_s"] = round(len(self.projections) / seconds, 1)
        if self.moved:
            self.report["snapshot_to_moved_s"] = [round(float(np.percentile(self.moved, p)), 2) for p in (50, 95, 100)]
        self.report["longest_still_s"] = round(float(gaps.max()), 2)
        self.report["canvas_frames_per_s"] = round(len(self.drawn) / seconds, 1)
        self.report["images_per_second"] = round(float(np.median(self.rates)), 1) if self.rates else 0.0
        self.shot("during")

    def _click(self) -> Iterator[Any]:
        """Pin items as a click does and time how long the answer takes to be shown, while it trains."""
        window, waits = self.window, []
        shown: dict[int, float] = {}

        def note(answer: Neighbours) -> None:
            shown.update({int(item): time.perf_counter() for item in answer.queries if int(item) not in shown})

        self.bridge.of(Neighbours).connect(note)
        for item in np.random.default_rng(0).integers(0, self.items, self.arguments.clicks).tolist():
            shown.clear()
            asked = time.perf_counter()
            window.state.pins.choose(item)
            give_up = self.wait(5)
            while item not in shown and not give_up():
                yield lambda: True
            waits.append((shown.get(item, time.perf_counter()) - asked) * 1000)
            yield self.wait(0.4)
        if waits:
            self.report["click_p50_ms"] = round(float(np.percentile(waits, 50)), 1)
            self.report["click_p95_ms"] = round(float(np.percentile(waits, 95)), 1)
        window.state.pins.set([int(i) for i in np.linspace(0, self.items - 1, 3)])
        yield self.wait(1.5)
        self.shot("pinned")

    def _finish(self) -> Iterator[Any]:
        if self.arguments.until_done:
            yield lambda: self.session.state not in ("training", "paused")
            yield self.wait(4)
            self.shot("after")


def main() -> None:
    """Visit and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--before", type=float, default=3, help="seconds to look at the map before training")
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--size", default="1440x900")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--screenshots", default="")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--until-done", action="store_true")
    arguments = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    visit = Visit(arguments)
    visit.app.exec()
    sys.stdout.write(json.dumps(visit.report, indent=1) + "\n")


if __name__ == "__main__":
    main()
