"""What lies over the points of the display, and whether their pictures do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter
from pytestqt.qtbot import QtBot

from explorer.ui.map.canvas.album import Album
from explorer.ui.map.canvas.marks import Places
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.canvas.scene import Style
from explorer.ui.widgets.theme import DARK, Theme

XY = np.array([[-10, -5], [10, -5], [10, 5], [-10, 5], [0, 0]], np.float32)
PICTURES = np.zeros((len(XY), 12, 12, 3), np.uint8) + np.array([0, 200, 0], np.uint8)
GREEN = 0xFF00C800
STYLE = Style.plain(len(XY), (90, 160, 250), DARK.rgb("background"), DARK.rgb("text"))


class Spot:
    """A layer that paints a square at an item and remembers where that was."""

    def __init__(self, item: int, colour: str) -> None:
        self.item, self.colour = item, QColor(colour)
        self.seen: list[npt.NDArray[np.float64]] = []

    def paint(self, painter: QPainter, theme: Theme, places: Places, radius: float) -> None:
        at = places([self.item])[0]
        self.seen.append(at)
        if np.isfinite(at).all():
            painter.fillRect(round(at[0]) - 8, round(at[1]) - 8, 16, 16, self.colour)


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[PointCanvas]:
    widget = PointCanvas(DARK, lambda _item: None)
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.show()
    widget.set_items(len(XY), STYLE, Album(PICTURES))
    widget.move_points(np.arange(len(XY)), XY)
    yield widget
    widget.shut()


def greens(canvas: PointCanvas) -> int:
    """Return how many pixels of the picture on screen show a picture of an item."""
    picture = canvas.picture
    return -1 if picture is None else int((picture.pixels[: picture.stride * picture.height] == GREEN).sum())


def colour_at(canvas: PointCanvas, at: npt.NDArray[np.float64]) -> QColor:
    spot = QPointF(*at).toPoint()
    return canvas.grab().toImage().pixelColor(spot)


def test_pictures_are_shown_only_while_they_are_wanted(qtbot: QtBot, canvas: PointCanvas) -> None:
    qtbot.waitUntil(lambda: greens(canvas) > 500, timeout=60_000)
    canvas.show_thumbnails(False)
    qtbot.waitUntil(lambda: greens(canvas) == 0, timeout=60_000)
    canvas.show_thumbnails(True)
    qtbot.waitUntil(lambda: greens(canvas) > 500, timeout=60_000)


def test_pictures_that_are_not_wanted_do_not_come_with_the_data(qtbot: QtBot) -> None:
    widget = PointCanvas(DARK, lambda _item: None)
    qtbot.addWidget(widget)
    widget.show_thumbnails(False)
    widget.resize(400, 300)
    widget.show()
    widget.set_items(len(XY), STYLE, Album(PICTURES))
    widget.move_points(np.arange(len(XY)), XY)
    qtbot.waitUntil(lambda: greens(widget) >= 0 and bool(np.isfinite(widget.places([4])).all()), timeout=60_000)
    assert greens(widget) == 0
    widget.shut()


def test_layers_lie_over_the_points_in_their_order_and_follow_them(qtbot: QtBot, canvas: PointCanvas) -> None:
    qtbot.waitUntil(lambda: greens(canvas) > 0, timeout=60_000)
    red, blue = Spot(4, "#ff0000"), Spot(4, "#0000ff")
    canvas.set_layers([red, blue])
    at = canvas.places([4])[0]
    assert colour_at(canvas, at) == QColor("#0000ff")
    canvas.set_layers([blue, red])
    assert colour_at(canvas, at) == QColor("#ff0000")
    moved = at + np.array([60.0, 40.0])
    canvas.navigator.pan(60, 40)
    assert canvas.places([4])[0].tolist() == pytest.approx(moved.tolist())
    assert colour_at(canvas, moved) == QColor("#ff0000")
    canvas.set_layers([])
    assert colour_at(canvas, moved) != QColor("#ff0000")


def test_hidden_points_have_no_place_for_what_lies_over_them(qtbot: QtBot, canvas: PointCanvas) -> None:
    qtbot.waitUntil(lambda: greens(canvas) > 0, timeout=60_000)
    before = canvas.places(np.arange(len(XY)))
    visible = np.array([True, False, True, True, False])
    canvas.set_style(replace(STYLE, visible=visible))
    found = canvas.places(np.arange(len(XY)))
    np.testing.assert_array_equal(found[visible], before[visible])
    assert np.isnan(found[~visible]).all()
    spot = Spot(4, "#ff0000")
    canvas.set_layers([spot])
    assert colour_at(canvas, before[4]) != QColor("#ff0000")
    assert np.isnan(spot.seen[-1]).all()
    canvas.set_style(STYLE)
    np.testing.assert_array_equal(canvas.places(np.arange(len(XY))), before)
