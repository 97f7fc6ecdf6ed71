"""The self-test: the real window driven by real mouse events on the digits sample, from start page to closing."""

from __future__ import annotations

import math
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from explorer.core.events import RunFailed, RunFinished
from explorer.core.recipe import Recipe
from explorer.core.types import PIXELS_RUN, Evaluation, Neighbours, Projection
from explorer.engine.session.session import Session
from explorer.ui.app import build
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow

EPOCHS = 3
PATIENCE = 180.0
LOOK_MS = 20
SIZE = (1440, 900)


class SelfTestFailed(Exception):
    """A stage of the self-test did not come to its end; the text says which, and what was told meanwhile."""


@dataclass(slots=True)
class Findings:
    """What the self-test saw. ``stages``: seconds each took, in order; ``recall``: at 1, raw pixels and trained."""

    stages: dict[str, float] = field(default_factory=dict)
    recall: dict[str, float] = field(default_factory=dict)
    frames: int = 0
    screenshots: list[str] = field(default_factory=list)


class SelfTest:
    """Opens a window with settings, cache and runs in a folder of its own, and leads it through its main job."""

    def __init__(self, folder: Path, screenshots: Path | None, say: Callable[[str], None]) -> None:
        self._say = say
        self._screenshots = screenshots
        self._findings = Findings()
        self._errors: list[str] = []
        self._frame: Projection | None = None
        self._neighbours: Neighbours | None = None
        self._ended: RunFinished | RunFailed | None = None
        self._built = self._closed = False
        self.window: MainWindow = build(
            recipe=Recipe(epochs=EPOCHS),
            settings=Settings(folder / "settings.json"),
            make_session=lambda doorbell: self._made(folder, doorbell),
        )
        self.window.built.connect(self._on_built)
        self.window.closed.connect(self._on_closed)
        self.window.faults.told.connect(self._on_told)

    def run(self) -> Findings:
        """Lead the window from its start page to its end.

        Raises
        ------
        SelfTestFailed: if a stage does not end in time, or anything was told as an error.
        """
        window = self.window
        window.resize(*SIZE)
        window.show()
        self._stage("the window opens", lambda: self._built)
        self._picture("1-start")
        self._click(window.start_page.examples.cards[0])
        self._stage("the digits are on the map", lambda: self._frame is not None and self._resting())
        run_bar = window.run_bar
        assert run_bar is not None
        self._stage("Train is on", run_bar.train.isEnabled)
        self._picture("2-data")
        self._click(run_bar.train)
        self._stage(
            "the map moves with the training", lambda: self._frame is not None and self._frame.run != PIXELS_RUN
        )
        item = self._click_a_point()
        self._stage("a click brings neighbours", lambda: self._has_neighbours(item))
        self._picture("3-training")
        self._stage("the training ends", lambda: self._ended is not None)
        self._stage("the neighbours follow", lambda: self._has_neighbours(item, at_end=True))
        self._stage("the figures follow", lambda: "trained" in self._findings.recall)
        self._picture("4-trained")
        window.close()
        self._stage("everything ends", lambda: self._closed)
        left = [thread.name for thread in threading.enumerate() if thread.name in ("trainer", "recorder")]
        if left or self._errors or isinstance(self._ended, RunFailed):
            raise SelfTestFailed("; ".join([*self._errors, *left, str(self._ended)]))
        return self._findings

    def _made(self, folder: Path, doorbell: Callable[[], None]) -> Session:
        return Session(doorbell, live=True, cache_folder=folder / "cache", runs_folder=folder / "runs")

    def _on_built(self) -> None:
        bridge = self.window.bridge
        assert bridge is not None
        bridge.of(Projection).connect(self._on_projection)
        bridge.of(Neighbours).connect(self._on_neighbours)
        bridge.of(Evaluation).connect(self._on_evaluation)
        bridge.run_event.connect(self._on_run_event)
        self._built = True

    def _on_closed(self) -> None:
        self._closed = True

    def _on_told(self, text: str, level: str, details: str, _times: int) -> None:
        if level == "error":
            self._errors.append(f"{text} {details}".strip())

    def _on_projection(self, frame: Projection) -> None:
        self._frame = frame
        self._findings.frames += 1

    def _on_neighbours(self, found: Neighbours) -> None:
        self._neighbours = found

    def _on_evaluation(self, found: Evaluation) -> None:
        if found.part == "held-out" and "recall@1" in found.metrics:
            self._findings.recall["pixels" if found.run == PIXELS_RUN else "trained"] = found.metrics["recall@1"]

    def _on_run_event(self, event: object) -> None:
        if isinstance(event, RunFinished | RunFailed):
            self._ended = event

    def _has_neighbours(self, item: int, *, at_end: bool = False) -> bool:
        found = self._neighbours
        if found is None or found.queries.tolist() != [item] or found.run == PIXELS_RUN:
            return False
        return not at_end or (isinstance(self._ended, RunFinished) and found.step == self._ended.step)

    def _map(self) -> MapPanel:
        panel = self.window.workspace.panels["map"]
        assert isinstance(panel, MapPanel)
        return panel

    def _resting(self) -> bool:
        """Whether what is drawn shows the newest view, whole."""
        canvas = self._map().canvas
        picture = canvas.picture
        return picture is not None and picture.bounds is not None and not canvas.navigator.gliding

    def _click_a_point(self) -> int:
        """Click a point that can be seen, wherever the map has moved it, and return its item."""
        canvas, state = self._map().canvas, self.window.state
        frame = self._frame
        assert frame is not None

        def clicked() -> bool:
            if not self._resting():
                return False
            for item in frame.indices[:: max(1, len(frame.indices) // 200)].tolist():
                x, y = canvas.places([item])[0]
                if not (math.isfinite(x) and math.isfinite(y)):  # not on the map yet
                    continue
                at = QPoint(round(x), round(y))
                if canvas.rect().adjusted(8, 8, -8, -8).contains(at) and canvas.childAt(at) is None:
                    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
                    if state.pins.items:
                        return True
            return False

        self._stage("a point can be clicked", clicked)
        return state.pins.items[0]

    def _click(self, widget: QWidget) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def _stage(self, name: str, done: Callable[[], bool]) -> None:
        """Run the event loop until ``done``."""
        began = time.monotonic()
        loop, look = QEventLoop(), QTimer()
        look.timeout.connect(lambda: loop.quit() if done() or time.monotonic() - began > PATIENCE else None)
        look.start(LOOK_MS)
        loop.exec()
        look.stop()
        seconds = time.monotonic() - began
        if not done():
            raise SelfTestFailed("; ".join([f"not within {PATIENCE:.0f} s: {name}", *self._errors]))
        self._findings.stages[name] = round(seconds, 3)
        self._say(f"{seconds:6.2f} s  {name}")

    def _picture(self, name: str) -> None:
        if self._screenshots is not None:
            self._findings.screenshots.append(str(self.window.screenshot(self._screenshots / f"{name}.png")))


def self_test(screenshots: Path | None, say: Callable[[str], None]) -> Findings:
    """Run the self-test; nothing of it stays but the screenshots.

    Raises
    ------
    SelfTestFailed: if a stage does not end in time, or anything was told as an error.
    """
    with tempfile.TemporaryDirectory(prefix="embedding-explorer-", ignore_cleanup_errors=True) as folder:
        test = SelfTest(Path(folder), screenshots, say)
        try:
            return test.run()
        finally:
            session = test.window.session
            if session is not None:
                session.close()
            test.window.deleteLater()
