"""Pictures of everything the map can show: ``python -m tests.benchmarks.map_tour DATA --screenshots DIR``.

Opens the window on DATA, trains for some seconds, then shows every colouring, every overlay, every layout, the kept
steps and the tools, and saves a picture of each, to be looked at. Prints how long each layout took to appear.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from explorer.core.recipe import Part
from explorer.core.types import Projection
from tests.benchmarks.live_window import Visit

MEASURED = ("right", "violation", "loss", "fidelity", "hubness", "distance")
OVERLAYS = ("triplets", "trails", "forces")


class Tour(Visit):
    """Goes through what the map offers and takes a picture of each."""

    def play(self) -> Iterator[Any]:
        """Yield conditions to wait for, in the order of the tour."""
        window, state = self.window, self.window.state
        yield lambda: window.session is not None and len(window.workspace.panels) >= 7
        self._listen()
        window.opener.open(self.arguments.data)
        yield lambda: not self.session.why_not() and bool(self.drawn)
        yield self.wait(self.arguments.before)
        self.shot("1-untrained")
        if self.arguments.seconds:
            window.commands["run.train"].trigger()
            yield lambda: self.session.state == "training"
            yield self.wait(self.arguments.seconds)
            yield from self._overlays("2-training")
            self.session.stop()
            yield lambda: self.session.state not in ("training", "paused")
            yield self.wait(4)
        state.pins.set([int(i) for i in np.linspace(0, self.items - 1, 3)])
        yield from self._colours()
        yield from self._overlays("4-after")
        yield from self._past()
        yield from self._layouts()
        yield from self._zoomed()

    def _colours(self) -> Iterator[Any]:
        dataset, state = self.session.dataset, self.window.state
        assert dataset is not None
        for name in ("split", *list(dataset.columns)[:2], *MEASURED, "class"):
            state.set_colour_by(name)
            yield self.wait(3.0 if name in MEASURED else 1.0)
            self.shot(f"3-colour-{name.replace(':', '-')}")

    def _overlays(self, when: str) -> Iterator[Any]:
        state, commands = self.window.state, self.window.commands
        dataset = self.session.dataset
        assert dataset is not None
        state.set_selection(np.flatnonzero(dataset.labels == dataset.labels[0])[:: max(1, self.items // 3000)])
        yield self.wait(0.5)
        self.shot(f"{when}-selection")
        for name in OVERLAYS:
            commands[f"overlay.{name}"].trigger()
            yield self.wait(3.0)
            self.shot(f"{when}-{name}")
            commands[f"overlay.{name}"].trigger()
        state.set_selection([])
        yield from self._hover(when)

    def _hover(self, when: str) -> Iterator[Any]:
        panel: Any = self.window.workspace.panels["map"]
        panel.canvas.input.hovered.emit(self.items // 2)
        yield self.wait(1.0)
        self.shot(f"{when}-hover")
        panel.canvas.input.hovered.emit(-1)

    def _past(self) -> Iterator[Any]:
        steps = self.session.replay.steps
        self.report["kept_steps"] = [kept.step for kept in steps]
        if steps:
            self.session.replay.show(steps[len(steps) // 3].step)
            yield self.wait(2.0)
            self.shot("5-past")
            self.window.commands["timeline.play"].trigger()
            yield self.wait(0.9)
            self.shot("5-playing")
            self.session.replay.show(-1)
            yield self.wait(1.0)

    def _layouts(self) -> Iterator[Any]:
        self.report["layout_s"] = {}
        seen: list[str] = []
        self.bridge.of(Projection).connect(lambda frame: seen.append(frame.method))
        self.window.commands["map.layout"].trigger()
        yield self.wait(0.7)
        self.shot("6-layout-box")
        self.window.commands["map.layout"].trigger()
        for name in ("pca", "dimensions", "tsne", "umap_learn", "umap"):
            seen.clear()
            asked = time.perf_counter()
            self.session.analysis.project(Part(name=name))
            give_up = self.wait(self.arguments.patience)
            yield lambda name=name, give_up=give_up: name in seen or give_up()
            self.report["layout_s"][name] = round(time.perf_counter() - asked, 1) if name in seen else "never"
            yield self.wait(8.0 if name in ("tsne", "umap") else 3.0)
            self.shot(f"6-layout-{name}")

    def _zoomed(self) -> Iterator[Any]:
        panel: Any = self.window.workspace.panels["map"]
        canvas = panel.canvas
        for factor in (4.0, 5.0, 4.0):
            canvas.navigator.zoom_at(factor, canvas.width() * 0.45, canvas.height() * 0.5)
            yield self.wait(1.5)
            self.shot(f"7-zoom-{round(canvas.navigator.zoom)}")
        canvas.navigator.fit()
        for tool in ("lasso", "brush", "polygon"):
            self.window.commands[f"map.{tool}"].trigger()
            yield self.wait(0.6)
            self.shot(f"8-{tool}")


def main() -> None:
    """Go through it all and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--seconds", type=float, default=20, help="of training; 0: none")
    parser.add_argument("--before", type=float, default=6, help="seconds to look at the map before")
    parser.add_argument("--patience", type=float, default=60, help="seconds to wait for a layout")
    parser.add_argument("--size", default="1440x900")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--screenshots", required=True)
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    tour = Tour(arguments)
    tour.app.exec()
    sys.stdout.write(json.dumps(tour.report, indent=1) + "\n")


if __name__ == "__main__":
    main()
