"""A few examples sort the rest in the real window: on pictures as they come, then by what a run has learned."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from explorer.ui.queries.find_more_panel import FindMorePanel
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG, drop

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def spec() -> None:
    """Open nothing: the data are dropped."""


def says(panel: FindMorePanel, words: str) -> bool:
    return words in panel.precision.text()


def test_a_few_examples_sort_the_rest_by_one_key_each(
    qtbot: QtBot, window: MainWindow, digits: Path, tmp_path: Path
) -> None:
    session, panel = window.session, window.workspace.panels["find_more"]
    assert session is not None
    assert isinstance(panel, FindMorePanel)
    drop(window, digits)
    qtbot.waitUntil(lambda: session.dataset is not None and window.workspace.panels["map"].body_shown, timeout=LONG)
    dataset = session.dataset
    assert dataset is not None
    zeros = np.flatnonzero(np.asarray(dataset.labels) == dataset.class_names.index("digit 0"))
    window.state.set_selection(zeros[:3])
    QTest.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert panel.isVisible()
    for judged in range(1, 9):
        qtbot.waitUntil(lambda: panel.accept_button.isEnabled() and len(panel.suggestions.rows) > 8, timeout=LONG)
        framed = next(row[0] for row in panel.suggestions.rows if row[0].frame == "accent")
        right = framed.item in zeros
        QTest.keyClick(panel.suggestions, Qt.Key.Key_Y if right else Qt.Key.Key_N)
        qtbot.waitUntil(partial(says, panel, f"of {judged} right"), timeout=LONG)
    session.set("encoder", "mlp")
    session.set("epochs", 3)
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: session.state == "finished" and panel.status.startswith("step"), timeout=LONG)
    qtbot.waitUntil(lambda: "≈" not in panel.status, timeout=LONG)
    assert "of 8 right" in panel.precision.text()
    QTest.keyClick(panel.suggestions, Qt.Key.Key_U)
    qtbot.waitUntil(lambda: "of 7 right" in panel.precision.text(), timeout=LONG)
    QTest.mouseClick(panel.select_button, LEFT)
    examples = session.more.examples
    assert examples is not None
    assert window.state.selection.tolist() == sorted(examples.all)
    QTest.mouseClick(panel.save_button, LEFT)
    (dialog,) = panel.findChildren(QFileDialog)
    dialog.selectFile(str(tmp_path / "zeros.csv"))
    dialog.accept()
    qtbot.waitUntil((tmp_path / "zeros.csv").is_file, timeout=LONG)
    with open(tmp_path / "zeros.csv", newline="") as file:
        assert len(list(csv.reader(file))) == 1 + 3 + 7
