from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from explorer.engine.run_rows import row_of
from explorer.engine.run_table import RunTable
from explorer.engine.run_trash import Deleted
from explorer.engine.saved_runs import DeletedRun
from explorer.engine.session.saved_runs import RunTableFound
from explorer.ui.shell.saved_runs.deleted_runs import DeletedRuns, dated, named
from explorer.ui.shell.saved_runs.runs_page import RunsPage
from explorer.ui.shell.saved_runs.saved_runs import told
from tests.ui.shell.saved_runs.test_saved_runs import runs_of


def gone(name: str) -> DeletedRun:
    return DeletedRun(Deleted(Path("/runs/.trash") / name, 1_000_000.0, 2_000_000), None)


def test_the_page_says_until_when_a_deleted_run_comes_back(qtbot: QtBot, page: RunsPage, tmp_path: Path) -> None:
    found = runs_of(tmp_path, 1)
    page.show_deleted(found.deleted)
    assert not page.trash.isVisible()
    with qtbot.assertNotEmitted(page.taken_back):
        QTest.keyClick(page.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    one, two = gone("o&ne"), gone("two")
    page.show_deleted((one,))
    assert page.trash.words.text() == f"Deleted, kept until {dated(one)}: o&ne"
    assert "Jan 1970" in dated(one)
    with qtbot.waitSignal(page.taken_back) as back:
        page.trash.undo.click()
    assert back.args == [one]
    page.show_deleted((one, two))
    assert page.trash.words.text() == (f"Deleted, each kept for 7 days: o&ne (until {dated(one)}) and 1 other run")
    page.trash.undo.click()
    assert page.trash.menu.isVisible()
    page.trash.menu.close()
    with qtbot.waitSignal(page.taken_back) as back:
        page.trash.menu.actions()[1].trigger()
    assert back.args == [two]
    with qtbot.waitSignal(page.taken_back) as back:
        QTest.keyClick(page.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert back.args == [one]
    with qtbot.waitSignal(page.taken_back) as back:  # the focus may be on a button after that was pressed
        QTest.keyClick(page.columns, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert back.args == [one]
    QTest.keyRelease(page.columns, Qt.Key.Key_Control)  # else it stays held for the tests after this one


def test_who_deletes_by_the_button_goes_on_in_the_table(qtbot: QtBot, page: RunsPage, tmp_path: Path) -> None:
    found = runs_of(tmp_path, 2)
    page.show_table(RunTableFound(tmp_path, RunTable([row_of(run, {}) for run in found.runs])))
    page.columns.setFocus()
    with qtbot.waitSignal(page.asked) as asked:
        page.details.asked.emit("delete", found.runs[0])
    assert asked.args == ["delete", found.runs[0]]
    assert page.focusWidget() is page.view


def test_deleted_runs_of_one_recipe_are_told_apart(page: RunsPage, tmp_path: Path) -> None:
    found = runs_of(tmp_path, 2)
    same = [replace(run, recipe=found.runs[0].recipe, data="d", notes=found.runs[0].notes) for run in found.runs]
    deleted = [replace(gone(f"t{at}"), glance=run) for at, run in enumerate(same)]
    page.show_deleted(deleted)
    lines = [action.text() for action in page.trash.menu.actions()]
    assert named(deleted[0]) == named(deleted[1])
    for at, run in enumerate(same):
        assert f"folder t{at}" in lines[at]
        assert told(run) in lines[at]


@pytest.mark.parametrize(("answer", "emptied"), [("Remove for good", True), ("Keep them", False)])
def test_nothing_is_removed_for_good_before_a_person_says_so(
    qtbot: QtBot, page: RunsPage, answer: str, emptied: bool
) -> None:
    page.show_deleted((gone("one"), gone("two")))
    said: list[bool] = []
    page.emptied.connect(lambda: said.append(True))
    trash: DeletedRuns = page.trash
    assert trash.empty.text() == "Empty now, 4.0 MB…"
    trash.empty.click()
    box = trash.question
    assert isinstance(box, QMessageBox)
    assert box.text() == "Remove 2 deleted runs for good?"
    assert "4.0 MB" in box.informativeText()
    next(button for button in box.buttons() if button.text() == answer).click()
    qtbot.waitUntil(lambda: trash.question is None)
    assert bool(said) is emptied
