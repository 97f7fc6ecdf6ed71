"""Triplets, Curves and Distances: what they show of a run, and that another run starts anew."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.events import ParameterChanged, RunStarted
from explorer.core.map_values import KeptStep
from explorer.core.recipe import Recipe
from explorer.core.registry import catalogue
from explorer.core.targets import Target
from explorer.core.types import (
    PIXELS_RUN,
    DatasetCensus,
    DistanceHistogram,
    Evaluation,
    StepMetrics,
    TripletCensus,
)
from explorer.engine.events import DatasetOpened, RecipeChanged, RunGoesOn, RunOpened, StateChanged
from explorer.ui.metrics.curves_panel import CurvesPanel
from explorer.ui.metrics.distances_panel import DistancesPanel
from explorer.ui.metrics.triplets_panel import TripletsPanel
from explorer.ui.session.panel import Desk, Panel
from explorer.ui.widgets.figures.figure import Chart
from explorer.ui.widgets.plots import NOT_MEASURED, Plot
from explorer.ui.widgets.text import NothingLabel
from tests.helpers.blobs import dataset_of
from tests.ui.panel_desk import Held

LEFT = Qt.MouseButton.LeftButton
Show = Callable[[type[Panel]], Panel]


@pytest.fixture
def show(qtbot: QtBot, desk: Desk) -> Show:
    def shown(kind: type[Panel]) -> Panel:
        panel = kind(desk)
        qtbot.addWidget(panel)
        panel.resize(380, 220)
        panel.show()
        return panel

    return shown


def steps(count: int, first: int = 1) -> list[StepMetrics]:
    return [
        StepMetrics("r1", k, 0, 1 / k, 0.5, 1.0, 1e-3, 900.0, TripletCensus(0.2, 700, 200, 100))
        for k in range(first, first + count)
    ]


def found(recall: float, *, run: str = "r1", part: str = "held-out", step: int = 5) -> Evaluation:
    return Evaluation(run, step, part, {"recall@1": recall, "recall@5": 0.97}, 100, 10, unseen=True)  # type: ignore[arg-type]


STARTED = RunStarted("r2", 0, 100, 2, "cpu", 1, 1000)


@pytest.mark.parametrize("kind", [TripletsPanel, CurvesPanel])
def test_an_empty_plot_says_that_the_first_step_is_coming_or_why_none_can(
    show: Show, desk: Desk, kind: type[Panel]
) -> None:
    panel = show(kind)
    (words,) = panel.findChildren(NothingLabel)
    assert words.text().endswith("Press Train.")
    desk.bridge.of(StateChanged).emit(StateChanged("ready", "Open pictures or vectors first"))
    assert words.text().endswith("Open pictures or vectors first.")
    desk.bridge.of(StateChanged).emit(StateChanged("training", "A run is training"))
    assert words.text().endswith("The first step is coming.")


def test_triplets_are_counted_exactly(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(TripletsPanel)
    assert isinstance(panel, TripletsPanel)
    assert not panel.body_shown
    desk.bridge.metrics.emit(steps(30))
    qtbot.waitUntil(lambda: panel.body_shown)
    assert panel.status == "batch, all 1,000 · step 30"
    assert panel.keys.value("hard") == "10.0 %  100"
    assert panel.keys.value("semi-hard") == "20.0 %  200"
    assert panel.keys.value("easy") == "70.0 %  700"
    desk.bridge.run_event.emit(STARTED)
    assert not panel.body_shown


def test_a_branch_begins_with_the_past_up_to_its_step_and_nothing_after_it(
    qtbot: QtBot, show: Show, desk: Desk
) -> None:
    curves, triplets = show(CurvesPanel), show(TripletsPanel)
    assert isinstance(curves, CurvesPanel)
    assert isinstance(triplets, TripletsPanel)
    desk.bridge.metrics.emit(steps(30))
    for recall, part, step in ((0.8, "held-out", 10), (0.9, "held-out", 30), (0.95, "train", 30)):
        desk.bridge.of(Evaluation).emit(found(recall, part=part, step=step))
    desk.bridge.of(DatasetCensus).emit(DatasetCensus("r1", 30, TripletCensus(0.2, 800, 150, 50), 2000, 70000))
    qtbot.waitUntil(lambda: curves.body_shown and triplets.body_shown)
    past = [replace(step, run="r2") for step in steps(20)]
    desk.bridge.of(RunGoesOn).emit(RunGoesOn("r2", 20, past, [found(0.8, run="r2", step=10)]))
    desk.bridge.run_event.emit(replace(STARTED, step=20))
    qtbot.waitUntil(lambda: curves.body_shown and triplets.body_shown)
    assert curves.keys.value("recall@1") == "0.800"
    assert not curves.keys.value("seen@1")
    assert curves.status.endswith("step 20")
    assert triplets.status.endswith("step 20")
    assert not triplets.what_if.isVisible(), "it was counted after the step of the branch"
    desk.bridge.metrics.emit(steps(1, first=21))
    assert curves.keys.value("recall@1") == "0.800"


def test_where_a_run_goes_on_from_what_is_shown_the_count_of_all_data_stays(show: Show, desk: Desk) -> None:
    panel = show(TripletsPanel)
    assert isinstance(panel, TripletsPanel)
    desk.bridge.metrics.emit(steps(30))
    desk.bridge.of(DatasetCensus).emit(DatasetCensus("r1", 30, TripletCensus(0.2, 800, 150, 50), 2000, 70000))
    past = steps(30)
    desk.bridge.of(RunGoesOn).emit(RunGoesOn("r2", 30, past))
    assert panel.body_shown, "at once: nothing of it is new"
    assert panel.what_if.isVisible()
    other = [replace(step, census=TripletCensus(0.2, 100, 0, 0)) for step in past]
    desk.bridge.of(RunGoesOn).emit(RunGoesOn("r3", 30, other))
    assert not panel.what_if.isVisible(), "that run was not counted"


def test_the_pointer_reads_an_earlier_step(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(TripletsPanel)
    assert isinstance(panel, TripletsPanel)
    desk.bridge.metrics.emit(steps(30))
    qtbot.waitUntil(lambda: panel.body_shown)
    panel.plot.pointed.emit(12.3)
    assert panel.status.endswith("step 12")
    panel.plot.pointed.emit(None)
    assert panel.status.endswith("step 30")


def test_the_census_of_the_dataset_says_its_anchors_and_step(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(TripletsPanel)
    desk.bridge.metrics.emit(steps(3))
    qtbot.waitUntil(lambda: panel.body_shown)
    desk.bridge.of(DatasetCensus).emit(DatasetCensus("r1", 3, TripletCensus(0.2, 800, 150, 50), 2000, 70000))
    assert isinstance(panel, TripletsPanel)
    assert panel.dataset.text() == "All data at 0.20: 20.0 % violated · 5.0 % hard · step 3"


def test_another_margin_can_be_tried_on_all_data(qtbot: QtBot, desk: Desk, show: Show) -> None:
    panel = show(TripletsPanel)
    assert isinstance(panel, TripletsPanel)
    desk.bridge.metrics.emit(steps(3))
    desk.bridge.of(DatasetCensus).emit(DatasetCensus("r1", 3, TripletCensus(0.2, 800, 150, 50), 2000, 70000))
    qtbot.waitUntil(panel.what_if.isVisible)
    assert panel.what_if.value() == 20
    QTest.keyClick(panel.what_if, Qt.Key.Key_PageUp)
    asked = cast(Held, desk.session).asked
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == ["margin 0.3"]


def test_a_margin_that_is_tried_can_be_trained_with(qtbot: QtBot, desk: Desk, show: Show) -> None:
    catalogue("loss")
    panel = show(TripletsPanel)
    assert isinstance(panel, TripletsPanel)
    desk.bridge.metrics.emit(steps(3))
    census = TripletCensus(0.2, 800, 150, 50, hinge=0.0314)
    desk.bridge.of(DatasetCensus).emit(DatasetCensus("r1", 3, census, 2000, 70000))
    qtbot.waitUntil(panel.what_if.isVisible)
    assert panel.dataset.text() == "All data at 0.20: 20.0 % violated · 5.0 % hard · loss 0.0314 · step 3"
    assert not panel.apply.isEnabled()  # it is what is trained with
    QTest.keyClick(panel.what_if, Qt.Key.Key_PageUp)
    QTest.mouseClick(panel.apply, Qt.MouseButton.LeftButton)
    held = cast(Held, desk.session)
    assert "loss.margin = 0.3" in held.asked
    held.recipe = held.recipe.with_value("loss.margin", 0.3)
    desk.bridge.of(RecipeChanged).emit(RecipeChanged(held.recipe))
    assert not panel.apply.isEnabled()
    held.recipe = held.recipe.with_value("loss", "softmax")
    desk.bridge.of(RecipeChanged).emit(RecipeChanged(held.recipe))
    assert panel.apply.toolTip() == "The loss of the recipe has no margin"


def test_the_what_if_margin_reaches_as_far_as_the_distances(qtbot: QtBot, desk: Desk, show: Show) -> None:
    panel = show(TripletsPanel)
    assert isinstance(panel, TripletsPanel)
    density = np.ones(60, np.float32)
    edges = np.linspace(-300, 100, 61, dtype=np.float32)
    desk.bridge.metrics.emit(steps(3))
    desk.bridge.of(DistanceHistogram).emit(DistanceHistogram("r1", 9, edges, density, density, 40, 50, -20.0, 0.1, 0.9))
    desk.bridge.of(DatasetCensus).emit(DatasetCensus("r1", 3, TripletCensus(40.0, 800, 150, 50), 2000, 70000))
    qtbot.waitUntil(panel.what_if.isVisible)
    assert panel.what_if.value() == 20
    QTest.keyClick(panel.what_if, Qt.Key.Key_PageUp)
    asked = cast(Held, desk.session).asked
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == ["margin 60.0"]
    desk.bridge.of(DistanceHistogram).emit(
        DistanceHistogram("r1", 9, edges / np.float32(200), density, density, 40, 50, 0.0, 0.1, 0.9)
    )
    assert panel.what_if.value() == 200


def test_curves_show_the_newest_values_beside_the_baseline(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(CurvesPanel)
    assert isinstance(panel, CurvesPanel)
    desk.bridge.of(Evaluation).emit(found(0.815, run=PIXELS_RUN))
    desk.bridge.metrics.emit(steps(10))
    desk.bridge.of(Evaluation).emit(found(0.9))
    desk.bridge.of(Evaluation).emit(found(0.95, part="train"))
    qtbot.waitUntil(lambda: panel.body_shown)
    values = {
        name: panel.keys.value(name) for name in ("recall@1", "recall@5", "seen@1", "raw pixels", "loss", "active")
    }
    assert values == {
        "recall@1": "0.900",
        "recall@5": "0.970",
        "seen@1": "0.950",
        "raw pixels": "0.815",
        "loss": "0.1",
        "active": "50 %",
    }
    assert panel.status == "unseen classes · step 10"
    desk.bridge.of(Evaluation).emit(found(0.91, step=11))
    assert panel.keys.value("recall@1") == "0.910", "at once, as the run bar says it: the lines may wait"


def test_the_baseline_of_the_curves_says_its_distance(show: Show, desk: Desk) -> None:
    panel = cast(CurvesPanel, show(CurvesPanel))
    dataset = cast(Held, desk.session).dataset = dataset_of(np.arange(4))
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(dataset, None, "main"))
    entry = panel.keys.entry("raw pixels")
    assert entry.shown == "raw cosine", "whatever the distance of the run"
    assert "by the cosine" in entry.toolTip()


def test_of_data_without_classes_no_recall_is_announced(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(CurvesPanel)
    assert isinstance(panel, CurvesPanel)
    dataset = replace(dataset_of(np.arange(4)), labels=np.full(4, -1))
    cast(Held, desk.session).dataset = dataset
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(dataset, None, "main"))
    desk.bridge.metrics.emit(steps(3))
    qtbot.waitUntil(lambda: panel.body_shown)
    assert panel.status == "step 3"
    assert not panel.keys.entry("recall@1").isVisible()
    assert not panel.plot._titles["left"].isVisible()
    desk.bridge.of(Evaluation).emit(found(0.9, step=3))  # classes were given to them meanwhile
    assert panel.status.endswith(" · step 3")
    assert panel.status != "step 3"
    assert panel.plot._titles["left"].isVisible()
    assert panel.keys.value("recall@1") == "0.900"


def test_another_run_keeps_the_baseline_only(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(CurvesPanel)
    assert isinstance(panel, CurvesPanel)
    desk.bridge.of(Evaluation).emit(found(0.815, run=PIXELS_RUN))
    desk.bridge.metrics.emit(steps(10))
    qtbot.waitUntil(lambda: panel.body_shown)
    desk.bridge.run_event.emit(STARTED)
    assert not panel.body_shown
    assert panel.keys.value("raw pixels") == "0.815"
    assert panel.keys.value("loss") == ""


def test_an_opened_run_brings_its_curves_back(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel, triplets = show(CurvesPanel), show(TripletsPanel)
    assert isinstance(panel, CurvesPanel)
    change = ParameterChanged("r1", 7, "loss.margin", 0.2, 0.3)
    opened = RunOpened(
        "r1", Path("run"), Recipe(), steps(40), [found(0.8), found(0.9, step=40)], [change], [40], saved=40
    )
    desk.bridge.of(RunOpened).emit(opened)
    qtbot.waitUntil(lambda: panel.body_shown and triplets.body_shown)
    assert panel.keys.value("recall@1") == "0.900"
    assert triplets.status.endswith("step 40")
    assert panel.plot.getViewBox().viewRange()[1][0] > 0.5
    desk.bridge.of(Evaluation).emit(found(0.2, run=PIXELS_RUN))  # comes last, and has a place as well
    qtbot.waitUntil(lambda: panel.plot.getViewBox().viewRange()[1][0] < 0.2)
    (line,) = panel.marks._lines
    ground = line.getViewBox()
    for name in ("recall@1", "loss", "active"):  # its label hides no part of a curve
        assert ground.zValue() < panel._lines[name].curve.getViewBox().zValue(), name


def veiled(plot: Plot, step: float) -> str:
    """Return the colour of the plot at a step, low down."""
    box = plot.getViewBox()
    at = plot.mapFromScene(box.mapViewToScene(QPointF(step, 0.05)))
    return str(plot.grab().toImage().pixelColor(at).name())


def test_the_steps_after_the_newest_checkpoint_are_shown_as_not_saved(qtbot: QtBot, show: Show, desk: Desk) -> None:
    curves, triplets = show(CurvesPanel), show(TripletsPanel)
    assert isinstance(curves, CurvesPanel)
    assert isinstance(triplets, TripletsPanel)
    opened = RunOpened("r1", Path("run"), Recipe(), steps(40), [found(0.8, step=20), found(0.9, step=40)], saved=24)
    desk.bridge.of(RunOpened).emit(opened)
    qtbot.waitUntil(lambda: curves.body_shown and triplets.body_shown)
    qtbot.waitUntil(lambda: curves.status.endswith("step 24") and triplets.status.endswith("step 24"))
    assert curves.keys.value("recall@1") == "0.800"
    for panel in (curves, triplets):
        assert panel.plot.shown_step == 24
        (figure,) = panel._figures()
        assert "saved up to step 24" in figure.caption
    assert veiled(triplets.plot, 30) != veiled(triplets.plot, 20) == veiled(triplets.plot, 10)
    desk.bridge.metrics.emit(steps(30)[24:])  # it is gone on with
    qtbot.waitUntil(lambda: curves.status.endswith("step 30") and triplets.status.endswith("step 30"))
    assert curves.plot.shown_step is triplets.plot.shown_step is None


def test_distances_show_the_equal_error_threshold(show: Show, desk: Desk) -> None:
    panel = show(DistancesPanel)
    edges = np.linspace(0, 2, 61, dtype=np.float32)
    density = np.ones(60, np.float32)
    desk.bridge.of(DistanceHistogram).emit(DistanceHistogram("r1", 9, edges, density, density, 0, 50, 0.7, 0.1, 0.9))
    assert not panel.body_shown
    desk.bridge.of(DistanceHistogram).emit(
        DistanceHistogram("r1", 9, edges, density, density, 40, 50, 0.71, 0.068, 0.98)
    )
    assert panel.body_shown
    assert panel.status == "EER 6.8 % · AUC 0.980 · step 9"


def test_the_key_says_when_the_loss_is_a_mean_of_what_is_active(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(CurvesPanel)
    assert isinstance(panel, CurvesPanel)
    for mean, told in (("violating", "loss of active"), ("all", "loss")):
        cast(Held, desk.session).recipe = Recipe().with_value("loss.mean", mean)
        desk.bridge.metrics.emit(steps(10))
        qtbot.waitUntil(lambda told=told: panel.keys.entry("loss").name == told)  # type: ignore[misc]
    assert panel.subtitle == ""


def test_the_active_fraction_has_an_axis_of_its_own_while_it_is_shown(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(CurvesPanel)
    assert isinstance(panel, CurvesPanel)
    axis = panel.plot.outer
    assert axis is not None
    assert not axis.isVisible()
    desk.bridge.metrics.emit(steps(10))
    qtbot.waitUntil(axis.isVisible)
    assert axis.linkedView() is panel._lines["active"].curve.getViewBox()
    assert axis.linkedView().viewRange()[1] == [0, 1]
    assert axis.scenePos().x() > panel.plot.getAxis("right").scenePos().x()
    panel.keys.entry("active").click()
    assert not axis.isVisible()
    qtbot.waitUntil(lambda: axis.width() == 0)  # it is laid out at the next turn


def test_distances_have_ticks_where_they_are_fractions(show: Show, desk: Desk) -> None:
    panel = show(DistancesPanel)
    assert isinstance(panel, DistancesPanel)
    axis = panel.plot.getAxis("bottom")
    spacing = axis.tickSpacing(0.0, 1.9, 200.0)[0][0]
    assert axis.tickStrings([spacing, 2 * spacing], 1.0, spacing) == ["0.5", "1.0"] or spacing == 1.0


def test_more_curves_are_shown_when_asked_for(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(CurvesPanel)
    assert isinstance(panel, CurvesPanel)
    measured = [
        replace(m, spread=0.1, effective_rank=7.5, hardest_positive=1.2, hardest_negative=-0.3) for m in steps(10)
    ]
    desk.bridge.metrics.emit([*measured, *steps(1, 11)])  # the last has measured nothing of these
    qtbot.waitUntil(lambda: panel.body_shown)
    assert panel.keys.value("rank") == ""
    rows = panel.keys.height()
    actions = {action.text(): action for action in panel.more.menu().actions()[:5]}
    assert list(actions) == ["gradient", "spread", "rank", "hardest positive", "hardest negative"]
    for action in actions.values():
        action.trigger()
    assert {name: panel.keys.value(name) for name in actions} == {
        "gradient": "1",
        "spread": "0.1",
        "rank": "7.5",
        "hardest positive": "1.2",
        "hardest negative": "-0.3",
    }
    assert panel.keys.height() > rows
    for action in actions.values():
        action.trigger()
    assert panel.keys.height() == rows


def test_distances_below_zero_can_be_looked_at(show: Show, desk: Desk) -> None:
    panel = show(DistancesPanel)
    assert isinstance(panel, DistancesPanel)
    edges, density = np.linspace(-40, -3, 61, dtype=np.float32), np.ones(60, np.float32)
    desk.bridge.of(DistanceHistogram).emit(DistanceHistogram("r1", 9, edges, density, density, 40, 50, -20.0, 0.1, 0.9))
    low, high = panel.plot.getViewBox().viewRange()[0]
    assert low <= -39.5
    assert -3 <= high < 0


def test_nothing_is_said_of_a_step_before_the_first_that_was_measured(qtbot: QtBot, show: Show, desk: Desk) -> None:
    curves, triplets = show(CurvesPanel), show(TripletsPanel)
    assert isinstance(curves, CurvesPanel)
    assert isinstance(triplets, TripletsPanel)
    desk.bridge.metrics.emit(steps(30, first=5))
    desk.bridge.of(Evaluation).emit(found(0.9, step=30))
    qtbot.waitUntil(lambda: curves.body_shown and triplets.body_shown)
    desk.state.set_displayed_step(0)
    assert curves.status.endswith("step 0")
    assert triplets.status == "not counted up to step 0"
    assert {curves.keys.value("recall@1"), curves.keys.value("loss"), triplets.keys.value("hard")} == {NOT_MEASURED}
    desk.state.set_displayed_step(-1)
    assert curves.status.endswith("step 34")
    assert triplets.status.endswith("step 34")
    assert curves.keys.value("recall@1") == "0.900"


def test_one_drag_of_a_margin_has_one_label_and_labels_do_not_overlap(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(CurvesPanel)
    assert isinstance(panel, CurvesPanel)
    desk.bridge.metrics.emit(steps(1000))
    qtbot.waitUntil(lambda: panel.body_shown)
    margins = [0.2 + 0.01 * k for k in range(61)]
    for k, (old, new) in enumerate(itertools.pairwise(margins)):
        desk.bridge.of(ParameterChanged).emit(ParameterChanged("r1", 400 + 2 * k, "loss.margin", old, new))
    assert [(text, step) for text, _, step in panel.marks.shown()] == [("margin 0.8", 518)]
    desk.bridge.of(ParameterChanged).emit(ParameterChanged("r1", 520, "miner", "all", "semi_hard"))
    desk.bridge.of(ParameterChanged).emit(ParameterChanged("r1", 950, "loss.margin", 0.8, 0.5))
    shown = panel.marks.shown()
    assert [(text, step) for text, _, step in shown] == [("margin 0.8", 518), ("semi-hard", 520), ("margin 0.5", 950)]
    assert [row for _, row, _ in shown][:2] == [1, 2]  # above the loss, and above each other
    apart(qtbot, panel)
    desk.bridge.run_event.emit(STARTED)
    assert panel.marks.shown() == []


def apart(qtbot: QtBot, panel: CurvesPanel) -> None:
    """Look that labels of changes lie neither over each other nor over the dashed line of the raw data."""
    box = panel.plot.getViewBox()
    labels = [line.label for line in panel.marks._lines if line.isVisible()]

    def places() -> list[QRectF]:
        return [label.mapRectToScene(label.boundingRect()) for label in labels]

    # in a turn or two: the view that the marks stand in follows that of the curves
    qtbot.waitUntil(lambda: not any(one.intersects(other) for one, other in itertools.combinations(places(), 2)))
    low, high = box.viewRange()[1]
    for share in (0.1, 0.2, 0.5):
        panel._baseline.setPos(low + share * (high - low))
        panel._baseline.setVisible(True)
        level = box.mapToScene(box.mapFromView(QPointF(0, panel._baseline.value()))).y()
        boxes = [label.mapRectToScene(label.boundingRect()) for label in labels if label.format]
        assert all(level <= one.top() or level >= one.bottom() for one in boxes), share


def test_a_click_goes_to_the_kept_step_that_is_nearest(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(CurvesPanel)
    assert isinstance(panel, CurvesPanel)
    held = cast(Held, desk.session)
    held.steps = tuple(KeptStep("r1", step, exact=True) for step in (0, 40, 100))
    desk.bridge.metrics.emit(steps(100))
    qtbot.waitUntil(lambda: panel.body_shown)
    held.asked.clear()
    for x, asked in ((30.0, 40), (90.0, -1)):
        box = panel.plot.plotItem.vb
        at = panel.plot.mapFromScene(box.mapViewToScene(QPointF(x, box.viewRange()[1][1] / 2)))
        with qtbot.waitSignal(panel.plot.clicked):
            QTest.mouseClick(panel.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert held.asked.pop() == f"step {asked}"
    with qtbot.assertNotEmitted(panel.plot.clicked, wait=600):
        QTest.mouseClick(panel.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
        panel.plot.mouseDoubleClickEvent(
            QMouseEvent(QEvent.Type.MouseButtonDblClick, at, at, LEFT, LEFT, Qt.KeyboardModifier.NoModifier)
        )


def test_the_pointer_in_one_of_the_curves_reads_all_of_them(qtbot: QtBot, show: Show, desk: Desk) -> None:
    curves, triplets = show(CurvesPanel), show(TripletsPanel)
    assert isinstance(curves, CurvesPanel)
    assert isinstance(triplets, TripletsPanel)
    desk.bridge.metrics.emit(steps(30))
    qtbot.waitUntil(lambda: curves.body_shown and triplets.body_shown)
    curves.plot.pointed.emit(12.3)
    assert [curves.status.split()[-1], triplets.status.split()[-1]] == ["12", "12"]
    assert curves.keys.value("loss") == "0.0833"
    triplets.plot.pointed.emit(None)
    assert [curves.status.split()[-1], triplets.status.split()[-1]] == ["30", "30"]


def test_a_loss_on_a_log_scale_tells_how_many_steps_are_not_on_it(qtbot: QtBot, show: Show, desk: Desk) -> None:
    panel = show(CurvesPanel)
    assert isinstance(panel, CurvesPanel)
    desk.bridge.metrics.emit([replace(step, loss=0.0 if step.step == 4 else step.loss) for step in steps(100)])
    qtbot.waitUntil(lambda: panel.body_shown)
    actions = {action.text(): action for action in panel.more.menu().actions()}
    actions["Loss on a log scale"].trigger()
    assert "loss on a log scale, 1 step at or below 0 not on it" in panel.subtitle
    assert panel.plot.getAxis("right").tickStrings([-1.0, 0.0], 1.0, 1.0) == ["0.1", "1"]
    assert panel.keys.value("loss") == "0.01"
    actions["Smooth the lines"].trigger()
    assert "smoothed over 5 steps" in panel.subtitle
    actions["Loss on a log scale"].trigger()
    assert "log scale" not in panel.subtitle


def test_the_error_of_a_number_stands_in_place_of_recall(qtbot: QtBot, desk: Desk, show: Show) -> None:
    panel = cast(CurvesPanel, show(CurvesPanel))
    dataset = replace(dataset_of(np.arange(4)), target=Target("age", np.array([1.0, 2.0, 3.0, 4.0])))
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(dataset, None, "main"))
    assert panel.plot.titles()["left"] == "mean error"
    for run, part, error in ((PIXELS_RUN, "held-out", 42.5), ("r1", "held-out", 12.34), ("r1", "train", 9.0)):
        found = {"mean_error": error, "relative_error": 0.3}
        panel.add_evaluation(Evaluation(run, 5, part, found, 10, 0, False, 0, "regression"))  # type: ignore[arg-type]
    panel._draw()
    assert (panel.keys.value("mean error"), panel.keys.value("seen error")) == ("12.3", "9")
    assert panel.keys.value("raw pixels") == "42.5"
    assert panel.plot.getViewBox().viewRange()[1][1] > 42.5
    assert panel.keys.entry("recall@1").isHidden()
    assert cast(Chart, panel._figures()[0]).left.title == "mean error"
