"""The selection in the real window: looked through, ordered, named, excluded, taken back, and there after a restart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.runs.label_file import read_decisions
from explorer.ui.selection.selection_panel import ORDERS, SelectionPanel
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG
from tests.helpers.windows import close_window, shown_window

CONTROL = Qt.KeyboardModifier.ControlModifier


def panel_of(window: MainWindow) -> SelectionPanel:
    panel = window.workspace.panels["selection"]
    assert isinstance(panel, SelectionPanel)
    return panel


@pytest.mark.full
def test_a_selection_is_named_decided_about_taken_back_and_found_again(qtbot: QtBot, tmp_path: Path) -> None:
    window = shown_window(qtbot, "sample:digits", tmp_path)
    session, panel = window.session, panel_of(window)
    assert session is not None
    qtbot.waitUntil(lambda: window.workspace.panels["map"].body_shown, timeout=LONG)
    dataset = window.dataset
    assert dataset is not None
    window.state.set_selection(np.arange(300, 360))
    window.commands["selection.show"].trigger()
    assert panel.isVisible()
    assert panel.status == "60 selected"
    assert not window.commands["selection.exclude"].isEnabled()  # there is no run yet
    panel.sets.name.setText("odd ones")
    panel.sets.keep()
    qtbot.waitUntil(lambda: [one.name for one in panel.sets.sets] == ["odd ones"], timeout=LONG)
    session.set("encoder", "linear")
    session.set("epochs", 2)
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    qtbot.waitUntil(lambda: [one.name for one in panel.sets.sets] == ["odd ones"], timeout=LONG)
    folder = session.run_folder
    assert folder is not None
    panel.order_by.setCurrentIndex(list(ORDERS).index("loss"))
    qtbot.waitUntil(lambda: panel.note.text().startswith("step"), timeout=LONG)
    assert sorted(panel.grid.items.tolist()) == list(range(300, 360))

    window.state.set_selection(np.arange(300, 310))
    window.commands["selection.exclude"].trigger()
    qtbot.waitUntil(lambda: panel.decided.text() == "10 excluded", timeout=LONG)
    (toast,) = [one for one in window.toasts.shown if one.text == "10 items are excluded"]
    window.state.set_selection(np.arange(300, 320))
    panel.bar.relabel(4)
    qtbot.waitUntil(lambda: panel.decided.text() == "20 relabelled", timeout=LONG)
    QTest.keyClick(window, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: panel.decided.text() == "10 excluded", timeout=LONG)
    QTest.keyClick(window, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: panel.decided.text() == "20 relabelled", timeout=LONG)
    QTest.keyClick(window, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: panel.decided.text() == "10 excluded", timeout=LONG)
    QTest.mouseClick(toast.offer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: read_decisions(folder, dataset.ids, dataset.class_names) == {}, timeout=LONG)

    kept = window.state.selection.tolist()
    panel.sets.put("to keep", "replace")
    qtbot.waitUntil(lambda: len(panel.sets.sets) == 2, timeout=LONG)
    close_window(qtbot, window)
    again = shown_window(qtbot, str(folder), tmp_path, Settings(tmp_path / "settings.json"))
    try:
        panel = panel_of(again)
        qtbot.waitUntil(lambda: len(panel.sets.sets) == 2, timeout=LONG)
        panel.sets.recall("to keep")
        assert again.state.selection.tolist() == kept
    finally:
        close_window(qtbot, again)
