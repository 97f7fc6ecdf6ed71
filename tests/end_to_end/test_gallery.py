"""Identities are enrolled and identified in the real window, by mouse and keyboard, and the command line knows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.engine.gallery import kept_gallery
from explorer.engine.session.session import Session
from explorer.ui.queries.gallery_panel import GalleryPanel
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG

LEFT = Qt.MouseButton.LeftButton


def enrol(qtbot: QtBot, window: MainWindow, panel: GalleryPanel, name: str, items: list[int]) -> None:
    window.state.set_selection(items)
    window.commands["gallery.enrol"].trigger()
    QTest.keyClicks(panel.name, name)
    QTest.mouseClick(panel.enrol_button, LEFT)
    qtbot.waitUntil(lambda: panel.name.text() == "", timeout=LONG)


def trained(qtbot: QtBot, window: MainWindow) -> tuple[Session, GalleryPanel]:
    """Train for a moment, and return the session and the panel."""
    qtbot.waitUntil(lambda: window.session is not None and window.commands["run.train"].isEnabled(), timeout=LONG)
    session, panel = window.session, window.workspace.panels["gallery"]
    assert session is not None
    assert isinstance(panel, GalleryPanel)
    assert not panel.body_shown
    session.set("encoder", "mlp")
    session.set("epochs", 2)
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    return session, panel


def test_identities_are_enrolled_and_identified_after_a_run(qtbot: QtBot, window: MainWindow) -> None:
    session, panel = trained(qtbot, window)
    dataset = session.dataset
    assert dataset is not None
    assert session.run_folder is not None
    threes, zeros = (np.flatnonzero(dataset.labels == label)[:4].tolist() for label in (3, 0))
    enrol(qtbot, window, panel, "three", threes[:3])
    enrol(qtbot, window, panel, "zero", zeros)
    assert panel.status == "2 identities"
    window.state.pins.choose(threes[0])
    qtbot.waitUntil(lambda: panel.answer.text() != "", timeout=LONG)
    assert panel.answer.text() == "three"
    assert panel.candidates.text().splitlines()[0].split() == ["0.0000", "three"]
    window.state.pins.choose(int(np.flatnonzero(dataset.labels == 7)[0]))
    qtbot.waitUntil(lambda: panel.answer.text() != "", timeout=LONG)
    assert len(panel.candidates.text().splitlines()) == 2
    panel.table.selectRow(0)
    QTest.mouseClick(panel.remove_button, LEFT)
    qtbot.waitUntil(lambda: panel.status == "1 identity", timeout=LONG)
    QTest.mouseClick(panel.undo_button, LEFT)
    qtbot.waitUntil(lambda: panel.status == "2 identities", timeout=LONG)
    assert kept_gallery(session.run_folder).counts == (3, 4)


def test_a_gallery_of_new_pictures_is_added_to_the_run(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    session, panel = trained(qtbot, window)
    dataset, run = session.dataset, session.run
    assert dataset is not None
    for number, item in enumerate(np.flatnonzero(dataset.labels == 3)[:4]):
        (tmp_path / "more" / "three").mkdir(parents=True, exist_ok=True)
        Image.fromarray(dataset.inputs[item][..., 0]).save(tmp_path / "more" / "three" / f"{number}.png")
    window.opener.open(str(tmp_path / "more"), "gallery")
    count = len(dataset)
    qtbot.waitUntil(lambda: len(session.dataset or ()) == count + 4, timeout=LONG)
    assert (session.run, session.state) == (run, "finished")
    qtbot.waitUntil(lambda: panel.body_shown, timeout=LONG)
    enrol(qtbot, window, panel, "three", [count, count + 1])
    window.state.pins.choose(count + 1)
    qtbot.waitUntil(lambda: panel.answer.text() == "three", timeout=LONG)
    neighbours = window.workspace.panels["neighbours"]
    qtbot.waitUntil(lambda: neighbours.status.startswith("step"), timeout=LONG)
