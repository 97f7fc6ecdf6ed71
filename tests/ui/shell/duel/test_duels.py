"""Two saved runs of the digits in one window: begun, linked, swapped, left."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from explorer.core.types import Projection
from explorer.engine.registered_maps import apart
from explorer.engine.session.duel import BROKEN, FIXED
from explorer.runs.folder import RunFolder
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.metrics.choose_run import ChooseRun
from explorer.ui.shell.duel.duel import LAYING, OPENING, WITHOUT_ADDED, Duel
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.fields.choice import Combo
from tests.engine.conftest import SHORT
from tests.helpers.data import picture_folder
from tests.helpers.windows import LONG, close_window, ready_session, shown_window

ESCAPE = Qt.Key.Key_Escape


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("duel")


@pytest.fixture
def window(qtbot: QtBot, folder: Path) -> Iterator[MainWindow]:
    made = shown_window(qtbot, "sample:digits", folder)
    yield made
    close_window(qtbot, made)


def train(qtbot: QtBot, window: MainWindow, seed: int) -> Path:
    session = ready_session(qtbot, window)
    session.configure(SHORT.model_copy(update={"seed": seed}))
    session.train()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    assert session.run_folder is not None
    return session.run_folder


def duel_of(qtbot: QtBot, window: MainWindow, other: Path) -> Duel:
    """Return the duel of a window once the maps of both runs are there."""
    qtbot.waitUntil(lambda: window.duels.duel is not None, timeout=LONG)
    duel = window.duels.duel
    assert duel is not None
    heard: list[Projection] = []
    duel.guest.bridge.of(Projection).connect(heard.append)
    qtbot.waitUntil(lambda: duel.guest.session.run_folder == other, timeout=LONG)
    qtbot.waitUntil(lambda: duel.page.said.text() not in (OPENING, LAYING) and bool(heard), timeout=LONG)
    return duel


def drawn_between(window: MainWindow, duel: Duel, share: float) -> bool:
    """Return whether items are drawn so far on their way from A to B, up to what the maps have moved since."""
    assert window.session is not None
    a, b, canvas = duel.guest.session.shown_map, window.session.shown_map, canvas_of(window)
    if a is None or b is None or canvas.picture is None:
        return False
    items = np.arange(0, 1700, 100)
    ends = [frame.xy[np.argsort(frame.indices)][items] for frame in (a, b)]
    wanted = ends[0] * (1 - share) + ends[1] * share
    width = float(np.ptp(wanted[:, 0]))
    return float(np.median(np.linalg.norm(canvas.picture.positions(items) - wanted, axis=1))) < 0.02 * width


def canvas_of(window: MainWindow) -> PointCanvas:
    """Return the canvas of the map of a window."""
    map = window.workspace.map
    assert map is not None
    assert isinstance(map.panel, MapPanel)
    return map.panel.canvas


@pytest.mark.full
@pytest.mark.timeout(300)  # two runs, two analysis processes
def test_two_runs_are_linked_on_one_page_and_left(qtbot: QtBot, window: MainWindow) -> None:
    first, second = (train(qtbot, window, seed) for seed in (0, 1))
    docks = [key for key, dock in window.workspace.docks.items() if not dock.isHidden()]
    window.state.set_selection([3, 5])
    window.state.set_colour_by("split")
    window.duels.begin(first)
    duel = duel_of(qtbot, window, first)
    home, guest, page = window.session, duel.guest.session, duel.page
    assert home is not None
    assert (home.run_folder, guest.run_folder) == (second, first)
    assert guest.dataset is home.dataset
    assert page.isVisible()
    assert not [dock for dock in window.workspace.docks.values() if dock.isVisible()]
    assert duel.guest.state.selection.tolist() == [3, 5]
    here, there = canvas_of(window).input, duel.guest.panel.canvas.input
    here.set_tool("lasso")
    assert there.tool == "lasso"
    there.set_tool("pointer")
    assert here.tool == "pointer"
    sides = page.maps.sizes()
    assert abs(sides[0] - sides[1]) <= 1
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: page.maps.width() > 1400 and len(set(page.maps.sizes())) == 1)
    for panel in (duel.guest.panel, window.workspace.map.panel if window.workspace.map else None):
        assert isinstance(panel, MapPanel)
        assert not panel.legend.opened, "points are not covered in half of the width"
    duel.guest.state.pins.choose(7)
    duel.guest.state.set_hover(9)
    assert (window.state.pins.items, window.state.hover) == ((7,), 9)

    def registered() -> bool:
        there, here = guest.shown_map, home.shown_map
        if there is None or here is None:
            return False
        return apart(here.xy[np.argsort(here.indices)], there.xy[np.argsort(there.indices)]) < 0.1

    qtbot.waitUntil(registered, timeout=LONG)  # both maps may still be on their way
    camera = duel.guest.panel.canvas.navigator
    camera.pan(40, 0)
    map = window.workspace.map
    assert map is not None
    assert canvas_of(window).navigator.view.x == camera.view.x

    page.view.setCurrentIndex(1)
    assert not duel.guest.panel.isVisible()
    for share in (0, 50, 100):
        page.bar.slider.setValue(share)
        qtbot.waitUntil(partial(drawn_between, window, duel, share / 100), timeout=LONG)
    page.view.setCurrentIndex(0)
    assert duel.guest.panel.isVisible()

    changes = page.changes
    qtbot.waitUntil(lambda: changes.queries is not None, timeout=LONG)
    assert "seed" in page.differences.text()
    assert page.verdict.text()
    assert "second run" not in page.verdict.text()
    fates = window.state.fates
    assert fates is not None
    assert changes.queries is not None
    fixed, broken = (np.flatnonzero(fates == fate).tolist() for fate in (FIXED, BROKEN))
    assert changes.queries.fixed.items.tolist() == fixed
    QTest.mouseClick(changes.colour, Qt.MouseButton.LeftButton)
    for state in (window.state, duel.guest.state):
        assert state.colour_by == "fates"
        assert state.fates is fates
    asked = changes.neighbours
    assert asked.table.model().rowCount() == 0
    changes.setCurrentWidget(asked)
    asked.table.setFocus()
    QTest.keyClick(asked.table, Qt.Key.Key_Return)
    assert len(window.state.selection) == 1
    assert len(asked.grids[0].items) == len(asked.grids[1].items) == 10
    assert asked.grids[0].items.tolist() != asked.grids[1].items.tolist()

    changes.setCurrentIndex(0)
    grids = changes.queries.fixed, changes.queries.broken
    left = page.maps.widget(0)
    QTest.mouseClick(page.swap, Qt.MouseButton.LeftButton)
    assert page.maps.widget(1) is left
    qtbot.waitUntil(
        lambda: changes.queries is not None and changes.queries.fixed.items.tolist() == broken, timeout=LONG
    )
    assert (changes.queries.fixed, changes.queries.broken) == grids
    assert changes.queries.broken.items.tolist() == fixed

    QTest.mouseClick(page.branch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: duel.dialog is not None, timeout=LONG)
    assert duel.dialog is not None
    assert set(duel.dialog.values) >= {"miner", "loss.margin"}
    miner, margin = duel.dialog.values["miner"], duel.dialog.values["loss.margin"]
    assert isinstance(miner, Combo)
    assert miner.currentText() == "All"
    assert isinstance(margin, QLineEdit)
    margin.setText("0.45")
    step = duel.dialog.step.currentData()
    QTest.mouseClick(duel.dialog.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: guest.run_folder not in (None, first) and guest.state == "finished", timeout=LONG)
    assert guest.run_folder is not None
    (change,) = RunFolder.open(guest.run_folder).history().changes
    assert (change.path, change.new, change.step) == ("loss.margin", 0.45, step + 1)
    qtbot.waitUntil(lambda: not page.halt.isVisible(), timeout=LONG)
    assert guest.run_folder in window.beside.shown_runs()
    QTest.keyClick(page, ESCAPE)
    assert window.duels.duel is None
    assert window.centre.currentWidget() is map
    assert map.header.title.text() == "Map"
    assert (window.state.colour_by, window.state.fates) == ("split", None)
    assert [key for key, dock in window.workspace.docks.items() if not dock.isHidden()] == docks
    qtbot.waitUntil(lambda: not window.duels._ending, timeout=LONG)

    window.commands["run.duel"].trigger()
    dialog = window.duels._chooser
    assert isinstance(dialog, ChooseRun)
    qtbot.waitUntil(lambda: len(dialog.runs) == 2, timeout=LONG)  # the first one, and the branch
    dialog.table.selectRow([run.path for run in dialog.runs].index(first))
    QTest.mouseClick(dialog.take, Qt.MouseButton.LeftButton)
    duel_of(qtbot, window, first)
    assert QApplication.activeModalWidget() is None


@pytest.mark.full
@pytest.mark.timeout(300)  # two runs, three analysis processes
def test_a_duel_goes_on_with_data_that_are_added(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    first, second = (train(qtbot, window, seed) for seed in (0, 1))
    window.duels.begin(first)
    before = duel_of(qtbot, window, first)
    home = window.session
    assert home is not None
    home.open(str(picture_folder(tmp_path / "more", {"3": 4, "7": 4}, side=8, channels=1)), role="test")
    qtbot.waitUntil(lambda: window.duels.duel not in (None, before), timeout=LONG)
    duel = duel_of(qtbot, window, first)
    guest, page = duel.guest.session, duel.page
    assert home.run_folder == second
    assert guest.dataset is not None
    assert guest.dataset is home.dataset
    assert len(guest.dataset) == 1805
    qtbot.waitUntil(lambda: page.changes.queries is not None, timeout=LONG)
    QTest.mouseClick(page.branch, Qt.MouseButton.LeftButton)
    assert page.verdict.text() == WITHOUT_ADDED
