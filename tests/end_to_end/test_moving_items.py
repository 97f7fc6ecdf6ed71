"""Meshes and clips dropped on the real window: the map shows them, what is pointed at plays or turns, pins turn."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.ui.data.data_panel import DataPanel
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.moving_pictures import MovingTile
from tests.end_to_end.conftest import LONG, drop
from tests.helpers.clips import clip_folder
from tests.helpers.shapes import shape_folder

pytest.importorskip("trimesh")
pytest.importorskip("av")


@pytest.fixture
def spec() -> None:
    """Open nothing: the data are dropped."""


@pytest.mark.parametrize("kind", ["shapes", "clips"])
def test_what_is_dropped_is_seen_and_moves(qtbot: QtBot, window: MainWindow, tmp_path: Path, kind: str) -> None:
    session, map_panel = window.session, window.workspace.panels["map"]
    neighbours, data = window.workspace.panels["neighbours"], window.workspace.panels["data"]
    assert session is not None
    assert isinstance(map_panel, MapPanel)
    assert isinstance(neighbours, NeighboursPanel)
    assert isinstance(data, DataPanel)
    folder = (
        shape_folder(tmp_path / "solids", 5, 2, families=("torus", "chair"))
        if kind == "shapes"
        else clip_folder(tmp_path, 5, 2, motions=("east", "turns left"))
    )
    drop(window, folder)
    docks = window.workspace.docks
    qtbot.waitUntil(lambda: session.dataset is not None and map_panel.body_shown, timeout=LONG)
    qtbot.waitUntil(docks["data"].isVisible, timeout=LONG)  # a turn after the map
    assert session.dataset is not None
    assert session.dataset.modality.plural == kind
    assert session.recipe.encoder.name == session.dataset.modality.encoder.name
    qtbot.waitUntil(lambda: window.commands["run.train"].isEnabled(), timeout=LONG)

    with qtbot.waitSignal(map_panel.moving.changed, timeout=LONG):
        window.state.set_hover(3)
    first = map_panel.moving.face
    with qtbot.waitSignal(map_panel.moving.changed, timeout=LONG):
        pass  # it plays, or turns, by itself
    assert map_panel.moving.face is not first
    window.state.set_hover(-1)
    assert map_panel.moving.face is None

    outside = tmp_path / f"elsewhere{Path(session.dataset.ids[0]).suffix}"
    outside.write_bytes((folder / session.dataset.ids[0]).read_bytes())
    drop(window, outside)
    qtbot.waitUntil(lambda: any("%" in card.summary.text() for card in neighbours.outside.cards.values()), timeout=LONG)

    window.state.pins.choose(3)
    qtbot.waitUntil(lambda: bool(neighbours.findChildren(MovingTile)), timeout=LONG)
    tile = neighbours.findChildren(MovingTile)[0]
    middle = tile.rect().center()
    with qtbot.waitSignal(tile.pictures.changed, timeout=LONG):
        QTest.mousePress(tile, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    shown = tile.pictures.face
    if kind == "shapes":
        QTest.mouseMove(tile, middle + QPoint(30, 0))
    else:
        with qtbot.waitSignal(tile.pictures.changed, timeout=LONG):
            pass
    assert tile.pictures.face is not shown
    QTest.mouseRelease(tile, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    QTest.keyClick(tile, Qt.Key.Key_Right)
    assert "play it" in tile.toolTip() or "turn it" in tile.toolTip()
