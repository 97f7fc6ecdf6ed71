"""The panel of a selection with 100,000 pictures in it: 60 scrolled frames a second, and no hitch when it changes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from explorer.core.label_decisions import Decision
from explorer.core.types import frozen
from explorer.engine.session.cleaning import DecisionsChanged
from explorer.engine.session.selection_order import ItemsOrdered
from explorer.ui.selection.selection_panel import ORDERS, SelectionPanel
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.item_grid import ItemGrid
from explorer.ui.widgets.theme import ThemeManager
from tests.benchmarks.test_canvas import say
from tests.helpers.blobs import blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of, on_screen

COUNT = 100_000
FRAME_MS = 1000 / 60


def frames(grid: ItemGrid, values: list[int]) -> tuple[float, float]:
    """Return the median and the 99th percentile in milliseconds of processor time of a frame for each value."""
    taken = []
    for value in values:
        began = time.thread_time()
        grid.verticalScrollBar().setValue(value)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest)
        grid.viewport().repaint(grid.viewport().rect().adjusted(0, 0, 0, -grid.viewport().height() + 1))
        taken.append((time.thread_time() - began) * 1000)
    return statistics.median(taken), float(np.percentile(taken, 99))


@pytest.mark.parametrize("size", [(304, 500), (304, 1100), (2560, 1400)])
def test_the_grid_scrolls_100_000_pictures_at_60_frames_a_second(qtbot: QtBot, size: tuple[int, int]) -> None:
    labels = blobs(COUNT, 10)[1]
    dataset = dataset_of(labels, side=28)
    grid = ItemGrid(ThemeManager("dark"), "Pictures")
    qtbot.addWidget(grid)
    grid.resize(*size)
    grid.show_items(dataset, np.arange(COUNT))
    with qtbot.waitExposed(grid):
        grid.show()
    last = grid.verticalScrollBar().maximum()
    ways: dict[str, Callable[[int], int]] = {
        "by the wheel": lambda k: 120 * k,
        "dragged through all": lambda k: last * k // 300,
    }
    for name, way in ways.items():
        grid.verticalScrollBar().setValue(0)
        middle, worst = frames(grid, [way(k) for k in range(1, 300)])
        say(f"grid {size[0]}×{size[1]}, {name}: median {middle:.2f} ms, p99 {worst:.2f} ms")
        assert worst < FRAME_MS
    began = time.thread_time()
    grid.show_items(dataset, np.arange(COUNT)[::-1].copy())
    say(f"another order of {COUNT:,}: {(time.thread_time() - began) * 1000:.2f} ms")


def test_a_selection_of_100_000_is_taken_over_without_a_hitch(qtbot: QtBot, tmp_path: Path) -> None:
    labels = blobs(COUNT, 100)[1]
    held = Held(dataset=dataset_of(labels, side=8), run="r", run_folder=tmp_path)
    with on_screen(qtbot, SelectionPanel, desk_of(held, Settings(tmp_path / "settings.json")), 304, 700) as panel:
        state, bridge, every = panel.desk.state, panel.desk.bridge, np.arange(COUNT)
        decided = dict.fromkeys(range(COUNT), Decision("exclude"))
        values = frozen(np.linspace(1, 0, COUNT), np.float32)
        panel.order_by.setCurrentIndex(list(ORDERS).index("loss"))
        acts: dict[str, Callable[[], object]] = {
            "selected": lambda: state.set_selection(every),
            "in another order": lambda: bridge.of(ItemsOrdered).emit(
                ItemsOrdered("r", 1, "loss", state.selection, frozen(every[::-1]), values)
            ),
            "decided about": lambda: bridge.of(DecisionsChanged).emit(DecisionsChanged("r", decided, True)),
            "one taken out": lambda: panel.grid.toggled.emit(every[:1], True),
        }
        for name, act in acts.items():
            began = time.thread_time()
            act()
            QCoreApplication.sendPostedEvents()
            spent = (time.thread_time() - began) * 1000
            say(f"{COUNT:,} items {name}: {spent:.1f} ms of the window's thread")
            assert spent < 100
