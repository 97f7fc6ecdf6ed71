"""The canvas lines of the budget: pictures, hover, lasso, and the ratio to pyqtgraph's scatter plot in the same run."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.core.class_colours import class_colours
from explorer.core.types import FloatArray, IntArray
from explorer.ui.map.canvas.album import Album
from explorer.ui.map.canvas.quadtree import Quadtree
from explorer.ui.map.canvas.raster import Rasteriser
from explorer.ui.map.canvas.scene import Motion, Outline, Picture, Style
from explorer.ui.map.canvas.thumbnails import Thumbnails
from explorer.ui.map.canvas.viewport import View
from explorer.ui.widgets.theme import DARK
from tests.helpers.blobs import blobs

WIDTH, HEIGHT = 1600, 1000


def say(text: str) -> None:
    """Print a figure (seen with ``pytest -s``)."""
    sys.stderr.write(f"\n{text}\n")


def best(work: Callable[[], object], times: int = 9) -> tuple[float, float]:
    """Return the least and the median time of this thread in milliseconds, after one run that is not counted.

    Its processor time, so that what else runs on the machine counts as little as may be.
    """
    work()
    taken = []
    for _ in range(times):
        began = time.thread_time()
        work()
        taken.append((time.thread_time() - began) * 1000)
    return min(taken), statistics.median(taken)


class Scene:
    """Points that move a little with every picture."""

    def __init__(self, count: int) -> None:
        self.xy, labels = blobs(count, 10)
        self.raster = Rasteriser()
        self.style = Style(
            labels.astype(np.uint16), class_colours(10), DARK.rgb("background"), DARK.rgb("text"), radius=2.0
        )
        self.bounds = self.raster.bounds(Motion(self.xy, self.xy), self.style)
        assert self.bounds is not None
        self.view = View(width=WIDTH, height=HEIGHT).fitted(self.bounds)
        self.moved = [self.xy, self.xy + np.float32(0.01)]
        self.items = np.arange(count)
        self.motion = Motion(self.moved[0], self.moved[1], 0.0, 1.0)
        self.turn = 0
        self.picture: Picture | None = None

    def draw(self) -> Picture:
        """Draw the points halfway between two frames."""
        if self.picture is not None:
            self.raster.recycle(self.picture)
        self.turn ^= 1
        motion = Motion(self.moved[self.turn], self.moved[1 - self.turn], 0.0, 1.0)
        self.picture = self.raster.draw(motion, self.style, self.view, now=0.5, bounds=self.bounds)
        return self.picture

    def follow(self) -> Picture:
        """Head for a new frame from where the points are, bound it and draw it: all that the raster thread does."""
        if self.picture is not None:
            self.raster.recycle(self.picture)
        self.turn ^= 1
        self.motion = self.motion.towards(self.items, self.moved[self.turn], self.motion.began + 0.5, 1.0)
        self.bounds = self.raster.bounds(self.motion, self.style)
        now = self.motion.began + 0.1
        self.picture = self.raster.draw(self.motion, self.style, self.view, now=now, bounds=self.bounds)
        return self.picture


@pytest.mark.parametrize(("count", "budget"), [(60_000, 5.0), (1_000_000, 40.0)])
def test_moved_points_to_a_new_picture(count: int, budget: float) -> None:
    scene = Scene(count)
    least, median = best(scene.draw)
    whole, _ = best(scene.follow)
    say(
        f"{count:,} points, 1600×1000, radius 2 px: {least:.1f} ms (median {median:.1f}), "
        f"with the new frame and its bounds {whole:.1f}; budget {budget:.0f}"
    )
    assert whole <= budget * 1.5, "a shared machine's caches are not ours alone, but this is too far from the budget"


@pytest.mark.parametrize("count", [1_000_000, 5_000_000, 20_000_000])
def test_a_picture_of_millions_costs_what_is_in_sight(count: int) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 64, count).astype(np.uint16)
    xy = (rng.normal(size=(64, 2)) * 8).astype(np.float32)[labels] + rng.standard_normal((count, 2), np.float32)
    raster, motion = Rasteriser(), Motion(xy, xy)
    style = Style(labels, class_colours(64), DARK.rgb("background"), DARK.rgb("text"))
    bounds = raster.bounds(motion, style)
    assert bounds is not None
    began = time.thread_time()
    tree = Quadtree.of(xy)
    say(f"{count:,} points: quadtree {time.thread_time() - began:.2f} s")
    fitted = View(width=WIDTH, height=HEIGHT).fitted(bounds)
    for zoom in (1, 4, 10, 100):
        x, y = (fitted.x, fitted.y) if zoom == 1 else map(float, xy[7])
        view = replace(fitted, x=x, y=y, scale=fitted.scale * zoom)

        def draw(tree: Quadtree | None, view: View = view) -> Picture:
            picture = raster.draw(motion, style, view, bounds=bounds, tree=tree)
            raster.recycle(picture)
            return picture

        whole, _ = best(lambda draw=draw: draw(None), times=2)  # type: ignore[misc]
        least, median = best(lambda draw=draw: draw(tree), times=7)  # type: ignore[misc]
        picture = draw(tree)
        say(
            f"zoom {zoom}: {least:.1f} ms (median {median:.1f}), {picture.drawn:,} of {picture.in_sight:,} in sight; "
            f"all of them {whole:.1f}; budget 40"
        )
        assert least <= 60.0


def scatter_update(xy: FloatArray, labels: IntArray) -> float:
    """Return the least time in milliseconds of one update and repaint of a ScatterPlotItem with these points."""
    import pyqtgraph as pg

    plot = pg.PlotWidget()
    plot.resize(WIDTH, HEIGHT)
    brushes = [pg.mkBrush(*colour) for colour in class_colours(10).tolist()]
    chosen = [brushes[label] for label in labels]
    item = pg.ScatterPlotItem(size=4, pen=None)
    plot.addItem(item)
    plot.show()

    def update() -> None:
        item.setData(x=xy[:, 0] + np.random.default_rng().random() * 0.01, y=xy[:, 1], brush=chosen)
        plot.grab()
        QApplication.processEvents()

    least, _ = best(update, times=3)
    plot.close()
    return least


def test_against_a_scatter_plot_item(qtbot: QtBot) -> None:
    xy, labels = blobs(60_000, 10)
    theirs = scatter_update(xy, labels)
    ours, _ = best(Scene(60_000).draw, times=100)
    say(f"60,000 points: ScatterPlotItem {theirs:.0f} ms, raster {ours:.1f} ms, ratio {theirs / ours:.0f}")
    assert theirs / ours >= 50


def test_hover_is_one_look_up() -> None:
    scene = Scene(1_000_000)
    picture = scene.draw()
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 1, (200, 2)) * [WIDTH, HEIGHT]
    spots = [scene.view.to_map(x, y) for x, y in places]
    turn = iter(range(10_000))
    least, median = best(lambda: picture.pick(*spots[next(turn) % 200]), times=1000)
    say(f"hover over 1,000,000 points: median {median:.3f} ms, least {least:.3f}; budget 2")
    assert median <= 2.0


def test_lasso_and_brush_over_a_million() -> None:
    scene = Scene(1_000_000)
    turn = np.linspace(0, 2 * np.pi, 500, endpoint=False)
    wobble = 6 + np.sin(9 * turn)
    polygon = np.stack([wobble * np.cos(turn), wobble * np.sin(turn)], -1)
    motion = Motion(scene.xy, scene.xy)
    least, median = best(lambda: scene.raster.caught(motion, scene.style, Outline(polygon), 0.0))
    say(f"lasso of 500 corners over 1,000,000 points: {least:.1f} ms (median {median:.1f}); budget 100")
    assert least <= 100.0
    for radius in (0.05, 0.5, 3.0):
        outline = Outline(polygon, radius)
        least, median = best(lambda outline=outline: scene.raster.caught(motion, scene.style, outline, 0.0))  # type: ignore[misc]
        say(f"brush {radius} wide along it: {least:.1f} ms (median {median:.1f}); budget 100")
        assert least <= 100.0


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_thousand_thumbnails(ratio: float) -> None:
    rng = np.random.default_rng(0)
    count = 60_000
    xy = rng.uniform(-40, 40, (count, 2)).astype(np.float32)
    pixels = rng.integers(0, 256, (count, 28, 28, 1)).astype(np.uint8)
    style = Style(
        rng.integers(0, 10, count).astype(np.uint16), class_colours(10), DARK.rgb("background"), DARK.rgb("text")
    )
    raster, album = Rasteriser(), Thumbnails(Album(pixels), lambda: None)
    view = View(width=WIDTH, height=HEIGHT, scale=72.0)
    bounds = (-40.0, -40.0, 40.0, 40.0)
    picture = raster.draw(Motion(xy, xy), style, view, ratio=ratio, bounds=bounds)
    began = time.thread_time()
    pasted = album.paste(picture, style, raster.flags(style))
    first = (time.thread_time() - began) * 1000
    least, median = best(lambda: album.paste(picture, style, raster.flags(style)))
    drawn, _ = best(lambda: raster.recycle(raster.draw(Motion(xy, xy), style, view, ratio=ratio, bounds=bounds)))
    say(
        f"{pasted:,} thumbnails among {picture.in_sight:,} points in sight, {ratio:.0f} physical pixels a logical one: "
        f"{least:.1f} ms a picture (median {median:.1f}; all new {first:.1f}; the points {drawn:.1f}); budget 8"
    )
    assert pasted >= 1000
    assert least <= 8.0
