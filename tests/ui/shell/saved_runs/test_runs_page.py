from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.engine.run_curves import curves_of
from explorer.engine.run_rows import glance_again
from explorer.engine.run_table import RunTable
from explorer.engine.session.saved_runs import RunTableFound
from explorer.runs.notes import RunNotes
from explorer.ui.shell.saved_runs.run_columns import TAGS
from explorer.ui.shell.saved_runs.runs_model import SPOKEN, TRAINS
from explorer.ui.shell.saved_runs.runs_page import LOOKING, NONE_FOUND, NONE_SO_FAR, RunsPage
from tests.ui.shell.saved_runs.test_saved_runs import table_of


def test_an_empty_page_says_why(page: RunsPage, tmp_path: Path) -> None:
    assert page.nothing.text() == LOOKING
    assert not page.details.isEnabled()
    page.show_table(RunTableFound(tmp_path, RunTable(())))
    assert page.nothing.isVisible()
    assert page.nothing.text().startswith(NONE_SO_FAR)
    found = table_of(tmp_path, 2)
    page.show_table(found)
    assert page.view.isVisible()
    assert page.found.text() == "2 runs"
    page.search.setText("not there")
    assert page.nothing.text() == NONE_FOUND
    assert page.found.text() == "0 of 2 runs"
    page.search.clear()
    page.show_table(dataclasses.replace(found, left=1))
    assert page.found.text() == "2 runs, 1 to be read"


def test_what_is_typed_is_kept_once_it_is_left(qtbot: QtBot, page: RunsPage, tmp_path: Path) -> None:
    found = table_of(tmp_path, 2)
    page.show_table(found)
    details, run = page.details, glance_again(found.table.rows[0])
    assert details.run == run
    QTest.keyClick(page.view, Qt.Key.Key_F2)
    qtbot.waitUntil(details.name.hasFocus)
    QTest.keyClicks(details.name, "the one")
    with qtbot.waitSignal(page.noted) as noted:
        QTest.keyClick(details.name, Qt.Key.Key_Return)
    assert noted.args == [run, RunNotes(name="the one")]
    details.tags.setText("good, to show,")
    details.note.setPlainText("why")
    page.show_table(found)  # what is typed stays while the list is read again
    assert details.tags.text() == "good, to show,"
    with qtbot.waitSignal(page.noted) as noted:
        page.view.selectRow(1)
    assert noted.args == [run, RunNotes(name="the one", tags=("good", "to show"), note="why")]
    assert details.run == glance_again(found.table.rows[1])
    assert details.name.text() == ""
    with qtbot.assertNotEmitted(page.noted):
        details.keep()


def test_what_could_not_be_kept_is_in_its_fields_when_its_run_is_shown_again(
    qtbot: QtBot, page: RunsPage, tmp_path: Path
) -> None:
    found = table_of(tmp_path, 2)
    page.show_table(found)
    details, run = page.details, glance_again(found.table.rows[0])
    typed = RunNotes(note="why")
    page.view.selectRow(1)
    details.put_back(run.path, typed)
    assert details.note.toPlainText() == ""
    with qtbot.assertNotEmitted(page.noted):
        page.view.selectRow(0)
    assert details.note.toPlainText() == "why"
    with qtbot.waitSignal(page.noted) as noted:
        page.view.selectRow(1)
    assert noted.args == [run, typed]
    page.view.selectRow(0)
    assert details.note.toPlainText() == ""  # it is kept by now, unless that is refused again


def test_a_note_is_kept_once_where_the_run_is_deleted_next(qtbot: QtBot, page: RunsPage, tmp_path: Path) -> None:
    found = table_of(tmp_path, 2)
    page.show_table(found)
    details, kept = page.details, list[RunNotes]()
    details.noted.connect(lambda _run, notes: kept.append(notes))
    details.note.setFocus()
    qtbot.waitUntil(details.note.hasFocus)
    QTest.keyClicks(details.note, "of no use")
    qtbot.mouseClick(details.buttons["delete"], Qt.MouseButton.LeftButton)
    page.view.setFocus()
    page.show_table(dataclasses.replace(found, table=RunTable(found.table.rows[1:])))
    assert details.run == glance_again(found.table.rows[1])
    assert kept == [RunNotes(note="of no use")]


def test_runs_that_cannot_be_read_are_told_below_the_table(page: RunsPage, tmp_path: Path) -> None:
    found = table_of(tmp_path, 2)
    page.show_table(found)
    assert not page.unread.isVisible()
    reasons = (f"{tmp_path}/run.json cannot be opened: it is damaged", "other")
    page.show_table(dataclasses.replace(found, table=RunTable(found.table.rows, 2, reasons)))
    assert page.unread.isVisible()
    assert page.unread.text() == f"Not in the table since unreadable: 2 runs. {reasons[0]}"
    assert "other" in page.unread.toolTip()
    page.show_table(found)
    assert not page.unread.isVisible()


def changed(found: RunTableFound, **values: object) -> RunTableFound:
    rows = [dataclasses.replace(row, **values) for row in found.table.rows]  # type: ignore[arg-type]
    return dataclasses.replace(found, table=RunTable(rows))


def test_what_cannot_be_kept_and_damaged_notes_are_told(qtbot: QtBot, page: RunsPage, tmp_path: Path) -> None:
    page.show_table(changed(table_of(tmp_path, 1), problem="notes.json is damaged"))
    assert page.details.problem.isVisible()
    page.details.tags.setText("x" * 51)
    with qtbot.waitSignal(page.refused) as refused:
        page.details.keep()
    assert "a tag 50" in refused.args[0]
    page.details.tags.clear()


def test_a_run_of_a_script_is_called_by_its_network_and_is_not_gone_on_with(page: RunsPage, tmp_path: Path) -> None:
    page.show_table(changed(table_of(tmp_path, 1), script="Net"))
    assert page.details.facts.text().startswith("Net by a script of its own on ")
    assert "encoder" not in page.details.facts.text()
    assert not page.details.buttons["continue"].isEnabled()
    assert page.details.buttons["open"].isEnabled()


def test_buttons_and_keys_ask_for_what_they_say(qtbot: QtBot, page: RunsPage, tmp_path: Path) -> None:
    found = table_of(tmp_path, 1)
    page.show_table(found)
    for name, button in page.details.buttons.items():
        with qtbot.waitSignal(page.asked) as asked:
            button.click()
        assert asked.args == [name, glance_again(found.table.rows[0])]
        assert button.toolTip()
    for key, name in ((Qt.Key.Key_Return, "open"), (Qt.Key.Key_Delete, "delete")):
        with qtbot.waitSignal(page.asked) as asked:
            QTest.keyClick(page.view, key)
        assert asked.args[0] == name
    with qtbot.waitSignal(page.left):
        QTest.keyClick(page.view, Qt.Key.Key_Escape)


def test_all_runs_are_marked_where_the_window_has_these_keys_for_the_map(
    qtbot: QtBot, page: RunsPage, tmp_path: Path
) -> None:
    page.show_table(table_of(tmp_path, 3))
    selected: list[str] = []
    QShortcut(QKeySequence.StandardKey.SelectAll, page, lambda: selected.append("the items of the map"))
    page.activateWindow()
    for inside in (page.view, page.back):
        page.view.clearSelection()
        inside.setFocus()
        qtbot.waitUntil(inside.hasFocus)
        QTest.keyClick(inside, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        assert len(page.view.marked_rows) == 3
    assert not selected


def test_tags_are_typed_in_their_cell_and_what_cannot_be_kept_is_refused(
    qtbot: QtBot, page: RunsPage, tmp_path: Path
) -> None:
    page.show_table(table_of(tmp_path, 1))
    index = page.view.runs.index(0, page.view.runs.column_of(TAGS))
    with qtbot.waitSignal(page.noted) as noted:
        page.view.runs.setData(index, "good, <b>new")
    assert noted.args[1].tags == ("good", "<b>new")
    with qtbot.waitSignal(page.refused), qtbot.assertNotEmitted(page.noted):
        page.view.runs.setData(index, "x" * 51)


def test_marked_runs_are_compared_saved_deleted_and_drawn_over_each_other(
    qtbot: QtBot, page: RunsPage, tmp_path: Path
) -> None:
    found = table_of(tmp_path, 3)
    rows = found.table.rows
    page.show_table(found)
    assert not page.compare.isEnabled()
    page.view.mark([rows[0].path, rows[2].path])
    older, newer = sorted((rows[0], rows[2]), key=lambda row: row.written)
    with qtbot.waitSignal(page.compared) as compared:
        page.compare.click()
    assert compared.args == [[glance_again(older), glance_again(newer)]]
    with qtbot.waitSignal(page.duelled) as duelled:
        page.duel.click()
    assert [duelled.args] == compared.args
    with qtbot.waitSignal(page.exported) as exported:
        page.export.click()
    assert exported.args == [[rows[0], rows[2]]]
    page.view.mark([row.path for row in rows])
    assert not page.duel.isEnabled()
    with qtbot.waitSignal(page.compared) as compared:
        page.compare.click()
    assert compared.args == [[glance_again(row) for row in sorted(rows, key=lambda row: row.written)]]
    page.view.mark([rows[0].path, rows[2].path])
    with qtbot.waitSignal(page.removed) as removed:
        QTest.keyClick(page.view, Qt.Key.Key_Delete)
    assert [run.path.name for run in removed.args[0]] == [rows[0].name, rows[2].name]
    assert page.details.marked.text().startswith("2 runs are marked")
    with qtbot.waitSignal(page.removed) as by_button:
        page.details.buttons["delete"].click()
    assert (by_button.args, page.details.buttons["delete"].text()) == (removed.args, "Delete 2 runs")
    with qtbot.waitSignal(page.curves_wanted) as wanted:
        page.overlay.click()
    assert wanted.args == [[Path(rows[0].path), Path(rows[2].path)]]
    page.show_curves([curves_of(path) for path in wanted.args[0]])
    assert page.curves is not None
    assert page.curves.lines.keys() == {rows[0].path, rows[2].path}
    assert page.curves.key.count() == 2
    assert {page.curves.what.itemData(place) for place in range(page.curves.what.count())} == {"recall@1", "loss"}
    x, y = page.curves.lines[rows[0].path].getData()
    assert (list(x), [round(float(value), 2) for value in y]) == ([10, 20], [0.51, 0.52])
    page.view.mark([rows[1].path])
    assert not page.compare.isEnabled()
    assert (page.details.marked.isHidden(), page.details.buttons["delete"].text()) == (True, "Delete")


def test_the_row_of_a_run_that_trains_says_so(page: RunsPage, tmp_path: Path) -> None:
    found = table_of(tmp_path, 2)
    page.show_table(found)
    page.follow_training(trains=True, folders=[Path(found.table.rows[1].path)])
    spoken = [page.view.runs.data(page.view.runs.index(row, 0), SPOKEN) for row in (0, 1)]
    assert [TRAINS in str(words) for words in spoken] == [False, True]
    before = page.view.grab().toImage()
    page.follow_training(trains=False, folders=[])
    assert page.view.grab().toImage() != before


def test_runs_are_grouped_by_what_their_recipes_say(page: RunsPage, tmp_path: Path) -> None:
    page.show_table(changed(table_of(tmp_path, 2), data="d"))
    page.group.setCurrentIndex(page.group.findData("data"))
    page.group.activated.emit(page.group.currentIndex())
    assert page.view.runs.data(page.view.runs.index(0, 0)) == "▾ Data: d · 2 runs · recall@1 mean 0.520, best 0.520"
    assert page.view.columnSpan(0, 0) == len(page.view.runs.columns)
    page.view.runs.fold(0)
    assert (page.view.runs.rowCount(), page.found.text()) == (1, "2 runs")
