"""The run is scrubbed in the real window while it trains, by mouse and keyboard, and followed again."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.types import DatasetCensus, Neighbours, Projection, StepMetrics
from explorer.engine.session.session import Session
from explorer.runs.folder import RunFolder
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.metrics.curves_panel import CurvesPanel
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG

LEFT = Qt.MouseButton.LeftButton


def train(qtbot: QtBot, window: MainWindow) -> tuple[Session, MapPanel]:
    """Train until a few steps are kept, with an item pinned."""
    qtbot.waitUntil(lambda: window.session is not None and window.commands["run.train"].isEnabled(), timeout=LONG)
    session, panel = window.session, window.workspace.panels["map"]
    assert session is not None
    assert isinstance(panel, MapPanel)
    qtbot.waitUntil(lambda: panel.body_shown, timeout=LONG)
    assert panel.time_line.words.isVisible()
    session.set("encoder", "mlp")
    session.set("epochs", 2000)
    window.state.pins.choose(7)
    qtbot.waitUntil(lambda: window.workspace.panels["neighbours"].status != "", timeout=LONG)
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: len(session.replay.steps) >= 4, timeout=LONG)
    return session, panel


@pytest.mark.full
def test_an_early_step_is_looked_at_while_the_run_trains_on(qtbot: QtBot, window: MainWindow) -> None:
    session, panel = train(qtbot, window)
    bridge, run_bar, line = window.bridge, window.run_bar, panel.time_line
    assert bridge is not None
    assert run_bar is not None
    heard: list[tuple[int, Projection | Neighbours | DatasetCensus]] = []  # with the step that was on screen
    trained: list[StepMetrics] = []
    for signal in (bridge.of(Projection), bridge.of(Neighbours), bridge.of(DatasetCensus)):
        signal.connect(lambda value: heard.append((window.state.displayed_step, value)))
    bridge.metrics.connect(trained.extend)
    qtbot.waitUntil(lambda: line.track.newest >= 4, timeout=LONG)
    early = line._steps[1].step
    where = QPoint(round(line.track.position(1)), line.track.height() // 2)
    heard.clear()
    trained.clear()
    QTest.mouseClick(line.track, LEFT, Qt.KeyboardModifier.NoModifier, where)
    qtbot.waitUntil(lambda: window.state.displayed_step == early, timeout=LONG)
    of_early = {Neighbours, DatasetCensus}
    qtbot.waitUntil(lambda: of_early <= {type(value) for _, value in heard if value.step == early}, timeout=LONG)
    qtbot.waitUntil(lambda: len(trained) > 50, timeout=LONG)
    assert {value.step for shown, value in heard if shown == early} == {early}
    assert f"step {early:,} · kept" in panel.status
    assert run_bar.recall1.label.text().startswith("recall@1 · step ")
    neighbours, curves = window.workspace.panels["neighbours"], window.workspace.panels["curves"]
    assert isinstance(neighbours, NeighboursPanel)
    assert isinstance(curves, CurvesPanel)
    assert f"step {early:,}" in neighbours.status
    assert curves.plot.shown_step == early
    assert session.run_folder is not None
    stored = RunFolder.open(session.run_folder).projection(early)
    qtbot.waitUntil(lambda: panel.canvas.picture is not None, timeout=LONG)

    def placed() -> bool:
        picture = panel.canvas.picture
        return picture is not None and bool(np.allclose(picture.positions(stored.indices), stored.xy, atol=1e-4))

    qtbot.waitUntil(placed, timeout=LONG)
    heard.clear()
    QTest.mouseClick(line.pill, LEFT)
    qtbot.waitUntil(lambda: window.state.displayed_step == -1, timeout=LONG)
    qtbot.waitUntil(lambda: any(isinstance(v, Projection) and v.step > early for _, v in heard), timeout=LONG)
    assert " · kept" not in panel.status
    assert curves.plot.shown_step is None
    assert run_bar.recall1.label.text().startswith("recall@1 held-out items")


@pytest.mark.full
def test_the_run_is_played_to_its_end_from_the_keyboard(qtbot: QtBot, window: MainWindow) -> None:
    _, panel = train(qtbot, window)
    window.commands["run.stop"].trigger()
    qtbot.waitUntil(lambda: window.session is not None and window.session.state == "finished", timeout=LONG)
    line = panel.time_line
    qtbot.waitUntil(lambda: line.track.newest >= 4 and line._steps == line._desk.session.replay.steps, timeout=LONG)
    shown: list[int] = []
    window.state.displayed_step_changed.connect(shown.append)
    line.set_speed(4.0)
    line.track.setFocus()
    QTest.keyClick(line.track, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not line.playing, timeout=LONG)
    qtbot.waitUntil(lambda: window.state.displayed_step == -1, timeout=LONG)
    assert shown == [*(kept.step for kept in line._steps), -1]
