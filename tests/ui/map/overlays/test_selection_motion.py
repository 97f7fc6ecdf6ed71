from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from explorer.core.map_values import Forces, TrueNeighbours
from explorer.core.types import IntArray, Projection
from explorer.engine.events import DatasetOpened
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.overlays.force_layer import thicknesses
from explorer.ui.map.overlays.neighbour_layer import words
from explorer.ui.map.overlays.neighbours import HoverNeighbours
from explorer.ui.map.overlays.selection_motion import MOST_FORCES, MOST_TRAILS, SelectionMotion
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.theme import DARK
from tests.helpers.blobs import dataset_of
from tests.ui.panel_desk import Held, desk_of


@dataclass
class Map:
    """A display without points, and what is around it."""

    desk: Desk
    held: Held
    canvas: PointCanvas


@pytest.fixture
def shown(qtbot: QtBot, settings: Settings) -> Map:
    held = Held(run="r")
    canvas = PointCanvas(DARK, lambda _item: None)
    canvas.resize(200, 100)
    qtbot.addWidget(canvas)
    return Map(desk_of(held, settings), held, canvas)


def places_of(items: IntArray) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Item k is at (10 k, 50); items from 10 on are hidden."""
    at = np.stack([10.0 * np.asarray(items), np.full(len(items), 50.0)], axis=1)
    at[np.asarray(items) >= 10] = np.nan
    return at


def painted(layer: object) -> QImage:
    image = QImage(200, 100, QImage.Format.Format_RGB32)
    image.fill(DARK.colour("background"))
    painter = QPainter(image)
    layer.paint(painter, DARK, places_of, 3.0)  # type: ignore[attr-defined]
    painter.end()
    return image


def coloured(image: QImage, token: str) -> int:
    """Return how many pixels are as good as in this colour."""
    wanted = DARK.colour(token)
    count = 0
    for y in range(image.height()):
        for x in range(image.width()):
            pixel = image.pixelColor(x, y)
            gaps = (pixel.red() - wanted.red(), pixel.green() - wanted.green(), pixel.blue() - wanted.blue())
            count += max(abs(gap) for gap in gaps) < 40
    return count


def neighbours(item: int = 2, run: str = "r", step: int = 4) -> TrueNeighbours:
    return TrueNeighbours(
        run, step, item, np.array([4, 6, 12]), np.array([0.1, 0.2, 0.3], np.float32), np.array([True, False, True])
    )  # fmt: skip


def frame(step: int) -> Projection:
    xy = np.stack([np.arange(9.0), np.full(9, step)], axis=1).astype(np.float32)
    return Projection("r", step, np.arange(9), xy, 0, "umap", True)


def test_a_point_is_asked_about_when_the_pointer_rests_on_it(qtbot: QtBot, shown: Map) -> None:
    hover = HoverNeighbours(shown.desk, shown.canvas)
    state, asked = shown.desk.state, shown.held.asked
    state.set_hover(2)
    hover.switch(True)
    qtbot.waitUntil(lambda: asked == ["look at 2"])
    shown.desk.bridge.of(TrueNeighbours).emit(neighbours(3))
    assert hover.lines.found is None
    shown.desk.bridge.of(TrueNeighbours).emit(neighbours())
    assert hover.lines.found is not None
    assert hover.card_line(2) == ("2 of 3 neighbours near", "text")
    assert hover.card_line(3) is None
    image = painted(hover.lines)
    assert coloured(image, "right") > 5
    assert coloured(image, "semi_hard") > 5
    state.set_hover(-1)
    assert hover.lines.found is None
    assert asked == ["look at 2", "look at -1"]


def test_what_the_pointer_rests_on_is_asked_again_where_other_data_have_joined(qtbot: QtBot, shown: Map) -> None:
    hover = HoverNeighbours(shown.desk, shown.canvas)
    hover.switch(True)
    shown.desk.state.set_hover(2)
    qtbot.waitUntil(lambda: shown.held.asked == ["look at 2"])
    shown.desk.bridge.of(TrueNeighbours).emit(neighbours())
    dataset = shown.desk.data.dataset or dataset_of(np.zeros(9, np.int64))
    shown.desk.bridge.of(DatasetOpened).emit(DatasetOpened(dataset, None, "test"))
    assert hover.lines.found is None
    qtbot.waitUntil(lambda: shown.held.asked == ["look at 2", "look at 2"])


def test_neighbours_of_the_hovered_item_are_shown_until_it_is_switched_off(qtbot: QtBot, shown: Map) -> None:
    hover = HoverNeighbours(shown.desk, shown.canvas)
    hover.switch(True)
    shown.desk.state.set_hover(2)
    shown.desk.bridge.of(TrueNeighbours).emit(neighbours(step=7))
    assert hover.lines.found is not None
    hover.switch(False)
    assert hover.lines.found is None


def test_neighbours_that_were_mostly_torn_away_are_marked() -> None:
    few = TrueNeighbours("r", 1, 0, np.arange(1, 5), np.ones(4, np.float32), np.array([True, False, False, False]))
    assert words(few) == ("1 of 4 neighbours near", "semi_hard")


def test_forces_are_asked_for_the_selection_and_for_pins_without_one(qtbot: QtBot, shown: Map) -> None:
    motion = SelectionMotion(shown.desk, shown.canvas)
    state, asked = shown.desk.state, shown.held.asked
    said: list[str] = []
    motion.said.connect(said.append)
    motion.switch("forces", True)
    assert asked == []
    assert said[-1].startswith("Select or pin")
    state.pins.set([5])
    qtbot.waitUntil(lambda: asked == ["8 of [5]", "forces [5]"])
    assert said[-1] == ""
    state.set_selection([1, 2])
    qtbot.waitUntil(lambda: asked[-1] == "forces [1, 2]")
    arrows = np.array([[2.0, 0.0], [0.0, 0.0]], np.float32)
    shown.desk.bridge.of(Forces).emit(Forces("r", 1, np.array([1, 2]), arrows, np.array([1.0, 0.0], np.float32)))
    shown.canvas.navigator.view = type(shown.canvas.navigator.view)(scale=20.0, width=200, height=100)
    image = painted(motion.forces)
    assert coloured(image, "accent") > 20
    assert image.pixelColor(30, 50) == DARK.colour("accent")
    motion.switch("forces", False)
    assert asked[-1] == "forces []"
    assert motion.forces.found is None
    state.set_selection([3])
    assert not motion._ask.isActive()


def test_many_selected_points_are_sampled_evenly(qtbot: QtBot, shown: Map) -> None:
    motion = SelectionMotion(shown.desk, shown.canvas)
    said: list[str] = []
    motion.said.connect(said.append)
    shown.desk.state.set_selection(np.arange(10_000))
    motion.switch("forces", True)
    items, whole = motion.chosen(MOST_FORCES)
    assert (len(items), whole, int(items[0]), int(items[-1])) == (MOST_FORCES, 10_000, 0, 9_999)
    assert said[-1] == f"{MOST_TRAILS} of 10,000 selected points are followed"


def test_trails_follow_the_steps_up_to_the_one_that_is_shown(qtbot: QtBot, shown: Map) -> None:
    motion = SelectionMotion(shown.desk, shown.canvas)
    said: list[str] = []
    motion.said.connect(said.append)
    shown.desk.state.set_selection([2, 3])
    motion.switch("trails", True)
    assert said[-1] == "Trails appear with the steps of a run"
    for step in (1, 2, 3):
        shown.desk.bridge.of(Projection).emit(frame(step))
    assert said[-1] == ""
    assert motion.trails.trails.shape == (3, 2, 2)
    shown.canvas.navigator.view = type(shown.canvas.navigator.view)(x=2.0, y=1.0, scale=20.0, width=200, height=100)
    image = painted(motion.trails)
    assert image.pixelColor(100, 50) != DARK.colour("background")
    assert image.pixelColor(20, 90) == DARK.colour("background")
    shown.desk.state.set_displayed_step(2)
    assert motion.trails.trails.shape == (2, 2, 2)
    shown.desk.bridge.of(DatasetOpened).emit(DatasetOpened(dataset_of(np.arange(9)), None))
    assert motion.trails.trails.shape == (0, 2, 2)
    motion.switch("trails", False)
    assert not len(motion.trails.items)


def test_the_strongest_arrow_is_the_thickest() -> None:
    np.testing.assert_allclose(thicknesses(np.array([0.0, 1.0, 2.0])), [1.0, 2.0, 3.0])
    np.testing.assert_allclose(thicknesses(np.zeros(2)), [1.0, 1.0])
