"""The potential field over the map: against a plain loop over points, and when it is made anew."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from explorer.core.types import Projection
from explorer.engine.events import DatasetOpened
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.overlays.field import NONE_CHOSEN, PotentialFields
from explorer.ui.map.overlays.field_layer import faded, field, picture
from explorer.ui.map.overlays.switches import MapOverlays
from explorer.ui.map.view_options import ViewOptions
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.theme import DARK
from tests.helpers.blobs import blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of


@pytest.mark.parametrize(("reach", "decay"), [(0.1, 1.0), (0.3, 3.0)])
def test_the_field_is_the_sum_of_what_every_point_makes(reach: float, decay: float) -> None:
    xy = np.random.default_rng(0).normal(size=(12, 2)).astype(np.float32)
    own = np.arange(12) < 5
    grid, (x0, y0, x1, y1) = field(xy, own, reach, decay)
    height, width = grid.shape
    assert max(height, width) == 96
    cell, side = (x1 - x0) / width, float(np.ptp(xy, axis=0).max())
    assert cell == pytest.approx((y1 - y0) / height)
    at = ((xy - (x0, y0)) / cell).astype(int)
    drawn, pushed = np.zeros(grid.shape), np.zeros(grid.shape)
    rows, columns = np.mgrid[:height, :width]
    for (column, row), mine in zip(at.tolist(), own.tolist(), strict=True):
        d = np.hypot(rows - row, columns - column) * cell / side
        if mine:
            drawn += (reach / np.maximum(d, reach)) ** decay
        else:
            pushed += np.maximum(0.0, (reach / np.maximum(d, reach / 4)) ** decay - 1)
    np.testing.assert_allclose(grid, drawn / drawn.max() - pushed / pushed.max(), atol=1e-6)


def test_the_sign_is_a_colour_and_the_first_row_the_lowest() -> None:
    image = picture(np.array([[1.0, 0.0], [-1.0, 0.0]]), QColor("#00ff00"), QColor("#ff0000"))
    assert image.pixelColor(0, 1).green() == 255
    assert image.pixelColor(0, 0).red() == 255
    assert image.pixelColor(1, 0).alpha() == 0


def test_the_border_fades_out() -> None:
    grid = faded(np.ones((40, 30)))
    assert grid[20, 15] == 1.0
    assert grid[0].max() < 0.1 > grid[:, -1].max()


def test_the_field_is_of_the_class_of_the_pinned_point_and_moves_with_the_map(qtbot: QtBot, settings: Settings) -> None:
    xy, labels = blobs(60, 3)
    desk = desk_of(Held(run="r", dataset=dataset_of(labels)), settings)
    canvas = PointCanvas(DARK, lambda _item: None)
    qtbot.addWidget(canvas)
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(dataset_of(labels), None))
    fields = PotentialFields(desk, canvas)
    overlays = MapOverlays(desk, canvas, ViewOptions(desk.themes, canvas))
    fields.join(overlays)
    desk.bridge.of(Projection).emit(Projection("r", 1, np.arange(60), xy, 1, "umap", True))
    with qtbot.waitSignal(fields.said) as said:
        overlays.switch("field", True)
    assert said.args == [NONE_CHOSEN]
    assert fields.layer.found is None
    with qtbot.waitSignal(fields.said) as said:
        desk.state.pins.toggle(7)
    assert said.args == [""]
    assert fields.layer.found is not None
    before = fields.layer.found[1]
    with qtbot.waitSignal(fields.said):
        desk.bridge.of(Projection).emit(Projection("r", 1, np.arange(60), xy * 2, 2, "umap", True))
    assert fields.layer.found[1] != before
    overlays.switch("field", False)
    desk.bridge.close()
