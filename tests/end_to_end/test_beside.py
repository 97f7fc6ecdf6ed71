"""Two runs in two real windows on one dataset: trained at once by mouse, linked by what is selected and pinned."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.types import Neighbours, Projection, StepMetrics
from explorer.engine.session.session import Session
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG


def may_train(qtbot: QtBot, window: MainWindow) -> Session:
    """Wait until the window shows its data and may train."""
    qtbot.waitUntil(lambda: window.workspace.shown and window.commands["run.train"].isEnabled(), timeout=LONG)
    assert window.session is not None
    window.session.set("encoder", "mlp")
    window.session.set("epochs", 2000)
    return window.session


def train(window: MainWindow, heard: list[object]) -> None:
    bridge, run_bar = window.bridge, window.run_bar
    assert bridge is not None
    assert run_bar is not None
    bridge.metrics.connect(heard.extend)
    for kind in (Projection, Neighbours):
        bridge.of(kind).connect(heard.append)
    QTest.mouseClick(run_bar.train, Qt.MouseButton.LeftButton)


def answered(heard: list[object], run: str) -> bool:
    return any(isinstance(value, Neighbours) and value.run == run for value in heard)


@pytest.mark.full
@pytest.mark.timeout(400)  # two windows, two runs and two analysis processes share the cores of a busy machine
def test_two_runs_are_trained_and_looked_at_side_by_side(qtbot: QtBot, window: MainWindow) -> None:
    first = may_train(qtbot, window)
    window.state.set_selection([3, 5])
    window.state.pins.choose(8)
    QTest.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    (beside,) = window.beside.windows
    second = may_train(qtbot, beside)
    second.set("loss", "contrastive")
    assert second.dataset is first.dataset
    qtbot.waitUntil(lambda: beside.state.selection.tolist() == [3, 5], timeout=LONG)
    assert "(2)" in beside.windowTitle()
    assert beside.workspace.panels["neighbours"].body_shown, "what is pinned has its card there as well"

    here: list[object] = []
    there: list[object] = []
    train(window, here)
    train(beside, there)

    def both_are_shown() -> bool:
        return all(
            any(isinstance(value, kind) and value.run == session.run for value in heard)
            for heard, session in ((here, first), (there, second))
            for kind in (StepMetrics, Projection)
        )

    qtbot.waitUntil(both_are_shown, timeout=LONG)
    assert (str(first.state), str(second.state)) == ("training", "training")
    assert first.run != second.run

    beside.state.pins.choose(7)
    for shown, session, heard in ((window, first, here), (beside, second, there)):
        panel = shown.workspace.panels["neighbours"]
        assert isinstance(panel, NeighboursPanel)
        qtbot.waitUntil(partial(answered, heard, session.run), timeout=LONG)
        assert panel.body_shown
    assert not {value.run for value in here if isinstance(value, StepMetrics)} & {
        value.run for value in there if isinstance(value, StepMetrics)
    }
    where, there_too = window.workspace.panels["map"], beside.workspace.panels["map"]
    assert isinstance(where, MapPanel)
    assert isinstance(there_too, MapPanel)
    assert where.canvas is not there_too.canvas

    with qtbot.waitSignal(window.closed, timeout=LONG):  # those beside it are saved and closed before it
        window.close()
        assert window.saving.isVisible(), "it says what it waits for"
    assert not window.beside.windows
    assert window.settings.left_off == str(first.run_folder), "the program goes on with the run of its first window"
    for session in (first, second):
        assert session.run_folder is not None
        assert (session.run_folder / "run.json").is_file()


@pytest.mark.full
def test_one_window_goes_and_the_other_stays(qtbot: QtBot, window: MainWindow) -> None:
    may_train(qtbot, window)
    window.commands["window.beside"].trigger()
    (beside,) = window.beside.windows
    may_train(qtbot, beside)
    window.state.pins.choose(4)
    assert beside.state.pins.items == (4,)
    with qtbot.waitSignal(beside.closed, timeout=LONG):
        beside.commands["window.close"].trigger()
    assert not window.beside.windows
    window.state.pins.choose(9)
    assert window.isVisible()
    assert window.commands["run.train"].isEnabled()
