from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from explorer.engine.saved_runs import RunsFound, saved_runs
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.saved_runs import RunsDialog, small_map, titled, told
from explorer.ui.shell.start_page import RUNS
from explorer.ui.widgets.theme import DARK, LIGHT
from tests.engine.test_saved_runs import written
from tests.helpers.runs import new_run
from tests.ui.conftest import LONG


def runs_of(folder: Path, number: int) -> RunsFound:
    for place in range(number):
        written(folder / f"run-{place}")
    return RunsFound(folder, saved_runs(folder))


def test_the_start_page_lists_the_newest_runs_and_opens_one(qtbot: QtBot, start: MainWindow, tmp_path: Path) -> None:
    page, found = start.start_page, runs_of(tmp_path, RUNS + 1)
    assert page.runs.nothing.isVisible()
    places = [page.zone.y(), page.zone.height()]
    page.show_runs(found)
    qtbot.waitUntil(lambda: page.runs.rows[-1].isVisible(), timeout=LONG)
    assert not page.runs.nothing.isVisible()
    assert [page.zone.y(), page.zone.height()] == places  # nothing that could be clicked has moved
    assert len(page.runs.rows) == RUNS
    assert page.all_button.isVisible()
    row = page.runs.rows[1]
    assert row.title.text() == "d · triplet 0.75 · hard"
    assert row.details.text().startswith("recall@1 0.520 · step 30 · ")
    assert row.height() >= row.title.height() + row.details.height() + 8
    assert page.runs.rows[0].geometry().bottom() < row.y()
    with qtbot.waitSignal(page.open_spec) as told_to:
        QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    assert told_to.args == [str(row.run.path)]


def test_the_same_runs_keep_their_rows(start: MainWindow, tmp_path: Path) -> None:
    found = runs_of(tmp_path, 2)
    start.start_page.show_runs(found)
    rows = list(start.start_page.runs.rows)
    start.start_page.show_runs(RunsFound(tmp_path, saved_runs(tmp_path)))
    assert start.start_page.runs.rows == rows


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_small_map_is_drawn_whole_in_the_colours_of_its_classes(qtbot: QtBot, tmp_path: Path, theme: object) -> None:
    theme = LIGHT if theme is LIGHT else DARK
    run = saved_runs(runs_of(tmp_path, 1).folder)[0]
    image = small_map(run, theme, 2.0).toImage()
    seen = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert {theme.colour("background").name(), theme.colour("muted").name(), "#e69f00"} <= seen
    edges = {image.pixelColor(x, y).name() for x in range(image.width()) for y in (0, image.height() - 1)}
    assert edges == {theme.colour("background").name()}
    new_run(tmp_path / "begun").close()
    begun = next(run for run in saved_runs(tmp_path) if run.path.name == "begun")
    assert not small_map(begun, theme, 1.0).isNull()
    assert told(begun).startswith("no recall yet · step 0 · ")


def test_runs_are_found_by_the_menu_the_list_and_the_dialog(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    run = written(tmp_path / "runs" / "first")
    window = open_window()
    qtbot.waitUntil(lambda: bool(window.start_page.runs.rows), timeout=LONG)
    menu = QMenu()
    window.opener.fill_recents(menu)
    assert menu.actions()[0].text().startswith(titled(window.start_page.runs.rows[0].run))
    window.commands["file.runs"].trigger()
    dialog = window.findChild(QDialog, "runs-dialog")
    assert isinstance(dialog, RunsDialog)
    assert [row.run.path for row in dialog.list.rows] == [run]
    assert str(run.parent) in dialog.where.text()
    dialog._browse()
    files = window.findChild(QFileDialog, "file-dialog")
    assert isinstance(files, QFileDialog)
    assert Path(files.directory().absolutePath()) == run.parent  # and not where something was exported last
    files.reject()
