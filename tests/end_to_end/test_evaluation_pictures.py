"""Class pairs, clusters and the threshold on the distances, by mouse in the real window on a run of the digits."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.ui.metrics.class_pairs_panel import ClassPairsPanel
from explorer.ui.metrics.clusters_panel import ClustersPanel
from explorer.ui.metrics.distances_panel import DistancesPanel
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.simple_table import SimpleTable
from tests.end_to_end.conftest import LONG

LEFT = Qt.MouseButton.LeftButton


def click_row(table: SimpleTable, row: int) -> None:
    QTest.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.model().index(row, 0)).center())


@pytest.mark.full
def test_the_pictures_behind_the_figures_are_opened_by_mouse(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.session is not None and window.commands["run.train"].isEnabled(), timeout=LONG)
    session, panels, docks = window.session, window.workspace.panels, window.workspace.docks
    assert session is not None
    qtbot.waitUntil(window.commands["evaluate.run"].isEnabled, timeout=LONG)
    session.set("encoder", "mlp")
    session.set("epochs", 2)
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    dataset = session.dataset
    assert dataset is not None
    labels = np.asarray(dataset.labels)

    pairs = panels["class_pairs"]
    assert isinstance(pairs, ClassPairsPanel)
    docks["class_pairs"].raise_()
    QTest.mouseClick(pairs.run_button, LEFT)
    qtbot.waitUntil(lambda: pairs.body_shown, timeout=LONG)
    qtbot.waitUntil(lambda: pairs.table.model().rowCount() > 0)
    click_row(pairs.table, 0)
    qtbot.waitUntil(pairs.pairs.isVisible, timeout=LONG)
    first, second = pairs.pairs.rows[0]
    assert " → ".join(str(labels[tile.item]) for tile in (first, second)) == pairs.table.model().index(0, 0).data()

    clusters = panels["clusters"]
    assert isinstance(clusters, ClustersPanel)
    docks["clusters"].raise_()
    QTest.mouseClick(clusters.run_button, LEFT)
    qtbot.waitUntil(lambda: clusters.body_shown, timeout=LONG)
    click_row(clusters.table, 0)
    assert len(window.state.selection) == int(clusters.table.model().index(0, 1).data())

    distances = panels["distances"]
    assert isinstance(distances, DistancesPanel)
    docks["distances"].raise_()
    qtbot.waitUntil(lambda: distances.body_shown, timeout=LONG)
    plot = distances.plot
    qtbot.waitUntil(lambda: plot.threshold > 0)
    start = QPoint(plot.mapFromScene(plot.plotItem.vb.mapViewToScene(QPointF(plot.threshold, 0.5))))
    before, viewport = plot.threshold, plot.viewport()
    QTest.mouseMove(viewport, start)
    QTest.mousePress(viewport, LEFT, Qt.KeyboardModifier.NoModifier, start)
    for moved in range(1, 21):  # a plot takes moves at its own pace
        with qtbot.waitSignal(plot.threshold_moved, timeout=200, raising=False):
            QTest.mouseMove(viewport, start + QPoint(moved, 0))
    QTest.mouseRelease(viewport, LEFT, Qt.KeyboardModifier.NoModifier, start + QPoint(20, 0))
    assert plot.threshold > before
    qtbot.waitUntil(lambda: bool(distances.mistakes.accepted.rows), timeout=LONG)
    one, other = distances.mistakes.accepted.rows[0]
    assert labels[one.item] != labels[other.item]
    distances.keep.trigger()
    qtbot.waitUntil(lambda: distances.keys.value("kept") != "", timeout=LONG)
