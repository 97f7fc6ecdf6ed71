from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.engine.run_rows import RunRow, glance_again
from explorer.engine.run_table import RunTable, read_table
from explorer.engine.saved_runs import RunGlance
from explorer.ui.shell.saved_runs.newest_runs import RunPictures
from explorer.ui.shell.saved_runs.runs_view import RunsView
from explorer.ui.widgets.text import plain_tip
from explorer.ui.widgets.theme import ThemeManager
from tests.engine.test_saved_runs import written

MANY = 10_000


@pytest.fixture
def one(tmp_path: Path) -> RunRow:
    return read_table(written(tmp_path / "one").parent).rows[0]


@pytest.fixture
def view(qtbot: QtBot, themes: ThemeManager) -> RunsView:
    made = RunsView(themes, RunPictures(themes))
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    return made


def runs(one: RunRow, number: int) -> list[RunRow]:
    return [
        dataclasses.replace(
            one,
            path=f"/runs/run-{place:05d}",
            written=1e9 - place,
            metrics={} if place == 1 else {"recall@1": place / number},
            bytes=(place * 7919) % 10_000,
            step=place % 97,
            name=f"Name {number - place}",
            tags=("good",) if place % 2 else (),
        )
        for place in range(number)
    ]


def test_ten_thousand_runs_ask_only_for_the_small_maps_in_sight(qtbot: QtBot, view: RunsView, one: RunRow) -> None:
    asked = set[Path]()
    pictures = RunPictures(QObject(view))
    plain = pictures.picture

    def picture(run: RunGlance) -> object:
        asked.add(run.path)
        return plain(run)

    view.itemDelegateForColumn(0)._pictures.picture = picture  # type: ignore[attr-defined]
    view.show_table(RunTable(runs(one, MANY)))
    view.grab()
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    view.grab()
    assert 0 < len(asked) < 60
    assert Path(f"/runs/run-{MANY - 1:05d}") in asked


def sort(view: RunsView, key: str) -> None:
    view.horizontalHeader().sectionClicked.emit(view.runs.column_of(key))


def test_they_are_found_by_words_and_sorted(view: RunsView, one: RunRow) -> None:
    every = runs(one, 8)
    view.show_table(RunTable(every))
    assert view.runs.runs == every
    for key, first, last in (("recall@1", 7, 1), ("name", 7, 0), ("step", 7, 0)):
        sort(view, key)
        assert (view.runs.runs[0], view.runs.runs[-1]) == (every[first], every[last]), key
    sort(view, "step")
    assert view.runs.runs == every
    title = view.runs.headerData(view.runs.column_of("step"), Qt.Orientation.Horizontal)
    assert title == "Steps ▴"
    view.runs.filter("GOOD name triplet")
    assert view.runs.runs == every[1::2]
    view.runs.narrow({every[3].path})
    assert view.runs.runs == [every[3]]
    view.runs.narrow(None)
    view.runs.filter("recall@1>0.8")
    assert view.runs.runs == [every[7]]
    view.runs.filter("nothing")
    assert view.runs.rowCount() == 0
    assert view.run is None


def test_columns_are_chosen_and_keep_their_width(view: RunsView, one: RunRow) -> None:
    view.show_table(RunTable(runs(one, 3)))
    steps, recall = view.runs.column_of("step"), view.runs.column_of("recall@1")
    assert view.isColumnHidden(steps)
    assert str(view.runs.data(view.runs.index(2, recall))).startswith("0.667  0.")
    chosen: list[dict[str, bool]] = []
    view.columns_chosen.connect(chosen.append)
    view.show_column("step", True)
    view.show_column("recall@1", False)
    assert chosen[-1] == {"step": True, "recall@1": False}
    view.setColumnWidth(steps, 123)
    view.show_table(RunTable(runs(one, 4)))
    assert [view.isColumnHidden(steps), view.isColumnHidden(recall), view.columnWidth(steps)] == [False, True, 123]


def test_what_a_run_tells_by_itself_has_one_column_also_where_recipes_differ_in_it(view: RunsView, one: RunRow) -> None:
    some = runs(one, 2)
    view.show_table(
        RunTable([some[0], dataclasses.replace(some[1], recipe={**one.recipe, "epochs": 7, "device": "cpu"})])
    )
    assert {"epochs", "device"} <= set(view.runs.table.columns)
    keys = [column.key for column in view.runs.columns]
    assert len(keys) == len(set(keys))
    assert view.is_shown("epochs")


def test_the_chosen_run_stays_chosen_and_after_a_deleted_one_comes_the_next(view: RunsView, one: RunRow) -> None:
    every = runs(one, 5)
    view.show_table(RunTable(every))
    assert view.run == glance_again(every[0])
    view.selectRow(2)
    sort(view, "name")
    assert view.run == glance_again(every[2])
    assert view.marked_rows == [every[2]]
    sort(view, "name")
    view.runs.sort(view.runs.column_of("written"), Qt.SortOrder.DescendingOrder)
    view.show_table(RunTable([run for run in every if run is not every[2]]))
    assert view.run == glance_again(every[3])
    assert view.marked_rows == [every[3]]


def test_a_run_is_chosen_alone_while_ctrl_is_held_after_a_shortcut(view: RunsView, one: RunRow) -> None:
    every = runs(one, 3)
    view.show_table(RunTable(every))
    QTest.keyPress(view, Qt.Key.Key_Control)
    QTest.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    view.choose(every[1].path)
    QTest.keyRelease(view, Qt.Key.Key_Control)
    assert (view.run, view.marked_rows) == (glance_again(every[1]), [every[1]])


def test_a_run_that_is_brought_back_is_chosen_once_it_is_there(view: RunsView, one: RunRow) -> None:
    every = runs(one, 4)
    view.show_table(RunTable(every[1:]))
    view.selectRow(2)
    view.choose_once_there(every[0].path)
    assert view.marked_rows == [every[3]]
    view.show_table(RunTable(every[1:]))
    view.show_table(RunTable(every))
    assert (view.run, view.marked_rows) == (glance_again(every[0]), [every[0]])
    view.selectRow(1)
    view.show_table(RunTable(every))
    assert view.marked_rows == [every[1]], "once"


def test_marked_runs_stay_marked_and_the_lines_of_groups_never_are(view: RunsView, one: RunRow) -> None:
    every = [dataclasses.replace(run, data="ab"[place % 2]) for place, run in enumerate(runs(one, 6))]
    view.show_table(RunTable(every))
    view.mark([every[1].path, every[4].path])
    view.runs.group_by("data")
    assert view.marked_rows == [every[4], every[1]]
    view.selectAll()
    assert view.marked_rows == [*every[::2], *every[1::2]]
    view.setCurrentIndex(view.runs.index(0, 0))
    assert view.run is None
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert len(view.runs.runs) == 3


def test_keys(qtbot: QtBot, view: RunsView, one: RunRow) -> None:
    every = runs(one, 3)
    view.show_table(RunTable(every))
    view.selectRow(1)
    with qtbot.waitSignal(view.opened) as opened:
        QTest.keyClick(view, Qt.Key.Key_Return)
    with qtbot.waitSignal(view.deleted) as deleted:
        QTest.keyClick(view, Qt.Key.Key_Delete)
    assert [opened.args, deleted.args] == [[glance_again(every[1])], [[glance_again(every[1])]]]
    with qtbot.waitSignal(view.renamed):
        QTest.keyClick(view, Qt.Key.Key_F2)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.run == glance_again(every[2])


def test_a_screen_reader_hears_all_of_a_row_and_markup_is_plain(view: RunsView, one: RunRow) -> None:
    named = dataclasses.replace(one, name="<b>x", tags=("good",), note="<i>why")
    view.show_table(RunTable([named]))
    index = view.runs.index(0, 0)
    told = str(index.data(Qt.ItemDataRole.AccessibleTextRole))
    assert told.startswith(
        "<b>x, d · triplet 0.75 · hard, recall@1: 0.520  0.349–0.686, Measured at: step 20, Steps: 30, "
    )
    assert "Tags: good, Note: <i>why" in told
    assert index.data(Qt.ItemDataRole.ToolTipRole) == plain_tip(f"{one.path}\n<i>why")


def test_a_row_is_read_again_where_it_stands_and_keeps_its_small_map_meanwhile(
    qtbot: QtBot, view: RunsView, one: RunRow
) -> None:
    every = runs(one, 5)
    view.show_table(RunTable(every))
    view.selectRow(2)
    row = dataclasses.replace(every[2], step=777, written=2e9)
    with qtbot.assertNotEmitted(view.runs.modelReset), qtbot.waitSignal(view.runs.dataChanged) as told:
        view.runs.refresh(row)
    assert told.args[0].row() == 2
    assert view.run == glance_again(row)
    view.runs.refresh(dataclasses.replace(one, path="/elsewhere"))
    assert len(view.runs.runs) == 5
    view.runs.filter("Name")
    assert row in view.runs.runs

    many, later = [glance_again(run) for run in every], glance_again(row)
    pictures = RunPictures(QObject(view))
    pictures.picture(many[2])
    pictures._reading = {many[2].path: many[2].seconds}
    pictures._take([(many[2].path, np.full((120, 168, 4), 255, np.uint8))])
    assert pictures.picture(many[2]) is not None
    assert pictures.picture(later) is pictures.picture(many[2])
