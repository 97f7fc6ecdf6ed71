"""Identities are enrolled and identified in the real window, by mouse and keyboard, and the command line knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.engine.gallery import kept_gallery
from explorer.engine.session.session import Session
from explorer.ui.app import build
from explorer.ui.queries.gallery_panel import GalleryPanel
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow

LONG = 120_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    def session(doorbell: Callable[[], None]) -> Session:
        return Session(doorbell, live=True, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")

    made = build("sample:digits", settings=Settings(tmp_path / "settings.json"), make_session=session)
    made.resize(1280, 800)
    made.show()
    yield made
    if made.isVisible():
        with qtbot.waitSignal(made.closed, timeout=LONG):
            made.close()
    made.deleteLater()


def enrol(qtbot: QtBot, window: MainWindow, panel: GalleryPanel, name: str, items: list[int]) -> None:
    window.state.set_selection(items)
    window.commands["gallery.enrol"].trigger()
    QTest.keyClicks(panel.name, name)
    QTest.mouseClick(panel.enrol_button, LEFT)
    qtbot.waitUntil(lambda: panel.name.text() == "", timeout=LONG)


def test_identities_are_enrolled_and_identified_after_a_run(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.session is not None and window.commands["run.train"].isEnabled(), timeout=LONG)
    session, panel = window.session, window.workspace.panels["gallery"]
    assert session is not None
    assert isinstance(panel, GalleryPanel)
    assert not panel.body_shown
    session.set("encoder", "mlp")
    session.set("epochs", 2)
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
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
