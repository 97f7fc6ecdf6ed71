"""What panels and the run bar say of a step that is past, and that they say what is new again afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Recipe
from explorer.core.types import PIXELS_RUN, Evaluation, Projection, StepMetrics, TripletCensus
from explorer.engine.events import DatasetOpened, RunGoesOn, RunOpened
from explorer.ui.map.frame_status import status_of
from explorer.ui.metrics.curves_panel import CurvesPanel
from explorer.ui.metrics.triplets_panel import TripletsPanel
from explorer.ui.session.panel import Desk
from explorer.ui.shell.recipes.recipe_commands import WITHOUT
from explorer.ui.shell.training.run_bar import RunBar
from explorer.ui.shell.training.run_bar_figure import RunBarFigure
from explorer.ui.shell.training.step_commands import STEPPING
from tests.helpers.blobs import dataset_of


@pytest.fixture
def desk(qtbot: QtBot, desk: Desk) -> Desk:
    for name in ("run.train", "run.continue", "run.stop", *STEPPING, "run.checkpoint", WITHOUT):
        desk.commands.add(name, name.partition(".")[2].capitalize(), lambda: None)
    return desk


def steps(first: int, last: int) -> list[StepMetrics]:
    """Steps whose hard triplets fall from a tenth to none."""
    return [
        StepMetrics(
            "r1", k, 0, 1 / k, 0.5, 1.0, 1e-3, 900.0, TripletCensus(0.2, 900, 0, 100) if k <= 100
            else TripletCensus(0.2, 1000, 0, 0),
        )
        for k in range(first, last + 1)
    ]  # fmt: skip


def found(recall: float, step: int) -> Evaluation:
    return Evaluation("r1", step, "held-out", {"recall@1": recall, "recall@5": 0.97}, 100, 10, unseen=False)


def tell(desk: Desk) -> None:
    desk.bridge.metrics.emit(steps(1, 400))
    for recall, step in ((0.5, 50), (0.7, 150), (0.9, 400)):
        desk.bridge.of(Evaluation).emit(found(recall, step))


def texts(figure: RunBarFigure) -> tuple[str, str]:
    return figure.value.text(), figure.label.text()


def test_the_run_bar_shows_the_figures_of_the_step(qtbot: QtBot, desk: Desk) -> None:
    bar = RunBar(desk)
    qtbot.addWidget(bar)
    tell(desk)
    assert texts(bar.recall1) == ("0.900", "recall@1 held-out items")
    assert texts(bar.violated) == ("0.0 %", "batch triplets violated")
    assert "Of the batch of step 400" in " ".join(bar.violated.toolTip().split())
    desk.state.set_displayed_step(90)
    assert texts(bar.recall1) == ("0.500", "recall@1 · step 50")
    assert "at step 50" in " ".join(bar.recall1.toolTip().split())
    assert texts(bar.violated) == ("10.0 %", "batch violated · step 90")
    assert bar.recall1.label.property("past") is True
    desk.bridge.metrics.emit(steps(401, 410))  # it trains on meanwhile
    desk.bridge.of(Evaluation).emit(found(0.95, 410))
    assert texts(bar.recall1) == ("0.500", "recall@1 · step 50")
    desk.state.set_displayed_step(10)
    assert texts(bar.recall1) == ("–", "recall@1 · step 10")
    desk.state.set_displayed_step(-1)
    assert texts(bar.recall1) == ("0.950", "recall@1 held-out items")
    assert texts(bar.violated) == ("0.0 %", "batch triplets violated")
    assert bar.recall1.label.property("past") is False


def test_a_branch_begins_with_the_last_figures_up_to_its_step(qtbot: QtBot, desk: Desk) -> None:
    bar = RunBar(desk)
    qtbot.addWidget(bar)
    tell(desk)
    desk.bridge.of(RunGoesOn).emit(RunGoesOn("r1", 200, steps(1, 200), [found(0.5, 50), found(0.7, 150)]))
    assert texts(bar.recall1) == ("0.700", "recall@1 held-out items")
    desk.bridge.of(RunGoesOn).emit(RunGoesOn("r1", 20, steps(1, 20)))
    assert texts(bar.recall1)[0] == "–"


def test_an_opened_run_has_figures_at_every_step_too(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    bar = RunBar(desk)
    qtbot.addWidget(bar)
    desk.bridge.of(RunOpened).emit(RunOpened("r1", tmp_path, Recipe(), steps(1, 200), [found(0.6, 120)], saved=200))
    desk.bridge.of(Evaluation).emit(replace(found(0.2, 0), run=PIXELS_RUN))  # of the raw data, measured again
    assert texts(bar.recall1) == ("0.600", "recall@1 · step 120")  # it stands beside "Saved at step 200"
    desk.state.set_displayed_step(130)
    assert texts(bar.recall1) == ("0.600", "recall@1 · step 120")
    assert texts(bar.violated)[0] == "0.0 %"
    desk.state.set_displayed_step(-1)
    assert texts(bar.recall1) == ("0.600", "recall@1 · step 120")
    desk.bridge.of(Evaluation).emit(found(0.7, 200))
    assert texts(bar.recall1) == ("0.700", "recall@1 held-out items")
    assert bar.recall1.label.property("past") is False


@pytest.mark.parametrize(("saved", "words"), [(200, "Saved at step 200"), (96, "Saved at step 96 of 200")])
def test_what_is_saved_of_an_opened_run_is_what_its_checkpoint_holds(
    qtbot: QtBot, desk: Desk, tmp_path: Path, saved: int, words: str
) -> None:
    bar = RunBar(desk)
    qtbot.addWidget(bar)
    desk.bridge.of(RunOpened).emit(RunOpened("r1", tmp_path, Recipe(), steps(1, 200), saved=saved))
    desk.bridge.of(Evaluation).emit(replace(found(0.2, 0), run=PIXELS_RUN))
    assert texts(bar.recall1)[0] == "–"  # nothing was measured at its step
    assert bar.position.text() == words
    assert bar.bar.value() == bar.bar.maximum()


def test_an_opened_run_that_was_stopped_shows_how_far_it_came(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    bar = RunBar(desk)
    qtbot.addWidget(bar)
    desk.bridge.of(RunOpened).emit(RunOpened("r1", tmp_path, Recipe(), steps(1, 200), saved=200, steps=500))
    assert (bar.position.text(), bar.bar.value(), bar.bar.maximum()) == ("Saved at step 200 of 500", 200, 500)


def test_the_run_bar_and_the_panel_say_the_same_of_the_triplets(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    bar, panel = RunBar(desk), TripletsPanel(desk)
    for widget in (bar, panel):
        qtbot.addWidget(widget)
    panel.resize(420, 260)
    panel.show()
    last = steps(61, 105)  # the first of them had more
    desk.bridge.of(RunOpened).emit(RunOpened("r1", tmp_path, Recipe(), last, saved=105))
    qtbot.waitUntil(lambda: panel.body_shown)
    assert panel.status.endswith("step 105")
    assert panel.keys.value("hard") == "0.0 %  0"
    assert texts(bar.violated)[0] == "0.0 %"


def test_curves_mark_the_step_and_say_what_stood_then(qtbot: QtBot, desk: Desk) -> None:
    panel = CurvesPanel(desk)
    qtbot.addWidget(panel)
    panel.resize(420, 260)
    panel.show()
    tell(desk)
    qtbot.waitUntil(lambda: panel.body_shown)
    assert panel.plot.shown_step is None
    desk.state.set_displayed_step(100)
    assert panel.plot.shown_step == 100
    assert (panel.keys.value("recall@1"), panel.keys.value("loss")) == ("0.500", "0.01")
    assert panel.status.endswith("step 100")
    view = panel.plot.getViewBox()
    QTest.mouseMove(panel.plot.viewport(), panel.plot.mapFromScene(view.sceneBoundingRect().center()))
    assert panel.keys.value("loss") != "0.01"  # what the pointer is at goes first
    QTest.mouseMove(panel, QPoint(1, 1))
    panel.plot._point(None)
    assert panel.keys.value("loss") == "0.01"
    desk.state.set_displayed_step(-1)
    assert panel.plot.shown_step is None
    assert (panel.keys.value("recall@1"), panel.keys.value("loss")) == ("0.900", "0.0025")


def test_other_data_leave_nothing_of_a_run_that_was_about_to_be_drawn(qtbot: QtBot, desk: Desk) -> None:
    panel = CurvesPanel(desk)
    qtbot.addWidget(panel)
    tell(desk)
    assert panel._repaint.waits
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(dataset_of(np.arange(9)), None))
    assert not panel._repaint.waits
    assert (panel.body_shown, panel.status) == (False, "")


def test_triplets_mark_the_step_and_say_what_was_counted_then(qtbot: QtBot, desk: Desk) -> None:
    panel = TripletsPanel(desk)
    qtbot.addWidget(panel)
    panel.resize(420, 260)
    panel.show()
    tell(desk)
    qtbot.waitUntil(lambda: panel.body_shown)
    assert panel.keys.value("hard") == "0.0 %  0"
    desk.state.set_displayed_step(60)
    assert panel.plot.shown_step == 60
    assert panel.keys.value("hard") == "10.0 %  100"
    assert panel.status == "batch, all 1,000 · step 60"
    desk.state.set_displayed_step(-1)
    assert panel.keys.value("hard") == "0.0 %  0"


def test_the_header_of_the_map_says_that_the_step_is_a_kept_one() -> None:
    frame = Projection("r1", 1400, np.arange(2), np.zeros((2, 2), np.float32), 3, "umap", False)
    assert status_of(frame, kept=True) == "≈ step 1,400 · kept"
    assert status_of(frame) == "≈ step 1,400"
