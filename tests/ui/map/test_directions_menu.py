"""Two directions are chosen by the right mouse button, and the map says what its axes are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Part
from explorer.core.registry import Scalar
from explorer.core.types import Projection
from explorer.engine.events import DatasetOpened
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.directions_menu import add_directions, axis_titles
from explorer.ui.map.overlays.axis_titles import MapAxes
from explorer.ui.map.overlays.switches import MapOverlays
from explorer.ui.map.view_options import ViewOptions
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of

DATA = dataset_of(blobs(60, 10)[1], CLOTHES)


@pytest.fixture
def held() -> Held:
    return Held(dataset=DATA, run="r1")


@pytest.fixture
def desk(held: Held, tmp_path: Path) -> Iterator[Desk]:
    made = desk_of(held, Settings(tmp_path / "settings.json"))
    yield made
    made.bridge.close()


def test_an_item_or_its_class_becomes_an_end_and_the_others_stay(qtbot: QtBot, desk: Desk, held: Held) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    add_directions(menu, desk, 7)
    inside = menu.actions()[0].menu()
    assert isinstance(inside, QMenu)
    texts = [action.text() for action in inside.actions() if action.text()]
    label = int(DATA.labels[7])
    ends = ["Start of x", "End of x", "Start of y", "End of y"]
    assert texts == ["Item #7", *ends, f"Mean of {CLOTHES[label]}", *ends]
    actions = [action for action in inside.actions() if action.text() in ends]
    actions[0].trigger()
    actions[5].trigger()
    assert held.projection == Part(name="directions", params={"x_from": "item 7", "x_to": f"class {label}"})


def test_axes_are_called_as_the_data_call_them_and_say_what_was_done() -> None:
    params: dict[str, Scalar] = {"x_from": "item 7", "x_to": "class 1", "orthogonal": False}
    assert axis_titles(params, DATA) == (
        f"{CLOTHES[int(DATA.labels[7])]} #7 → {CLOTHES[1]}",
        "second principal component (not orthogonalised)",
    )
    assert axis_titles({"y_from": "class 2"}, DATA)[1] == f"{CLOTHES[2]} → mean of all (what is not along x)"


def test_titles_are_over_the_map_while_it_is_laid_out_so(qtbot: QtBot, desk: Desk, held: Held) -> None:
    canvas = PointCanvas(desk.themes.current, lambda _item: None)
    qtbot.addWidget(canvas)
    axes = MapAxes(desk, canvas, MapOverlays(desk, canvas, ViewOptions(desk.themes, canvas)))
    held.projection = Part(name="directions", params={"x_from": "class 0", "x_to": "class 1"})
    items, xy = np.arange(60), np.zeros((60, 2), np.float32)
    canvas.resize(1200, 600)
    for method, shown in (("umap", False), ("directions", True)):
        desk.bridge.of(Projection).emit(Projection("r1", 1, items, xy, 1, method, True))
        assert axes.shown == shown
        assert bool(axes.room) == shown
    one_line = axes.room
    with qtbot.waitSignal(axes.changed):
        held.projection = Part(name="directions", params={"y_from": "class 0", "y_to": "class 1"})
        desk.bridge.of(Projection).emit(Projection("r1", 1, items, xy, 1, "directions", True))
    canvas.resize(240, 600)
    assert axes.room > one_line, "a title of two lines needs more"
    canvas.resize(240, 200)
    assert axes.room == 60, "a low map is not for its titles alone"
    held.projection = Part(name="directions", params={"x_from": "class 0", "x_to": "class 1"})
    desk.bridge.of(Projection).emit(Projection("r1", 1, items, xy, 1, "directions", True))
    assert axes.layer.titles[0] == f"{CLOTHES[0]} → {CLOTHES[1]}"
    canvas.resize(640, 300)
    tools, legend = QRect(12, 12, 40, 230), QRect(480, 12, 150, 280)
    axes.keep_clear(tools, legend)
    assert (axes.layer.left, axes.layer.right) == (tools.right(), 640 - legend.left())
    canvas.resize(640, 600)
    axes.keep_clear(tools, legend)
    assert (axes.layer.left, axes.layer.right) == (0, 0), "they float above the titles"
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(DATA, None))
    assert not axes.shown
