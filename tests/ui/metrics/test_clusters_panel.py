"""The list of clusters: what it says of each, its pictures, and its items on the map."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Part
from explorer.core.registry import catalogue
from explorer.core.types import IntArray
from explorer.engine.events import RunShown
from explorer.engine.session.evaluate import EVALUATE, ProtocolResult
from explorer.evaluation.cluster_protocol import Clusters, ClustersProtocol
from explorer.evaluation.protocol import Effort, Sample
from explorer.measure.lifts import lift
from explorer.ui.metrics.clusters_panel import ClustersPanel
from explorer.ui.session.settings import Settings
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of, on_screen

LEFT = Qt.MouseButton.LeftButton
X, LABELS = blobs(600, 10)
SHOWN: IntArray = np.arange(100, 600)
"""The items that are measured: rows are not items."""


@pytest.fixture
def held() -> Held:
    return Held(dataset=dataset_of(LABELS, CLOTHES), run="r1")


@pytest.fixture
def panel(qtbot: QtBot, held: Held, tmp_path: Path) -> Iterator[ClustersPanel]:
    catalogue("protocol")
    with on_screen(qtbot, ClustersPanel, desk_of(held, Settings(tmp_path / "settings.json")), 460, 240) as panel:
        yield panel


def result(asker: str, **params: object) -> ProtocolResult:
    sample = Sample(X[SHOWN], LABELS[SHOWN], lift("euclidean"))
    found = ClustersProtocol(ClustersProtocol.Params(**params)).measure(sample, Effort())
    return ProtocolResult("r1", 5, True, Part(name="clusters"), "held-out", False, found, found, (), SHOWN, asker)


def row(panel: ClustersPanel, place: int) -> tuple[str, ...]:
    model = panel.table.model()
    return tuple(str(model.index(place, column).data()) for column in range(model.columnCount()))


def test_it_asks_by_the_method_that_is_chosen(panel: ClustersPanel, held: Held) -> None:
    panel.method.set_value("hdbscan")
    panel.desk.commands["clusters.run"].trigger()
    assert held.asked == ["clusters {'method': 'hdbscan'} of held-out for clusters"]


def test_clusters_are_listed_and_selected_on_the_map(panel: ClustersPanel) -> None:
    shown = result(panel.key)
    panel.desk.bridge.of(ProtocolResult).emit(shown)
    assert isinstance(shown.found.details, Clusters)
    clusters = shown.found.details.clusters
    for place, cluster in enumerate(clusters):
        assert row(panel, place) == (CLOTHES[cluster.label], str(len(cluster.rows)), f"{100 * cluster.purity:.0f} %")
    assert panel.status.startswith(f"{len(clusters)} clusters · purity ")
    assert not len(panel.desk.state.selection)
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=panel.table.visualRect(panel.table.model().index(1, 0)).center())
    assert panel.desk.state.selection.tolist() == sorted(SHOWN[clusters[1].rows].tolist())
    QTest.keyClick(panel.table, Qt.Key.Key_Down)
    assert panel.desk.state.selection.tolist() == sorted(SHOWN[clusters[2].rows].tolist())
    tiles = [tile for (tile,) in panel.pictures.rows if tile.isVisible()]
    assert {tile.item for tile in tiles} <= set(SHOWN[clusters[2].rows].tolist())
    for tile in tiles:
        assert tile.frame == ("" if LABELS[tile.item] == clusters[2].label else "wrong")
    QTest.mouseClick(tiles[0], LEFT)
    assert panel.desk.state.pins.items == (tiles[0].item,)


def test_noise_is_a_row_of_its_own_after_the_clusters(panel: ClustersPanel) -> None:
    shown = result(panel.key, method="hdbscan", least=40)
    panel.desk.bridge.of(ProtocolResult).emit(shown)
    assert isinstance(shown.found.details, Clusters)
    place, noise = len(shown.found.details.clusters), shown.found.details.noise
    assert row(panel, place) == ("in no cluster", str(len(noise)), "")
    panel.table.chosen.emit(place)
    assert panel.desk.state.selection.tolist() == sorted(SHOWN[noise].tolist())


def test_what_others_asked_for_is_not_shown_and_another_run_takes_it_away(panel: ClustersPanel) -> None:
    panel.desk.bridge.of(ProtocolResult).emit(result(EVALUATE))
    assert not panel.body_shown
    panel.desk.bridge.of(ProtocolResult).emit(result(panel.key))
    assert panel.body_shown
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "r2"))
    assert not panel.body_shown
    assert panel.status == ""


def test_the_list_is_taken_away_as_it_is_shown(panel: ClustersPanel) -> None:
    panel.desk.bridge.of(ProtocolResult).emit(result(panel.key))
    (figure,) = panel.export.figures()
    shown = [row(panel, place) for place in range(panel.table.model().rowCount())]
    assert list(zip(*figure.columns.cells, strict=True)) == shown


def test_names_have_the_room_that_one_picture_leaves(qtbot: QtBot, tmp_path: Path) -> None:
    names = tuple(f"Alpro-Blueberry-Soyghurt-{k}" for k in range(10))
    desk = desk_of(Held(dataset=dataset_of(LABELS, names), run="r1"), Settings(tmp_path / "settings.json"))
    with on_screen(qtbot, ClustersPanel, desk, 372, 240) as panel:
        desk.bridge.of(ProtocolResult).emit(result(panel.key))
        whole = panel.table.sizeHintForColumn(0)
        qtbot.waitUntil(lambda: panel.table.columnWidth(0) >= whole)
        panel.resize(300, 240)
        qtbot.waitUntil(lambda: panel.pictures.width() == panel.pictures.least_width())
        panel.resize(900, 240)
        qtbot.waitUntil(lambda: abs(panel.table.width() - panel.pictures.width()) < 20)
