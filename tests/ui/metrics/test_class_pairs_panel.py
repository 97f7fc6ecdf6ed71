"""The heat map of class pairs: what it draws, what its list says, and that a pair is opened as pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Part
from explorer.core.registry import catalogue
from explorer.core.sorted_pairs import Pair
from explorer.core.types import JobStatus
from explorer.engine.events import RunShown
from explorer.engine.session.closest_pairs import ClosestPairs
from explorer.engine.session.evaluate import ProtocolRefused, ProtocolResult
from explorer.evaluation.class_pairs import ClassPairs, ClassPairsProtocol
from explorer.evaluation.protocol import Effort, Sample
from explorer.measure.lifts import lift
from explorer.ui.metrics.class_pairs_panel import DISTANCE, ClassPairsPanel
from explorer.ui.session.settings import Settings
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of, on_screen
from tests.ui.panel_selection import JOB

LEFT = Qt.MouseButton.LeftButton
X, LABELS = blobs(300, 10)


@pytest.fixture
def held() -> Held:
    return Held(dataset=dataset_of(LABELS, CLOTHES), run="r1")


@pytest.fixture
def panel(qtbot: QtBot, held: Held, tmp_path: Path) -> Iterator[ClassPairsPanel]:
    catalogue("protocol")
    with on_screen(qtbot, ClassPairsPanel, desk_of(held, Settings(tmp_path / "settings.json")), 460, 240) as panel:
        yield panel


@pytest.fixture
def found(panel: ClassPairsPanel) -> ClassPairs:
    sample = Sample(X, LABELS, lift("euclidean"))
    measured = ClassPairsProtocol(ClassPairsProtocol.Params()).measure(sample, Effort())
    part = Part(name="class_pairs")
    result = ProtocolResult("r1", 5, True, part, "held-out", False, measured, measured, (), np.arange(300), panel.key)
    panel.desk.bridge.of(ProtocolResult).emit(result)
    assert isinstance(measured.details, ClassPairs)
    return measured.details


def listed(panel: ClassPairsPanel) -> list[tuple[str, str]]:
    model = panel.table.model()
    return [(model.index(row, 0).data(), model.index(row, 1).data()) for row in range(model.rowCount())]


def test_it_measures_at_the_margin_of_the_recipe(panel: ClassPairsPanel, held: Held) -> None:
    catalogue("loss")
    held.recipe = held.recipe.with_value("loss.margin", 0.35)
    QTest.mouseClick(panel.run_button, LEFT)
    assert held.asked == ["class_pairs {'margin': 0.35} of held-out for class_pairs"]
    assert not panel.run_button.isEnabled()
    panel.desk.bridge.of(JobStatus).emit(JobStatus(JOB, "Evaluate", 0, 0, "failed"))
    assert panel.run_button.isEnabled()


def test_the_map_is_in_order_and_the_list_names_the_worst_pairs(panel: ClassPairsPanel, found: ClassPairs) -> None:
    assert panel.status.endswith("violated · step 5")
    ordered = found.violated[np.ix_(found.order, found.order)]
    assert np.array_equal(panel.heat.values, np.nan_to_num(ordered))
    worst = np.unravel_index(np.nanargmax(found.violated), found.violated.shape)
    names = [CLOTHES[int(found.classes[place])] for place in worst]
    assert listed(panel)[0] == (" → ".join(names), f"{100 * np.nanmax(found.violated):.1f} %")
    shares = [float(text.removesuffix(" %")) for _, text in listed(panel)]
    assert shares == sorted(shares, reverse=True)
    panel.shown.set_value(DISTANCE)
    panel.shown.changed.emit(DISTANCE)
    apart = found.distances[~np.eye(10, dtype=bool)]
    assert listed(panel)[0][1] == f"{apart.min():.3f}"
    assert panel.heat.values.max() > 0 > panel.heat.values.min()


def test_a_click_opens_the_closest_pairs(panel: ClassPairsPanel, found: ClassPairs, held: Held) -> None:
    held.asked.clear()
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=panel.table.visualRect(panel.table.model().index(0, 0)).center())
    worst = [int(found.classes[place]) for place in np.unravel_index(np.nanargmax(found.violated), (10, 10))]
    assert held.asked == [f"12 closest of {worst[0]} and {worst[1]}"]
    one, other = (int(np.flatnonzero(label == LABELS)[0]) for label in worst)
    panel.desk.bridge.of(ClosestPairs).emit(ClosestPairs("r1", 5, worst[0], worst[1], (Pair(one, other, 0.25),)))
    first, second = panel.pairs.rows[0]
    assert (first.item, second.item, first.frame) == (one, other, "wrong")
    assert panel.pairs.isVisible()
    QTest.mouseClick(second, LEFT)
    assert panel.desk.state.pins.items == (other,)


def test_a_cell_is_chosen_by_mouse_and_by_keys(panel: ClassPairsPanel, found: ClassPairs, held: Held) -> None:
    held.asked.clear()
    labels = found.classes[found.order].tolist()
    area = panel.heat.area()
    side = area.width() / 10
    at = area.topLeft() + QPointF(2.5 * side, 1.5 * side)
    QTest.mouseClick(panel.heat, LEFT, pos=at.toPoint())
    assert held.asked == [f"12 closest of {labels[1]} and {labels[2]}"]
    panel.heat.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(panel.heat, key)
    assert held.asked[1:] == [f"12 closest of {labels[2]} and {labels[3]}"]
    assert panel.readout.text().startswith(f"{CLOTHES[labels[2]]} → {CLOTHES[labels[3]]}: ")


def test_rows_and_columns_are_named_where_there_is_room_and_the_scale_is_drawn(
    panel: ClassPairsPanel, found: ClassPairs
) -> None:
    heat = panel.heat
    heat.resize(420, 420)
    assert heat.named
    area = heat.area()
    assert area.left() > 20
    assert area.top() > 5
    assert heat.cell_at(QPointF(2, area.center().y())) is None, "a name is no cell"
    assert heat.cell_at(area.center()) is not None
    named = heat.grab().toImage()
    heat.show_values(heat.values, 1.0)
    assert (heat.named, heat.area().topLeft()) == (False, QPointF(0, 0))
    assert heat.grab().toImage() != named
    heat.show_values(heat.values, 1.0, CLOTHES, ("0 %", "100 % violated"))
    heat.resize(90, 90)
    assert not heat.named, "rows are lower than letters"
    assert heat.area().bottom() < 80, "the scale has its room"
    panel.shown.combo.setCurrentIndex(1)
    assert heat._words == ("farther than mean", "nearer than mean")


def test_a_refusal_is_said_where_the_matrix_would_be(panel: ClassPairsPanel, found: ClassPairs) -> None:
    assert panel.body_shown
    refused = ProtocolRefused("r1", Part(name="class_pairs"), "1 class has no pairs to be shown", panel.key)
    panel.desk.bridge.of(ProtocolRefused).emit(refused)
    assert not panel.body_shown
    assert panel._empty.text() == "1 class has no pairs to be shown"
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "r2"))
    assert panel._empty.text() == panel.empty_text


def test_several_hundred_classes_have_room(panel: ClassPairsPanel, held: Held) -> None:
    x, labels = blobs(2000, 400)
    held.dataset = dataset_of(labels, tuple(f"class {number}" for number in range(400)))
    measured = ClassPairsProtocol(ClassPairsProtocol.Params()).measure(Sample(x, labels, lift("euclidean")), Effort())
    part = Part(name="class_pairs")
    result = ProtocolResult("r1", 5, True, part, "held-out", False, measured, measured, (), np.arange(2000), panel.key)
    panel.desk.bridge.of(ProtocolResult).emit(result)
    assert panel.heat.values.shape == (len(np.unique(labels)),) * 2
    assert len(listed(panel)) == 100


def test_of_pairs_that_are_mixed_up_alike_the_nearest_come_first(panel: ClassPairsPanel, held: Held) -> None:
    labels = np.repeat(np.arange(3), 4)
    x = (np.array([0, 0.3, 1])[labels][:, None] + np.arange(12)[:, None] % 4 * 10).astype(np.float32)
    held.dataset = dataset_of(labels, ("a", "b", "c"))
    sample = Sample(x, labels, lift("euclidean"))
    measured = ClassPairsProtocol(ClassPairsProtocol.Params(margin=100)).measure(sample, Effort())
    part = Part(name="class_pairs")
    result = ProtocolResult("r1", 5, True, part, "held-out", False, measured, measured, (), np.arange(12), panel.key)
    panel.desk.bridge.of(ProtocolResult).emit(result)
    assert {value for _, value in listed(panel)} == {"100.0 %"}
    assert isinstance(measured.details, ClassPairs)
    by_distance = [measured.details.distances["abc".index(pair[0]), "abc".index(pair[-1])] for pair, _ in listed(panel)]
    assert by_distance == sorted(by_distance)


def test_the_heat_map_is_taken_away_with_its_names_and_numbers(panel: ClassPairsPanel, found: ClassPairs) -> None:
    matrix, pairs = panel.export.figures()
    ordered = found.violated[np.ix_(found.order, found.order)]
    assert np.array_equal(np.array(matrix.columns.cells[1:], np.float64).T, ordered.astype(np.float64), equal_nan=True)
    assert list(matrix.columns.cells[0]) == [CLOTHES[int(found.classes[place])] for place in found.order]
    assert len(pairs.columns.cells[0]) == panel.table.model().rowCount()
