"""What the map panel does when an overlay is switched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.map_values import BatchTriplets
from explorer.core.types import Projection, frozen
from explorer.engine.events import DatasetOpened
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.session.settings import Settings
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of

COUNT = 60
XY, LABELS = blobs(COUNT, 6)
ITEMS = [frozen([item], np.int64) for item in (0, 1, COUNT - 1)]
FOUND = BatchTriplets(
    "r1", 7, 0.2, ITEMS[0], ITEMS[1], ITEMS[2], frozen([0.5], np.float32), frozen([0.4], np.float32), 1
)  # fmt: skip


def starred(panel: MapPanel) -> list[int]:
    return [star.query for star in panel.canvas._stars]


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Iterator[MapPanel]:
    held = Held(run="r1", dataset=dataset_of(LABELS, CLOTHES))
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    widget = MapPanel(desk)
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    widget.show()
    assert held.dataset is not None
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None))
    desk.bridge.of(Projection).emit(Projection("r1", 7, np.arange(COUNT), XY, 1, "umap", True))
    qtbot.waitUntil(lambda: bool(np.isfinite(widget.canvas.places([0])).all()), timeout=60_000)
    yield widget
    widget.shut()
    desk.bridge.close()


def test_pins_are_marked_only_while_they_are_shown(panel: MapPanel) -> None:
    panel.desk.state.pins.set((3, 8))
    assert starred(panel) == [3, 8]
    panel.desk.commands["overlay.pins"].trigger()
    assert starred(panel) == []
    panel.desk.state.pins.choose(5)
    assert starred(panel) == []
    panel.desk.commands["overlay.pins"].trigger()
    assert starred(panel) == [3, 8, 5]


def test_thumbnails_are_left_out_by_their_command(panel: MapPanel) -> None:
    assert panel.canvas._pasting
    panel.desk.commands["overlay.thumbnails"].trigger()
    assert not panel.canvas._pasting


def test_the_map_is_fitted_clear_of_the_key(panel: MapPanel) -> None:
    canvas, key = panel.canvas, panel.triplets.key
    plain = canvas.navigator.insets[3]
    panel.desk.commands["overlay.triplets"].trigger()
    panel.desk.bridge.of(BatchTriplets).emit(FOUND)
    assert canvas.height() - canvas.navigator.insets[3] <= key.y()
    canvas.input.set_tool("lasso")
    assert not key.geometry().intersects(panel.tools.geometry())
    canvas.input.set_tool("pointer")  # the words about another are to lie over no point either
    panel.desk.commands["overlay.triplets"].trigger()
    assert canvas.navigator.insets[3] == plain


def test_escape_closes_the_card_before_it_lets_go_of_anything(panel: MapPanel) -> None:
    panel.desk.commands["overlay.triplets"].trigger()
    panel.desk.bridge.of(BatchTriplets).emit(FOUND)
    panel.desk.state.pins.choose(3)
    panel.desk.state.set_selection([1, 2, 4])
    panel.desk.commands["map.next_triplet"].trigger()
    assert panel.triplets.card.isVisible()
    QTest.keyClick(panel.canvas, Qt.Key.Key_Escape)
    assert panel.triplets.card.isHidden()
    assert panel.desk.state.selection.tolist() == [1, 2, 4]
    QTest.keyClick(panel.canvas, Qt.Key.Key_Escape)
    assert not len(panel.desk.state.selection)
    assert panel.desk.state.pins.items == (3,)
