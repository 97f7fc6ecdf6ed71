"""The main job on the real window, by mouse: drop, train, click, pause, move the margin, go on, close."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot

from explorer.core.events import ParameterChanged, RunPaused
from explorer.core.types import Neighbours, StepMetrics
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG, PER_CLASS, drop


@pytest.fixture
def spec() -> None:
    """Open nothing: the data are dropped."""


def click_a_point(qtbot: QtBot, window: MainWindow) -> int:
    """Click the middle of a point of the map where it is seen now, and return the item that was pinned."""
    panel = window.workspace.panels["map"]
    assert isinstance(panel, MapPanel)
    canvas = panel.canvas

    def clicked() -> bool:
        for item in range(0, 300, 7):
            x, y = canvas.places([item])[0]
            if not np.isfinite([x, y]).all():  # not on the map yet
                continue
            at = QPoint(round(x), round(y))
            if canvas.rect().adjusted(80, 80, -160, -80).contains(at) and canvas.childAt(at) is None:
                QTest.mouseMove(canvas, at)
                QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
                if window.state.pins.items:
                    return True
        return False

    qtbot.waitUntil(clicked, timeout=LONG)
    return window.state.pins.items[0]


def test_drop_train_click_pause_move_the_margin_resume_close(qtbot: QtBot, window: MainWindow, digits: Path) -> None:
    session, bridge = window.session, window.bridge
    assert session is not None
    assert bridge is not None
    metrics: list[StepMetrics] = []
    answers: list[Neighbours] = []
    changes: list[ParameterChanged] = []
    bridge.metrics.connect(metrics.extend)
    bridge.of(Neighbours).connect(answers.append)
    bridge.of(ParameterChanged).connect(changes.append)

    drop(window, digits)
    qtbot.waitUntil(lambda: session.dataset is not None and not session.why_not(), timeout=LONG)
    dataset = session.dataset
    assert dataset is not None
    assert (len(dataset), len(dataset.class_names)) == (10 * PER_CLASS, 10)
    assert [skipped.path for skipped in dataset.report.skipped] == ["digit 3/broken.png"]
    run_bar = window.run_bar
    assert run_bar is not None
    qtbot.waitUntil(run_bar.train.isEnabled, timeout=LONG)

    QTest.mouseClick(run_bar.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(metrics) >= 10, timeout=LONG)
    assert str(session.state) == "training"
    item = click_a_point(qtbot, window)
    neighbours = window.workspace.panels["neighbours"]
    assert isinstance(neighbours, NeighboursPanel)
    steps: set[int] = set()

    def ranked_twice() -> bool:
        steps.update(answer.step for answer in answers if item in answer.queries)
        return len(steps) >= 2 and neighbours.body_shown

    qtbot.waitUntil(ranked_twice, timeout=LONG)

    with qtbot.waitSignal(bridge.run_event, timeout=LONG, check_params_cb=lambda event: isinstance(event, RunPaused)):
        QTest.mouseClick(run_bar.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: str(session.state) == "paused", timeout=LONG)

    slider = next(s for s in window.workspace.panels["recipe"].findChildren(QSlider) if "argin" in s.accessibleName())
    before = session.recipe.params("loss").margin
    QTest.keyClick(slider, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: session.recipe.params("loss").margin != before, timeout=LONG)
    assert str(session.state) == "paused"

    trained = len(metrics)
    QTest.mouseClick(run_bar.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(changes) and len(metrics) >= trained + 3, timeout=LONG)
    assert changes[-1].path == "loss.margin"
    margin = session.recipe.params("loss").margin
    qtbot.waitUntil(
        lambda: metrics[-1].census is not None and metrics[-1].census.margin == pytest.approx(margin), timeout=LONG
    )

    folder = session.run_folder
    with qtbot.waitSignal(window.closed, timeout=LONG):
        window.close()
    assert folder is not None
    assert (folder / "run.json").is_file()
