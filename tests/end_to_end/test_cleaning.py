"""Wrong labels, copies and leaks among real pictures, from an empty start: found, decided on by keys, used, kept."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.runs.label_file import read_decisions
from explorer.ui.data.cleaning_panel import CleaningPanel
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG, drop
from tests.helpers.data import real_data

CLASSES, EACH = ("1_trouser", "8_bag", "9_ankle_boot"), 60


@pytest.fixture
def spec() -> None:
    """Open nothing: the data are dropped."""


@pytest.fixture
def clothes(tmp_path: Path) -> Path:
    """A folder of real clothes; one pair of trousers is among the bags, and one bag stands in both parts."""
    data = tmp_path / "clothes"
    with zipfile.ZipFile(real_data("fashion_mnist.zip")) as archive:
        for name in CLASSES:
            members = sorted(member for member in archive.namelist() if member.startswith(f"train/{name}/"))
            for number, member in enumerate(members[:EACH]):
                part = "test" if number % 4 == 0 else "train"
                target = data / part / name / Path(member).name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(member))
    trousers, bag = (sorted((data / "train" / name).iterdir())[3] for name in ("1_trouser", "8_bag"))
    shutil.move(trousers, data / "train" / "8_bag" / "trousers.png")
    shutil.copy(bag, data / "test" / "8_bag" / "again.png")
    return data


def test_find_decide_undo_and_train_on(qtbot: QtBot, window: MainWindow, clothes: Path) -> None:
    session, panel = window.session, window.workspace.panels["cleaning"]
    assert session is not None
    assert isinstance(panel, CleaningPanel)
    assert not panel.body_shown
    drop(window, clothes)
    qtbot.waitUntil(lambda: session.dataset is not None and window.commands["run.train"].isEnabled(), timeout=LONG)
    assert not window.commands["data.clean"].isEnabled()
    session.set("epochs", 8)
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    panel.come_forward()
    QTest.mouseClick(panel.find_button, Qt.MouseButton.LeftButton)
    rows = panel.table.findings
    qtbot.waitUntil(lambda: len(rows.rows) > 0, timeout=LONG)
    dataset, folder = session.dataset, session.run_folder
    assert dataset is not None
    assert folder is not None
    wrong = next(item for item, name in enumerate(dataset.ids) if "trousers.png" in name)
    assert rows.rows[0].items == (wrong,)
    assert dataset.class_names[rows.rows[0].suspected] == "1_trouser"
    assert not len(window.state.selection), "nobody has chosen the row that is framed"
    first = panel.table.visualRect(panel.table.model().index(0, 0)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=first)
    assert window.state.selection.tolist() == [wrong]
    before = read_decisions(folder, dataset.ids, dataset.class_names)
    QTest.keyClick(panel.table, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: panel.undo_button.isEnabled(), timeout=LONG)
    after = read_decisions(folder, dataset.ids, dataset.class_names)
    assert (before, set(after)) == ({}, {wrong})
    panel.view.setCurrentIndex(2)
    group = rows.rows[0].items
    assert {Path(dataset.ids[item]).name for item in group} >= {"again.png"}
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: "2 decided" in panel.words.text(), timeout=LONG)
    assert set(read_decisions(folder, dataset.ids, dataset.class_names)) == {wrong, *group[1:]}
    QTest.keyClick(panel.table, Qt.Key.Key_U)
    qtbot.waitUntil(lambda: "1 decided" in panel.words.text(), timeout=LONG)
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: session.run_folder not in (None, folder) and session.state == "finished", timeout=LONG)
    assert session.run_folder is not None
    assert read_decisions(session.run_folder, dataset.ids, dataset.class_names) == after
    qtbot.waitUntil(lambda: "1 decided" in panel.words.text(), timeout=LONG)
