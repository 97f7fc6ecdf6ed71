"""A million vectors in the real window: how late its event loop is while one pans, zooms, selects, recolours and asks.

``python -m tests.benchmarks.million FASHION_MNIST.zip --screenshots DIR`` makes a million vectors of real ones (the
pictures of a zip or folder on their principal axes, repeated and jittered), opens them, and does with mouse and state
what a person does, while the map is laid out in the analysis process. Prints one JSON value. Run it on an otherwise
idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.types import FloatArray, IntArray, Projection
from tests.benchmarks.live_window import Visit

ROUND = 4.0
"""Seconds that each sort of gesture is repeated."""

GESTURE_S = 1 / 60


def make(source: str, items: int, dimension: int, path: Path) -> Path:
    """Write ``items`` vectors of ``dimension`` numbers with their classes as ``.npz``, unless they are there."""
    if path.exists():
        return path
    from explorer.core.recipe import DataOptions
    from explorer.data.opening import open_dataset

    dataset = open_dataset(source, DataOptions())
    rows = np.resize(np.arange(len(dataset)), items)
    x: FloatArray = dataset.inputs.reshape(len(dataset), -1).astype(np.float32) / np.float32(255)
    vectors = jittered(x, rows, dimension)
    names = np.array(dataset.class_names)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, vectors=vectors, labels=names[dataset.labels[rows]], copy=(rows != np.arange(items)) * 1)
    return path


def jittered(x: FloatArray, rows: IntArray, dimension: int) -> FloatArray:
    """Return some rows (R,) of real vectors (M, D) on their principal axes, each moved a little (R, dimension)."""
    x -= x.mean(axis=0)
    values, axes = np.linalg.eigh(np.asarray(x[:: max(1, len(x) // 20_000)].T @ x[:: max(1, len(x) // 20_000)]))
    flat = x @ axes[:, np.argsort(values)[::-1][:dimension]].astype(np.float32)
    moved = np.random.default_rng(0).normal(size=(len(rows), dimension)).astype(np.float32)
    moved *= flat.std(axis=0) * np.float32(0.1)
    moved += flat[rows]
    return moved


class MillionVisit(Visit):
    """Opens the vectors and goes through the gestures, each for some seconds, each with its own lag."""

    def play(self) -> Iterator[Any]:
        """Yield conditions to wait for, in the order of the visit."""
        window = self.window
        yield lambda: window.session is not None and len(window.workspace.panels) >= 7
        self._listen()
        yield self.wait(6)  # torch is being loaded, which has a budget of its own
        self.methods: list[str] = []
        self.bridge.of(Projection).connect(lambda frame: self.methods.append(frame.method))
        self.beat.start()
        opened = time.perf_counter()
        window.opener.open(self.arguments.data)
        yield lambda: bool(self.drawn)
        self.report["open_to_points_s"] = round(time.perf_counter() - opened, 1)
        self.report["lag_opening"] = self.beat.stop()
        self.shot("million-pca")
        self.beat.start()
        patience = self.wait(self.arguments.patience)
        yield lambda: "umap" in self.methods or patience()
        self.report["open_to_umap_s"] = round(time.perf_counter() - opened, 1)
        self.report["lag_graph"] = self.beat.stop()
        yield from self._gestures()
        yield from self._frames()
        self.shot("million-umap")

    def _gestures(self) -> Iterator[Any]:
        canvas = self._canvas()
        width, height = canvas.width(), canvas.height()
        self.sides = (width, height)
        yield from self._repeat("pan", self._drag)
        self._button(width / 2, height / 2, down=False)
        yield from self._repeat("zoom", lambda k: canvas.navigator.zoom_at(1.1 if k % 40 < 20 else 1 / 1.1, 400, 300))
        canvas.navigator.fit()
        yield from self._repeat(
            "hover", lambda k: self._move(width * (0.2 + 0.6 * (k % 97) / 97), height / 2, down=False)
        )
        yield from self._lasso()
        yield from self._recolour()
        yield from self._query()

    def _canvas(self) -> Any:
        panel: Any = self.window.workspace.panels["map"]
        return panel.canvas

    def _repeat(self, name: str, gesture: Callable[[int], object]) -> Iterator[Any]:
        """Do a gesture 60 times a second and note the lag and the pictures a second meanwhile."""
        self.drawn.clear()
        self.beat.start()
        began = time.perf_counter()
        count = 0
        while time.perf_counter() - began < ROUND:
            gesture(count)
            count += 1
            yield self.wait(GESTURE_S)
        self.report[f"lag_{name}"] = self.beat.stop()
        self.report[f"pictures_{name}"] = round(len(self.drawn) / (time.perf_counter() - began), 1)

    def _drag(self, k: int) -> None:
        width, height = self.sides
        if k == 0:
            self._button(width / 2, height / 2, down=True)
        self._move(width / 2 + 120 * np.sin(k / 15), height / 2 + 80 * np.cos(k / 15), down=True)
        if k % 120 == 119:
            self._button(width / 2, height / 2, down=False)
            self._button(width / 2, height / 2, down=True)

    def _event(self, kind: Any, x: float, y: float, button: Any, buttons: Any) -> None:
        from PySide6.QtCore import QPointF, Qt
        from PySide6.QtGui import QMouseEvent
        from PySide6.QtWidgets import QApplication

        canvas = self._canvas()
        at = QPointF(x, y)
        whole = QPointF(canvas.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(
            canvas, QMouseEvent(kind, at, whole, button, buttons, Qt.KeyboardModifier.NoModifier)
        )  # fmt: skip

    def _button(self, x: float, y: float, *, down: bool) -> None:
        from PySide6.QtCore import QEvent, Qt

        kind = QEvent.Type.MouseButtonPress if down else QEvent.Type.MouseButtonRelease
        held = Qt.MouseButton.LeftButton if down else Qt.MouseButton.NoButton
        self._event(kind, x, y, Qt.MouseButton.LeftButton, held)

    def _move(self, x: float, y: float, *, down: bool) -> None:
        from PySide6.QtCore import QEvent, Qt

        held = Qt.MouseButton.LeftButton if down else Qt.MouseButton.NoButton
        self._event(QEvent.Type.MouseMove, x, y, Qt.MouseButton.NoButton, held)

    def _lasso(self) -> Iterator[Any]:
        """Draw a lasso around the middle of the map, again and again, and time from release to selection."""
        canvas, state = self._canvas(), self.window.state
        width, height = self.sides
        caught: list[tuple[float, int]] = []
        state.selection_changed.connect(lambda items: caught.append((time.perf_counter(), len(items))))
        canvas.input.set_tool("lasso")
        waits = []
        self.beat.start()
        for turn in range(6):
            radius = height * (0.15 + 0.05 * turn)
            corners = [
                (width / 2 + radius * np.cos(angle), height / 2 + radius * np.sin(angle))
                for angle in np.linspace(0, 6.28, 40)
            ]
            self._button(*corners[0], down=True)
            for corner in corners:
                self._move(*corner, down=True)
                yield self.wait(0.005)
            caught.clear()
            released = time.perf_counter()
            self._button(*corners[-1], down=False)
            give_up = self.wait(5)
            yield lambda give_up=give_up: bool(caught) or give_up()
            when, items = caught[0] if caught else (time.perf_counter(), 0)
            waits.append((when - released) * 1000)
            yield self.wait(0.5)
        self.report["lag_lasso"] = self.beat.stop()
        self.report["lasso_ms"] = [round(wait) for wait in waits]
        self.report["lasso_items"] = items
        self.shot("million-lasso")
        state.set_selection([])
        canvas.input.set_tool("pointer")

    def _recolour(self) -> Iterator[Any]:
        """Colour by everything in turn and time until the map is drawn so."""
        state = self.window.state
        names = ["split", "copy", "class", "right", "fidelity", "violation", "loss", "class"]
        self.report["recolour_ms"] = {}
        self.beat.start()
        for name in names:
            self.drawn.clear()
            asked = time.perf_counter()
            state.set_colour_by(name)
            give_up = self.wait(20)
            yield lambda give_up=give_up: bool(self.drawn) or give_up()
            self.report["recolour_ms"][name] = round((time.perf_counter() - asked) * 1000)
            yield self.wait(self.arguments.look if name in ("right", "fidelity", "violation", "loss") else 1.0)
            self.shot(f"million-{name}")
        self.report["lag_recolour"] = self.beat.stop()

    def _query(self) -> Iterator[Any]:
        self.beat.start()
        yield from self._click()
        self.report["lag_query"] = self.beat.stop()

    def _frames(self) -> Iterator[Any]:
        self.projections.clear()
        began = time.perf_counter()
        yield self.wait(10)
        self.report["map_frames_per_s"] = round(len(self.projections) / (time.perf_counter() - began), 1)


def main() -> None:
    """Make the vectors, visit, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=64)
    parser.add_argument("--patience", type=float, default=240, help="seconds to wait for the live map")
    parser.add_argument("--look", type=float, default=25, help="seconds to wait for a measured colouring")
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--size", default="1440x900")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--screenshots", default="")
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder = Path(tempfile.gettempdir()) / "embedding-explorer-million"
    path = folder / f"{Path(arguments.source).stem}-{arguments.items}-{arguments.dimension}.npz"
    arguments.data = str(make(arguments.source, arguments.items, arguments.dimension, path))
    visit = MillionVisit(arguments)
    visit.app.exec()
    sys.stdout.write(json.dumps(visit.report, indent=1) + "\n")


if __name__ == "__main__":
    main()
