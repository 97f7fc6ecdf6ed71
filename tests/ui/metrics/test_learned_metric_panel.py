"""The learned matrix on screen: what is drawn, what the pointer reads, and that another run starts anew."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.events import RunStarted
from explorer.core.types import LearnedMetric
from explorer.ui.metrics.learned_metric_panel import LearnedMetricPanel
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.heat_map import ENDS, HeatMap, colours
from explorer.ui.widgets.theme import DARK, LIGHT, ThemeManager


@pytest.fixture
def panel(qtbot: QtBot, desk: Desk) -> LearnedMetricPanel:
    made = LearnedMetricPanel(desk)
    qtbot.addWidget(made)
    made.resize(600, 220)
    made.show()
    return made


def learned(rows: int = 4, *, size: int = 0, pictured: bool = True) -> LearnedMetric:
    matrix = np.diag(np.arange(1, rows + 1)).astype(np.float32)
    matrix[0, 1] = matrix[1, 0] = -0.5
    diagonal = np.arange(6, dtype=np.float32)
    eigenvalues = np.array([4.0, 2.0, 0.0], np.float32)
    shown = diagonal.reshape(2, 3) if pictured else diagonal
    return LearnedMetric("r1", 120, matrix, eigenvalues, size or rows, "pixels", shown)


def test_the_matrix_its_spectrum_and_its_diagonal(panel: LearnedMetricPanel, desk: Desk) -> None:
    assert not panel.body_shown
    desk.bridge.of(LearnedMetric).emit(learned())
    assert panel.body_shown
    assert panel.subtitle == "over pixels"
    assert panel.status == "rank 1.8/3 · condition 2 · step 120"  # 6² / 20; the zero is not a direction
    assert panel.picture.isVisible()
    np.testing.assert_array_equal(panel.matrix.values, panel.matrix.values.T)
    assert panel.matrix.values[0, 1] < 0 < panel.matrix.values[3, 3]


def test_the_pointer_reads_values(panel: LearnedMetricPanel, desk: Desk) -> None:
    desk.bridge.of(LearnedMetric).emit(learned(size=8))
    panel.matrix.pointed.emit((0, 1))
    assert panel.status == "M(0–1, 2–3) = -0.5"
    panel.picture.pointed.emit((1, 2))
    assert panel.status == "pixel (1, 2): 5"
    panel.plot.pointed.emit(1.7)
    assert panel.status == "eigenvalue 2 of 2: 2"
    panel.plot.pointed.emit(None)
    assert panel.status.startswith("rank")


def test_without_pixels_or_room_there_is_no_picture(panel: LearnedMetricPanel, desk: Desk) -> None:
    desk.bridge.of(LearnedMetric).emit(learned(pictured=False))
    assert not panel.picture.isVisible()
    desk.bridge.of(LearnedMetric).emit(learned())
    assert panel.picture.isVisible()
    panel.resize(310, 220)
    assert not panel.picture.isVisible()


def test_a_matrix_of_zeros_is_said_to_be_one(panel: LearnedMetricPanel, desk: Desk) -> None:
    zero = np.zeros((2, 2), np.float32)
    desk.bridge.of(LearnedMetric).emit(LearnedMetric("r1", 0, zero, zero[0], 2, "embedding", zero[0]))
    assert panel.status == "all zero · step 0"


def test_another_run_starts_without_one(panel: LearnedMetricPanel, desk: Desk) -> None:
    desk.bridge.of(LearnedMetric).emit(learned())
    desk.bridge.run_event.emit(RunStarted("r2", 50, 100, 2, "cpu", 1, 1000))
    assert panel.body_shown  # a run that goes on keeps it
    desk.bridge.run_event.emit(RunStarted("r2", 0, 100, 2, "cpu", 1, 1000))
    assert not panel.body_shown
    assert panel.status == ""


def test_the_scale_is_symmetric_about_the_colour_of_the_panel() -> None:
    for theme in (DARK, LIGHT):
        drawn = colours(np.array([[-2.0, -1.0, 0.0, 1.0, 5.0]], np.float32), 1.0, theme)[0].tolist()
        below, above = (list(end) for end in ENDS[theme.name])
        assert drawn == [below, below, list(theme.rgb("raised")), above, above]
    assert (colours(np.zeros((2, 2), np.float32), 0.0, DARK) == DARK.rgb("raised")).all()


def test_the_cell_under_the_pointer(qtbot: QtBot) -> None:
    heat = HeatMap(ThemeManager("dark"), "test")
    qtbot.addWidget(heat)
    heat.resize(120, 90)
    heat.show_values(np.zeros((2, 3), np.float32), 1.0)
    with qtbot.waitExposed(heat):
        heat.show()
    assert heat.cell_at(QPointF(1, 1)) == (0, 0)
    assert heat.cell_at(QPointF(119, 79)) == (1, 2)
    assert heat.cell_at(QPointF(60, 85)) is None  # below the picture, which keeps its aspect
    seen: list[object] = []
    heat.pointed.connect(seen.append)

    def points() -> bool:  # a window that goes only now may have the pointer for a moment
        QTest.mouseMove(heat, QPoint(10, 60))
        QTest.mouseMove(heat, QPoint(100, 20))
        return seen[-1:] == [(0, 2)]

    qtbot.waitUntil(points)
    heat.grab()


def test_matrix_diagonal_and_eigenvalues_are_taken_away_as_numbers(panel: LearnedMetricPanel, desk: Desk) -> None:
    metric = learned()
    desk.bridge.of(LearnedMetric).emit(metric)
    figures = {figure.title: figure.columns for figure in panel.export.figures()}
    assert list(figures) == ["Matrix (roots)", "Pixels that matter", "Eigenvalues"]
    assert np.allclose(np.array(figures["Matrix (roots)"].cells[1:], np.float64).T, metric.matrix)
    values = np.asarray(figures["Eigenvalues"].cells[1])
    assert np.allclose(values, metric.eigenvalues[: len(values)])
