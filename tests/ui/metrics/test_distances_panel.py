"""The threshold on the histogram of distances, by mouse and keyboard, and what it gets wrong as pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.map_values import KeptStep
from explorer.core.types import PIXELS_RUN, DistanceHistogram, Split, frozen
from explorer.engine.events import DatasetOpened, RunShown, StateChanged
from explorer.engine.session.run_threshold import RunThreshold
from explorer.measure.histograms import distance_histogram
from explorer.measure.lifts import lift
from explorer.runs.threshold import Threshold
from explorer.ui.metrics.distance_plot import GRAB
from explorer.ui.metrics.distances_panel import COMING, DistancesPanel
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.figures.figure import Chart
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of, on_screen

LEFT = Qt.MouseButton.LeftButton
X, LABELS = blobs(300, 10)
KEPT = Threshold(
    distance=0.9, fmr=0.01, fnmr=0.05, step=9, target=0, same_pairs=10, different_pairs=10, split="validation"
)


@pytest.fixture
def held(tmp_path: Path) -> Held:
    return Held(dataset=dataset_of(LABELS, CLOTHES), run="r1", run_folder=tmp_path)


@pytest.fixture
def panel(qtbot: QtBot, held: Held, tmp_path: Path) -> Iterator[DistancesPanel]:
    with on_screen(qtbot, DistancesPanel, desk_of(held, Settings(tmp_path / "settings.json")), 640, 260) as panel:
        yield panel


@pytest.fixture
def shown(panel: DistancesPanel) -> DistanceHistogram:
    found = distance_histogram(X, LABELS, lift("euclidean"), "r1", 9)
    assert found is not None
    panel.desk.bridge.of(DistanceHistogram).emit(found)
    return found


def place(panel: DistancesPanel, distance: float) -> QPoint:
    return QPoint(panel.plot.mapFromScene(panel.plot.plotItem.vb.mapViewToScene(QPointF(distance, 0.5))))


def counts(threshold: float) -> tuple[int, int]:
    """Count false accepts and false rejects among all pairs."""
    one, other = np.triu_indices(len(X), 1)
    distances = np.linalg.norm(X[one] - X[other], axis=1)
    same = LABELS[one] == LABELS[other]
    return int((distances[~same] <= threshold).sum()), int((distances[same] > threshold).sum())


def test_it_says_where_only_queries_and_their_gallery_are_compared(
    panel: DistancesPanel, shown: DistanceHistogram
) -> None:
    assert panel.status.endswith("step 9")
    panel.desk.bridge.of(DistanceHistogram).emit(replace(shown, against_gallery=True))
    assert panel.status.endswith("step 9, query against gallery")
    panel.desk.bridge.of(DistanceHistogram).emit(replace(shown, run=PIXELS_RUN))
    assert panel.status.startswith(f"{panel.raw} · EER ")  # first: the end is cut off where there is no room


def test_between_two_evaluations_it_says_the_step_that_the_distances_are_of(
    panel: DistancesPanel, held: Held, shown: DistanceHistogram
) -> None:
    held.steps = (KeptStep("r1", 5, True), KeptStep("r1", 9, False), KeptStep("r1", 12, True))
    panel.desk.bridge.of(DistanceHistogram).emit(shown)
    assert panel.status.endswith(" · ≈ step 9"), "some items are of that step, others of earlier ones"
    held.split = Split("classes", frozen(np.arange(200)), frozen(np.arange(200, 300)), True)
    assert held.dataset is not None
    panel.desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, held.split, number=1))
    panel.desk.bridge.of(DistanceHistogram).emit(shown)
    assert panel.status.endswith(" · step 5")
    panel.desk.bridge.of(DistanceHistogram).emit(replace(shown, step=12))
    assert panel.status.endswith(" · step 12")


def test_figures_of_the_run_before_are_gone_once_another_one_is_shown(
    panel: DistancesPanel, shown: DistanceHistogram
) -> None:
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "r1"))
    assert panel.status.endswith("step 9")
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "r2"))
    assert panel.status == ""
    assert not panel.body.isVisible()
    panel.desk.bridge.of(DistanceHistogram).emit(replace(shown, run=PIXELS_RUN))
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "r3"))
    assert panel.status.startswith(panel.raw)  # raw data are the same for all runs


def test_the_threshold_is_dragged_and_says_what_it_gets_wrong(
    qtbot: QtBot, panel: DistancesPanel, shown: DistanceHistogram
) -> None:
    assert panel.plot.threshold == pytest.approx(shown.threshold)
    start, viewport = place(panel, shown.threshold), panel.plot.viewport()
    qtbot.waitUntil(lambda: place(panel, shown.threshold) == start)
    QTest.mouseMove(viewport, start)
    QTest.mousePress(viewport, LEFT, Qt.KeyboardModifier.NoModifier, start)
    for moved in range(1, 41):  # a plot takes moves at its own pace
        with qtbot.waitSignal(panel.plot.threshold_moved, timeout=200, raising=False):
            QTest.mouseMove(viewport, start - QPoint(moved, 0))
    assert panel.mistakes.isHidden()
    QTest.mouseRelease(viewport, LEFT, Qt.KeyboardModifier.NoModifier, start - QPoint(40, 0))
    threshold = panel.plot.threshold
    assert threshold < shown.threshold
    accepted, refused = counts(threshold)
    assert refused > accepted
    assert panel.keys.value("same class").endswith(f"· {refused:,} refused")
    assert panel.keys.value("different class").endswith(f"· {accepted:,} accepted")
    assert panel.mistakes.isVisible()
    qtbot.waitUntil(lambda: any(tiles[0].isVisible() for tiles in panel.mistakes.refused.rows))


def test_a_hand_that_misses_the_threshold_by_a_little_drags_it_and_not_the_plot(
    qtbot: QtBot, panel: DistancesPanel, shown: DistanceHistogram
) -> None:
    start, viewport = place(panel, shown.threshold), panel.plot.viewport()
    qtbot.waitUntil(lambda: place(panel, shown.threshold) == start)
    span = panel.plot.plotItem.vb.viewRange()[0]
    beside = start + QPoint(GRAB - 1, 0)
    QTest.mousePress(viewport, LEFT, Qt.KeyboardModifier.NoModifier, beside)
    QTest.mouseMove(viewport, beside + QPoint(30, 0))
    QTest.mouseRelease(viewport, LEFT, Qt.KeyboardModifier.NoModifier, beside + QPoint(30, 0))
    assert panel.plot.threshold > shown.threshold
    assert panel.plot.plotItem.vb.viewRange()[0] == span
    QTest.mousePress(viewport, LEFT, Qt.KeyboardModifier.NoModifier, beside + QPoint(30 + 2 * GRAB, 0))
    QTest.mouseRelease(viewport, LEFT, Qt.KeyboardModifier.NoModifier, beside + QPoint(30 + 2 * GRAB, 0))
    assert panel.plot.threshold < shown.threshold * 2


def test_the_pictures_are_the_mistakes_nearest_to_the_threshold(
    qtbot: QtBot, panel: DistancesPanel, shown: DistanceHistogram
) -> None:
    panel.pictures.trigger()
    panel.plot.move_threshold(shown.threshold * 1.05)
    assert shown.pairs is not None
    expected = shown.pairs.false_accepts(panel.plot.threshold, 1)[0]
    accepted = panel.mistakes.accepted.rows
    qtbot.waitUntil(lambda: bool(accepted) and accepted[0][0].item == expected.first)
    first, second = accepted[0]
    assert LABELS[first.item] != LABELS[second.item]
    assert np.linalg.norm(X[first.item] - X[second.item]) <= panel.plot.threshold
    refused = panel.mistakes.refused.rows[0]
    assert LABELS[refused[0].item] == LABELS[refused[1].item]
    assert np.linalg.norm(X[refused[0].item] - X[refused[1].item]) > panel.plot.threshold
    QTest.mouseClick(second, LEFT)
    assert panel.desk.state.pins.items == (second.item,)


def test_arrow_keys_move_the_threshold_and_home_puts_it_back(panel: DistancesPanel, shown: DistanceHistogram) -> None:
    panel.plot.setFocus()
    step = float(shown.edges[-1] - shown.edges[0]) / 500
    QTest.keyClick(panel.plot, Qt.Key.Key_Right)
    assert panel.plot.threshold == pytest.approx(shown.threshold + step)
    QTest.keyClick(panel.plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert panel.plot.threshold == pytest.approx(shown.threshold - 9 * step)
    panel.desk.bridge.of(DistanceHistogram).emit(shown)
    assert panel.plot.threshold == pytest.approx(shown.threshold - 9 * step)  # a newer histogram leaves it
    QTest.keyClick(panel.plot, Qt.Key.Key_Home)
    assert panel.plot.threshold == pytest.approx(shown.threshold)


def test_the_threshold_that_the_run_keeps_has_a_mark_of_its_own(
    panel: DistancesPanel, shown: DistanceHistogram, held: Held
) -> None:
    held.asked.clear()
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "r1"))
    assert held.asked == ["look at the threshold"]
    panel.desk.bridge.of(RunThreshold).emit(RunThreshold("r1", KEPT))
    assert panel.keys.value("kept") == "0.9"
    panel.keep.trigger()
    assert held.asked[-1] == "keep a threshold for 0"
    panel.plot.move_threshold(shown.threshold / 2)
    panel.keep.trigger()
    accepted = counts(shown.threshold / 2)[0]
    assert held.asked[-1] == f"keep a threshold for {accepted / shown.different_pairs:g}"
    held.run_folder = None
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "pixels"))
    assert not panel.keep.isEnabled()


def test_more_pairs_can_be_asked_for(panel: DistancesPanel, shown: DistanceHistogram, held: Held) -> None:
    held.asked.clear()
    panel.pairs[2].trigger()
    assert held.asked == ["compare 10000000"]
    assert panel.status == "comparing 10,000,000 pairs…"
    panel.desk.bridge.of(DistanceHistogram).emit(shown)
    assert panel.status.startswith("EER ")
    assert [action.isChecked() for action in panel.pairs] == [False, False, True]


def test_the_histogram_is_taken_away_with_its_threshold(panel: DistancesPanel, shown: DistanceHistogram) -> None:
    (figure,) = panel.export.figures()
    assert isinstance(figure, Chart)
    assert [np.asarray(cells).tolist() for cells in figure.columns.cells] == [
        np.asarray(values, np.float64).tolist()
        for values in (shown.edges[:-1], shown.edges[1:], shown.same, shown.different)
    ]
    assert [mark.text for mark in figure.marks] == [f"threshold {shown.threshold:.3g}"]


def test_labelled_data_are_asked_for_only_where_none_are_open_or_coming(panel: DistancesPanel, held: Held) -> None:
    bridge = panel.desk.bridge
    assert panel._empty.text() == COMING
    held.dataset = dataset_of(np.full(len(LABELS), -1), CLOTHES)
    bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None))
    assert panel._empty.text() == panel.empty_text
    bridge.of(StateChanged).emit(StateChanged("loading", ""))
    assert panel._empty.text() == COMING
    bridge.of(StateChanged).emit(StateChanged("ready", ""))
    assert panel._empty.text() == panel.empty_text
