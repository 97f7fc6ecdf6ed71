from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.engine.saved_runs import RunsFound, saved_runs
from explorer.runs.notes import RunNotes
from explorer.ui.shell.runs_page import LOOKING, NONE_FOUND, NONE_SO_FAR, RunsPage
from tests.ui.shell.test_saved_runs import runs_of


def test_an_empty_page_says_why(page: RunsPage, tmp_path: Path) -> None:
    assert page.nothing.text() == LOOKING
    assert not page.details.isEnabled()
    page.show_runs(RunsFound(tmp_path, ()))
    assert page.nothing.isVisible()
    assert page.nothing.text().startswith(NONE_SO_FAR)
    page.show_runs(runs_of(tmp_path, 2))
    assert page.view.isVisible()
    assert page.found.text() == "2 runs"
    page.search.setText("not there")
    assert page.nothing.text() == NONE_FOUND
    assert page.found.text() == "0 of 2 runs"
    page.search.clear()
    page.show_runs(RunsFound(tmp_path, saved_runs(tmp_path), left=1, reading=True))
    assert page.found.text() == "2 runs, 1 to be read"


def test_what_is_typed_is_kept_once_it_is_left(qtbot: QtBot, page: RunsPage, tmp_path: Path) -> None:
    found = runs_of(tmp_path, 2)
    page.show_runs(found)
    details, run = page.details, found.runs[0]
    assert details.run is run
    QTest.keyClick(page.view, Qt.Key.Key_F2)
    qtbot.waitUntil(details.name.hasFocus)
    QTest.keyClicks(details.name, "the one")
    with qtbot.waitSignal(page.noted) as noted:
        QTest.keyClick(details.name, Qt.Key.Key_Return)
    assert noted.args == [run, RunNotes(name="the one")]
    details.tags.setText("good, to show,")
    details.note.setPlainText("why")
    page.show_runs(found)  # what is typed stays while the list is read again
    assert details.tags.text() == "good, to show,"
    with qtbot.waitSignal(page.noted) as noted:
        page.view.setCurrentIndex(page.view.runs.index(1))
    assert noted.args == [run, RunNotes(name="the one", tags=("good", "to show"), note="why")]
    assert details.run is found.runs[1]
    assert details.name.text() == ""
    with qtbot.assertNotEmitted(page.noted):
        details.keep()


def test_what_cannot_be_kept_and_damaged_notes_are_told(qtbot: QtBot, page: RunsPage, tmp_path: Path) -> None:
    found = runs_of(tmp_path, 1)
    page.show_runs(RunsFound(tmp_path, (dataclasses.replace(found.runs[0], problem="notes.json is damaged"),)))
    assert page.details.problem.isVisible()
    page.details.tags.setText("x" * 51)
    with qtbot.waitSignal(page.refused) as refused:
        page.details.keep()
    assert "a tag 50" in refused.args[0]
    page.details.tags.clear()


def test_a_run_of_a_script_is_called_by_its_network_and_is_not_gone_on_with(page: RunsPage, tmp_path: Path) -> None:
    run = dataclasses.replace(runs_of(tmp_path, 1).runs[0], script="Net")
    page.show_runs(RunsFound(tmp_path, (run,)))
    assert page.details.facts.text().startswith("Net by a script of its own on ")
    assert "encoder" not in page.details.facts.text()
    assert not page.details.buttons["continue"].isEnabled()
    assert page.details.buttons["open"].isEnabled()


def test_buttons_and_keys_ask_for_what_they_say(qtbot: QtBot, page: RunsPage, tmp_path: Path) -> None:
    found = runs_of(tmp_path, 1)
    page.show_runs(found)
    for name, button in page.details.buttons.items():
        with qtbot.waitSignal(page.asked) as asked:
            button.click()
        assert asked.args == [name, found.runs[0]]
        assert button.toolTip()
    for key, name in ((Qt.Key.Key_Return, "open"), (Qt.Key.Key_Delete, "delete")):
        with qtbot.waitSignal(page.asked) as asked:
            QTest.keyClick(page.view, key)
        assert asked.args[0] == name
    with qtbot.waitSignal(page.left):
        QTest.keyClick(page.view, Qt.Key.Key_Escape)
