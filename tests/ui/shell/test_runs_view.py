from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.engine.saved_runs import RunGlance, glance_of
from explorer.runs.notes import RunNotes
from explorer.ui.shell.runs_view import SORTS, RunsView
from explorer.ui.shell.saved_runs import RunPictures
from explorer.ui.widgets.text import plain_tip
from explorer.ui.widgets.theme import ThemeManager
from tests.engine.test_saved_runs import written

MANY = 10_000


@pytest.fixture
def one(tmp_path: Path) -> RunGlance:
    found = glance_of(written(tmp_path / "one"))
    assert found is not None
    return found


@pytest.fixture
def view(qtbot: QtBot, themes: ThemeManager) -> RunsView:
    made = RunsView(themes, RunPictures(themes))
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    return made


def runs(one: RunGlance, number: int) -> list[RunGlance]:
    return [
        dataclasses.replace(
            one,
            path=Path(f"/runs/run-{place:05d}"),
            seconds=1e9 - place,
            recall=None if place == 1 else place / number,
            size=(place * 7919) % 10_000,
            step=place % 97,
            notes=RunNotes(name=f"Name {number - place}", tags=("good",) if place % 2 else ()),
        )
        for place in range(number)
    ]


def test_ten_thousand_runs_ask_only_for_the_small_maps_in_sight(qtbot: QtBot, view: RunsView, one: RunGlance) -> None:
    asked = set[Path]()
    pictures = RunPictures(QObject(view))
    plain = pictures.picture

    def picture(run: RunGlance) -> object:
        asked.add(run.path)
        return plain(run)

    view.itemDelegate()._pictures.picture = picture  # type: ignore[attr-defined]
    view.show_runs(runs(one, MANY))
    view.grab()
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    view.grab()
    assert 0 < len(asked) < 40
    assert Path(f"/runs/run-{MANY - 1:05d}") in asked


def test_they_are_found_by_words_and_sorted(view: RunsView, one: RunGlance) -> None:
    every = runs(one, 8)
    view.show_runs(every)
    assert view.runs.runs == every
    first = {"Name": 7, "Best recall first": 7, "Most steps first": 7, "Newest first": 0}
    for sort, place in first.items():
        view.runs.sort_by(sort)
        assert view.runs.runs[0] is every[place], sort
    assert {*first, "Largest first"} == set(SORTS)
    view.runs.filter("GOOD name triplet")
    assert view.runs.runs == every[1::2]
    view.runs.filter("nothing")
    assert view.runs.rowCount() == 0
    assert view.run is None


def test_the_chosen_run_stays_chosen_and_after_a_deleted_one_comes_the_next(view: RunsView, one: RunGlance) -> None:
    every = runs(one, 5)
    view.show_runs(every)
    assert view.run is every[0]
    view.setCurrentIndex(view.runs.index(2))
    view.runs.sort_by("Name")
    assert view.run is every[2]
    view.runs.sort_by("Newest first")
    view.show_runs([run for run in every if run is not every[2]])
    assert view.run is every[3]


def test_keys(qtbot: QtBot, view: RunsView, one: RunGlance) -> None:
    every = runs(one, 3)
    view.show_runs(every)
    view.setCurrentIndex(view.runs.index(1))
    with qtbot.waitSignal(view.opened) as opened:
        QTest.keyClick(view, Qt.Key.Key_Return)
    with qtbot.waitSignal(view.deleted) as deleted:
        QTest.keyClick(view, Qt.Key.Key_Delete)
    assert [opened.args, deleted.args] == [[every[1]], [every[1]]]
    with qtbot.waitSignal(view.renamed):
        QTest.keyClick(view, Qt.Key.Key_F2)
    with qtbot.waitSignal(view.taken_back):
        QTest.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.run is every[2]


def test_a_screen_reader_hears_all_of_a_row_and_markup_is_plain(view: RunsView, one: RunGlance) -> None:
    named = dataclasses.replace(one, notes=RunNotes(name="<b>x", tags=("good",), note="<i>why"))
    view.show_runs([named])
    index = view.runs.index(0)
    said = str(index.data(Qt.ItemDataRole.AccessibleTextRole))
    assert said.startswith("<b>x, d · triplet 0.75 · hard, recall@1 0.520 · step 30 · ")
    assert said.endswith(", good")
    assert index.data(Qt.ItemDataRole.ToolTipRole).startswith(plain_tip(f"{one.path}\n<i>why").removesuffix("</qt>"))


def test_a_row_is_read_again_where_it_stands_and_keeps_its_small_map_meanwhile(
    qtbot: QtBot, view: RunsView, one: RunGlance
) -> None:
    many = runs(one, 5)
    view.show_runs(many)
    view.setCurrentIndex(view.runs.index(2))
    later = dataclasses.replace(many[2], step=777, seconds=2e9)
    with qtbot.assertNotEmitted(view.runs.modelReset), qtbot.waitSignal(view.runs.dataChanged) as changed:
        view.runs.refresh(later)
    assert changed.args[0].row() == 2
    assert view.run is later
    view.runs.refresh(dataclasses.replace(one, path=Path("/elsewhere")))
    assert len(view.runs.runs) == 5
    view.runs.filter("Name")
    assert later in view.runs.runs

    pictures = RunPictures(QObject(view))
    pictures.picture(many[2])
    pictures._reading = {many[2].path: many[2].seconds}
    pictures._take([(many[2].path, np.full((120, 168, 4), 255, np.uint8))])
    assert pictures.picture(many[2]) is not None
    assert pictures.picture(later) is pictures.picture(many[2])
