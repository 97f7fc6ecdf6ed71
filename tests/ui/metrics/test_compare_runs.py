"""What was found of two runs, in the window: the sentence, the queries that changed as pictures, and the classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Part, Recipe
from explorer.core.registry import Scalar
from explorer.core.types import RETRIEVAL, JobStatus
from explorer.engine.compared_runs import ComparedRuns
from explorer.engine.comparison_words import verdict
from explorer.engine.events import DatasetOpened
from explorer.engine.saved_runs import RunGlance, RunsFound
from explorer.engine.session.compare_with import RunsCompared, items_called
from explorer.evaluation.paired import Paired
from explorer.evaluation.protocol import Effort, Sample
from explorer.evaluation.query_changes import query_changes
from explorer.measure.lifts import lift
from explorer.ui.metrics.compare_runs import MOST_CLASSES, MOST_FIGURES, ComparedView
from explorer.ui.metrics.evaluate_panel import EvaluatePanel
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.text import PlainLabel
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of, on_screen
from tests.ui.panel_selection import JOB

LEFT, CTRL, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
X, LABELS = blobs(300, 10)


@pytest.fixture
def held(tmp_path: Path) -> Held:
    return Held(dataset=dataset_of(LABELS, CLOTHES), run="r1", run_folder=tmp_path / "r1")


@pytest.fixture
def panel(qtbot: QtBot, held: Held, tmp_path: Path) -> Iterator[EvaluatePanel]:
    with on_screen(qtbot, EvaluatePanel, desk_of(held, Settings(tmp_path / "settings.json")), 640, 400) as panel:
        yield panel


@pytest.fixture
def told(held: Held) -> RunsCompared:
    rng = np.random.default_rng(0)
    first, second = (
        Sample((X + noise * rng.normal(size=X.shape)).astype(np.float32), LABELS, lift("euclidean"), {})
        for noise in (2.0, 1.0)
    )
    changes = query_changes(first, second, Effort())
    ids = [f"{item}" for item in range(len(X))] if held.dataset is None else list(held.dataset.ids)
    recall = changes.recall
    paired = Paired(0.5, 0.5 + recall.difference, recall.difference, recall.low, recall.high, recall.p)
    found = ComparedRuns({"recall@1": paired}, len(X), 10, {"seed": (0, 1)}, changes, ids, CLOTHES)
    assert held.dataset is not None
    fixed, broken = (items_called(held.dataset, {ids[row] for row in rows}) for rows in (changes.fixed, changes.broken))
    recipes = Recipe().resolved(), Recipe(seed=1).resolved()
    return RunsCompared(Part(name=RETRIEVAL), "before", "r1", recipes, found, fixed, broken, verdict(found))


@pytest.fixture
def view(panel: EvaluatePanel, told: RunsCompared) -> ComparedView:
    panel.desk.bridge.of(RunsCompared).emit(told)
    assert panel.compare.view is not None
    return panel.compare.view


def test_says_what_the_command_line_says(view: ComparedView, told: RunsCompared) -> None:
    assert view.verdict.text() == told.verdict
    assert "any difference is chance of the training" in view.verdict.text()
    assert "The difference is second − first." in view.caption.text()
    assert "First run: seed 0 (before); second run, which is shown: seed 1 (r1)" in view.caption.text()
    rows = view.classes.rows
    assert told.found.queries is not None
    changed = [one for one in told.found.queries.classes if one.difference]
    assert [rows.index(row, 0).data() for row in range(rows.rowCount())] == [CLOTHES[one.label] for one in changed]


def test_runs_of_two_recipes_are_called_by_them_with_what_was_changed_live(
    panel: EvaluatePanel, told: RunsCompared
) -> None:
    first = told.recipes[0]
    second = first.with_value("miner", "semi_hard").with_value("loss.margin", 0.1).resolved()
    differences: dict[str, tuple[Scalar | None, Scalar | None]] = {"miner": ("all", "semi_hard")}
    found = replace(told.found, differences=differences, changed=((), ("At step 25: miner all → semi-hard",)))
    panel.desk.bridge.of(RunsCompared).emit(replace(told, found=found, recipes=(first, second)))
    view = panel.compare.view
    assert view is not None
    titles = [view.table.rows.headerData(column, Qt.Orientation.Horizontal) for column in (1, 2)]
    assert titles == ["triplet 0.20 · all", "triplet 0.10 · semi-hard"]
    assert "second run, which is shown: triplet 0.10 · semi-hard (r1)" in view.caption.text()
    assert view.recipes.text().splitlines() == [
        "Recipes: Miner: All → Semi-hard",
        "Changed live in triplet 0.10 · semi-hard: At step 25: miner all → semi-hard",
    ]
    assert view.queries is not None
    told_of = [label.text() for label in view.queries._told]
    assert told_of[0].endswith("right by triplet 0.10 · semi-hard alone")
    assert told_of[1].endswith("right by triplet 0.20 · all alone")


def test_figures_and_settings_are_called_as_elsewhere_and_both_tests_are_named(
    panel: EvaluatePanel, told: RunsCompared
) -> None:
    row = told.found.metrics["recall@1"]
    differences: dict[str, tuple[Scalar | None, Scalar | None]] = {"loss.census_margin": (0.1, 1)}
    found = replace(told.found, metrics={"map@r": row, "r_precision": row}, differences=differences)
    panel.desk.bridge.of(RunsCompared).emit(replace(told, found=found))
    view = panel.compare.view
    assert view is not None
    assert [view.table.rows.index(row, 0).data() for row in range(2)] == ["MAP@R", "R-precision"]
    assert view.recipes.text() == "Recipes: Loss: Census margin: 0.1 → 1"
    assert view.tests.isVisible()
    assert "McNemar" in view.tests.text()


def test_the_protocol_is_one_that_can_compare_and_is_named(panel: EvaluatePanel) -> None:
    panel.compare.setEnabled(True)
    for chosen, words in (("hubs", "Retrieval: by Hubs runs cannot"), ("verification", "Verification, the protocol")):
        assert panel.form is not None
        combo = panel.form.fields["protocol"].combo  # type: ignore[attr-defined]
        combo.setCurrentIndex(combo.findData(chosen))
        panel.compare.ask()
        assert panel.compare.chooser is not None
        assert words in panel.compare.chooser.about.text()
        panel.compare.chooser.reject()


def test_queries_that_changed_are_pictures_that_select(
    panel: EvaluatePanel, view: ComparedView, told: RunsCompared
) -> None:
    assert view.queries is not None
    fixed, state = view.queries.fixed, panel.desk.state
    assert fixed.items.tolist() == told.fixed.tolist()
    assert view.queries.broken.items.tolist() == told.broken.tolist()
    assert len(told.fixed) > 1
    for place, keys in ((0, PLAIN), (1, CTRL)):
        at: QPoint = fixed.rect_of(place).center()
        QTest.mouseClick(fixed.viewport(), LEFT, keys, at)
    assert state.selection.tolist() == told.fixed[:2].tolist()
    QTest.mouseClick(view.queries.every[1], LEFT)
    assert state.selection.tolist() == told.broken.tolist()


def test_no_row_is_cut_where_much_changed_in_a_small_window(
    panel: EvaluatePanel, told: RunsCompared, qtbot: QtBot
) -> None:
    metrics = {f"recall@{place}": told.found.metrics["recall@1"] for place in range(1, 17)}
    panel.desk.bridge.of(RunsCompared).emit(replace(told, found=replace(told.found, metrics=metrics)))
    view = panel.compare.view
    assert view is not None

    def whole() -> None:
        for table, most in ((view.table, MOST_FIGURES), (view.classes, MOST_CLASSES)):
            rows = table.verticalHeader()
            assert table.viewport().height() == rows.sectionSize(0) * min(rows.count(), most)

    for size in ((640, 420), (420, 420)):  # so narrow that the tables scroll sideways
        view.resize(*size)
        qtbot.waitUntil(whole)
    assert view.table.horizontalScrollBar().isVisible()


def test_where_no_query_changed_the_figures_have_the_room(
    panel: EvaluatePanel, told: RunsCompared, qtbot: QtBot
) -> None:
    found, nobody = told.found, np.zeros(0, np.int64)
    assert found.queries is not None
    metrics = {f"recall@{place}": found.metrics["recall@1"] for place in range(1, 17)}
    same = replace(found, metrics=metrics, queries=replace(found.queries, classes=()))
    panel.desk.bridge.of(RunsCompared).emit(replace(told, found=same, fixed=nobody, broken=nobody))
    view = panel.compare.view
    assert view is not None
    assert view.queries is not None
    assert [part.isHidden() for part in (view.queries.fixed, view.queries.broken, view.classes)] == [True] * 3
    qtbot.waitUntil(lambda: view.table.height() == view.table.content_height())
    assert not view.table.verticalScrollBar().isVisible()


def test_the_window_waits_for_what_is_measured_and_cancels_it_where_it_is_closed(
    qtbot: QtBot, panel: EvaluatePanel, held: Held, told: RunsCompared, tmp_path: Path
) -> None:
    compare, bridge = panel.compare, panel.desk.bridge
    compare.compare(tmp_path / "before")
    (waiting,) = (one for one in panel.window().findChildren(ComparedView) if one.isVisible())
    bridge.of(JobStatus).emit(JobStatus(JOB, "Compare", 2, 5, "running"))
    assert [label.text() for label in waiting.findChildren(PlainLabel)] == ["Measuring both runs…  40 %"]
    bridge.of(RunsCompared).emit(told)
    assert compare.view is waiting
    qtbot.waitUntil(waiting.table.isVisible)
    assert waiting.verdict.isVisible()
    compare.compare(tmp_path / "before")
    assert not waiting.isVisible()
    (waiting,) = (one for one in panel.window().findChildren(ComparedView) if one.isVisible())
    waiting.reject()
    assert held.asked[-1] == f"no {JOB}"


def test_a_comparison_of_other_data_is_closed(panel: EvaluatePanel, held: Held, view: ComparedView) -> None:
    assert view.isVisible()
    assert held.dataset is not None
    panel.desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None))
    assert not view.isVisible()


def test_runs_of_other_data_are_listed_behind_and_cannot_be_chosen(panel: EvaluatePanel, tmp_path: Path) -> None:
    def saved(name: str, data: str) -> RunGlance:
        return RunGlance(tmp_path / name, data, Recipe(), 9, 1, 0.5, (), 1.0, 0.0, 1)

    panel.compare.setEnabled(True)
    panel.compare.ask()
    chooser = panel.compare.chooser
    assert chooser is not None
    others = saved("newest", "shoes"), saved("of these", "clothes")
    panel.desk.bridge.of(RunsFound).emit(RunsFound(tmp_path, (others[0], saved("r1", "clothes"), others[1])))
    assert [run.path.name for run in chooser.runs] == ["of these", "newest"]
    assert chooser.chosen == tmp_path / "of these"
    rows = chooser.table.rows
    of_shoes = rows.index(1, 0)
    assert not of_shoes.flags() & Qt.ItemFlag.ItemIsSelectable
    assert of_shoes.data() == "shoes: triplet 0.20 · all"
    assert of_shoes.data(Qt.ItemDataRole.ToolTipRole) == "Of other data: shoes"
    assert "grey" in chooser.told.text()
    panel.desk.bridge.of(RunsFound).emit(RunsFound(tmp_path, (others[0], saved("r1", "clothes"))))
    assert not chooser.take.isEnabled()
    assert "no other saved run of these data" in chooser.told.text()
    chooser.reject()


def test_an_empty_folder_of_runs_says_so(panel: EvaluatePanel, tmp_path: Path) -> None:
    panel.compare.setEnabled(True)
    panel.compare.ask()
    chooser = panel.compare.chooser
    assert chooser is not None
    panel.desk.bridge.of(RunsFound).emit(RunsFound(tmp_path, ()))
    assert not chooser.take.isEnabled()
    assert "no other saved run" in chooser.told.text()
    chooser.reject()
    assert panel.compare.chooser is None
