from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from explorer.engine.run_rows import row_of
from explorer.engine.run_table import RunTable, read_table
from explorer.engine.saved_runs import RunsFound, glance_of, saved_runs
from explorer.engine.session.saved_runs import RunTableFound
from explorer.runs.notes import RunNotes, write_notes
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.saved_runs.run_columns import columns_of
from explorer.ui.shell.saved_runs.run_details import facts_of
from explorer.ui.shell.saved_runs.saved_runs import headed, paint_small_map, titled, told
from explorer.ui.shell.start.start_page import RUNS
from explorer.ui.widgets.theme import DARK, LIGHT
from tests.engine.test_saved_runs import written
from tests.helpers.runs import new_run
from tests.ui.conftest import LONG


def runs_of(folder: Path, number: int) -> RunsFound:
    for place in range(number):
        written(folder / f"run-{place}")
    return RunsFound(folder, saved_runs(folder))


def table_of(folder: Path, number: int) -> RunTableFound:
    runs_of(folder, number)
    return RunTableFound(folder, read_table(folder))


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
    assert row.details.text().startswith("recall@1 0.520 of step 20 · step 30 · ")
    assert row.height() >= row.title.height() + row.details.height() + 8
    assert page.runs.rows[0].geometry().bottom() < row.y()
    with qtbot.waitSignal(page.open_spec) as told_to:
        QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    assert told_to.args == [str(row.run.path)]


def test_figures_of_an_earlier_step_than_the_saved_one_say_of_which(tmp_path: Path) -> None:
    run = runs_of(tmp_path, 1).runs[0]
    assert "recall@1 0.520 of step 20\n30 steps" in facts_of(run)
    assert "recall@1 0.520\n" in facts_of(replace(run, measured=30))
    table = read_table(tmp_path)
    column = next(column for column in columns_of(table) if column.key == "measured")
    assert (column.text(table.rows[0]), column.usual) == ("step 20", True)
    again = RunTable([replace(row, measured=row.step) for row in table.rows])
    assert "measured" not in {column.key for column in columns_of(again)}


def test_keys_of_the_map_belong_to_the_page_that_covers_it(qtbot: QtBot, start: MainWindow, tmp_path: Path) -> None:
    every, invert = start.commands["edit.select_all"], start.commands["edit.invert"]
    start.runs.open_page()
    page = start.runs.page
    assert page is not None
    page.show_table(table_of(tmp_path, 3))
    every.setEnabled(True)  # as whenever data are open
    start.activateWindow()
    qtbot.waitUntil(page.view.hasFocus)
    QTest.keyClick(page.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(page.view.marked_rows) == 3
    assert not every.isEnabled()
    start.runs.close_page()
    assert every.isEnabled()
    assert not invert.isEnabled()  # what each was told stays


def test_the_same_runs_keep_their_rows_and_one_that_is_named_gets_another(start: MainWindow, tmp_path: Path) -> None:
    found = runs_of(tmp_path, 2)
    start.start_page.show_runs(found)
    rows = list(start.start_page.runs.rows)
    start.start_page.show_runs(RunsFound(tmp_path, saved_runs(tmp_path)))
    assert start.start_page.runs.rows == rows
    write_notes(found.runs[0].path, RunNotes(name="<b>the one</b>"))
    start.start_page.show_runs(RunsFound(tmp_path, saved_runs(tmp_path)))
    assert start.start_page.runs.rows[0].title.text() == "<b>the one</b>"


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_small_map_is_painted_on_the_background_of_a_map(qtbot: QtBot, theme: object) -> None:
    theme = LIGHT if theme is LIGHT else DARK
    picture, image = QPixmap(20, 20), QImage(60, 20, QImage.Format.Format_RGB32)
    picture.fill(QColor("#e69f00"))
    painter = QPainter(image)
    paint_small_map(painter, theme, None, QRectF(0, 0, 20, 20))
    paint_small_map(painter, theme, picture, QRectF(40, 0, 20, 20))
    painter.end()
    assert [image.pixelColor(x, 10).name() for x in (10, 50)] == [theme.colour("background").name(), "#e69f00"]


def test_a_run_is_told_in_words(tmp_path: Path) -> None:
    new_run(tmp_path / "begun").close()
    begun = glance_of(tmp_path / "begun")
    assert begun is not None
    assert told(begun).startswith("no recall yet · step 0 · ")
    assert headed(begun) == titled(begun)


def test_runs_are_found_by_the_menu_and_their_small_maps_by_the_start_page(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    written(tmp_path / "runs" / "first")
    window = open_window()
    page = window.start_page
    qtbot.waitUntil(lambda: bool(page.runs.rows), timeout=LONG)
    row = page.runs.rows[0]
    qtbot.waitUntil(lambda: page.runs.pictures.picture(row.run) is not None, timeout=LONG)
    image = row.picture.pixmap().toImage()
    assert "#e69f00" in {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    menu = QMenu()
    window.opener.fill_recents(menu)
    assert menu.actions()[0].text().startswith(titled(row.run))


def test_a_run_that_was_stopped_says_so(tmp_path: Path) -> None:
    run = runs_of(tmp_path, 1).runs[0]
    stopped = replace(run, epochs=4, planned=31)
    assert "stopped in epoch 5 of 31" in told(stopped)
    assert "stopped" not in told(replace(run, epochs=4))


def test_a_branch_is_told_as_one(tmp_path: Path) -> None:
    run = runs_of(tmp_path, 1).runs[0]
    assert not [column for column in columns_of(RunTable([row_of(run, {})])) if column.key == "parent" and column.usual]
    branch = replace(run, parent="digits@1200")
    assert told(branch).endswith(" · branch of digits at step 1,200")
    assert "\nbranch of digits at step 1,200\n" in facts_of(branch)
    row = row_of(branch, {})
    (column,) = [column for column in columns_of(RunTable([row])) if column.key == "parent"]
    assert (column.usual, column.text(row)) == (True, "step 1,200 of digits")
