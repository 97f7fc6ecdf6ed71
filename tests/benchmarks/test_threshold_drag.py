"""Drag the threshold over ten million pairs in the real panel: ``pytest tests/benchmarks -s``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.core.sorted_pairs import SortedPairs
from explorer.core.types import DistanceHistogram
from explorer.ui.metrics.distances_panel import DistancesPanel
from explorer.ui.session.settings import Settings
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of

PAIRS, MOVES = 10_000_000, 200
BUDGET = 0.016


def test_a_move_takes_less_than_a_frame(qtbot: QtBot, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    near, far = (np.sort(generator.normal(centre, 0.2, PAIRS // 2).astype(np.float32)) for centre in (0.6, 1.2))
    items = generator.integers(2000, size=(2, PAIRS // 2, 2)).astype(np.int32)
    edges, density = np.linspace(0, 2, 61, dtype=np.float32), np.ones(60, np.float32)
    pairs = SortedPairs(near, far, items[0], items[1])
    shown = DistanceHistogram("r1", 1, edges, density, density, len(near), len(far), 0.9, 0.1, 0.9, pairs)
    dataset = dataset_of(blobs(2000, 10)[1], CLOTHES)
    held = Held(dataset=dataset, run="r1")
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    panel = DistancesPanel(desk)
    qtbot.addWidget(panel)
    panel.resize(480, 240)
    panel.show()
    desk.bridge.of(DistanceHistogram).emit(shown)
    panel.pictures.setChecked(True)
    times = []
    for threshold in np.linspace(0.5, 1.3, MOVES).tolist():
        started = time.perf_counter()
        panel.plot.move_threshold(threshold)
        panel.mistakes.show_pairs(dataset, pairs, threshold)  # at once, and not when they are due
        panel.plot.viewport().repaint()
        panel.mistakes.repaint()
        QApplication.processEvents()
        times.append(time.perf_counter() - started)
    typical, slow = np.quantile(times, (0.5, 0.95)).tolist()
    sys.stdout.write(f"\na move over {PAIRS:,} pairs: median {typical * 1e3:.1f} ms, 95 % {slow * 1e3:.1f} ms\n")
    assert typical <= BUDGET
    desk.bridge.close()
