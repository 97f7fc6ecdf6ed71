from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from explorer.core.label_decisions import Decision
from explorer.core.types import Evaluation, JobStatus, Split
from explorer.engine.cleaning import Findings, Suspect
from explorer.engine.events import DatasetOpened, RunShown
from explorer.engine.session.cleaning import CleaningFound, DecisionsChanged
from explorer.ui.data.cleaning_panel import CUT_OFF, OUTDATED, CleaningPanel
from explorer.ui.data.findings_table import FACT, ROW_HEIGHT, SIDE, WHAT
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.theme import ThemeManager
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of
from tests.ui.panel_selection import JOB

LABELS = blobs(200, 10)[1]
FOUND = Findings(
    step=1200,
    exact=True,
    steps=3,
    suspects=(Suspect(7, 0.9, 3, True), Suspect(8, 0.8, 4, True), Suspect(9, 0.2, 5, False)),
    groups=((10, 150), (20, 21, 22, 23, 24)),
    leaking=1,
    copies={10: 1.0, 150: 1.0, 20: 0.998, 21: 0.998, 22: 1.0, 23: 1.0, 24: 0.997},
)
SPLIT = Split("items", np.arange(150), np.arange(150, 200), False)
Key = Qt.Key


@pytest.fixture
def held(tmp_path: Path) -> Held:
    return Held(dataset=dataset_of(LABELS, CLOTHES), split=SPLIT, run="r1", run_folder=tmp_path)


@pytest.fixture
def panel(qtbot: QtBot, themes: ThemeManager, held: Held, tmp_path: Path) -> Iterator[CleaningPanel]:
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    widget = CleaningPanel(desk)
    qtbot.addWidget(widget)
    widget.resize(304, 480)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    yield widget
    desk.bridge.close()


def found(panel: CleaningPanel, findings: Findings = FOUND) -> None:
    panel.desk.bridge.of(CleaningFound).emit(CleaningFound("r1", findings))


def texts(panel: CleaningPanel, column: int) -> list[str]:
    model = panel.table.findings
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


def tip_shown(panel: CleaningPanel, row: int) -> str:
    return str(panel.table.findings.index(row, WHAT).data(Qt.ItemDataRole.ToolTipRole))


def test_where_a_test_folder_is_added_the_list_stays_and_says_of_what_it_is_until_it_is_sought_again(
    panel: CleaningPanel,
) -> None:
    found(panel)
    dataset = panel.desk.data.dataset
    assert dataset is not None
    QTest.keyClick(panel.table, Key.Key_Down)
    listed, framed = texts(panel, WHAT), panel.table.currentIndex().row()
    for again in (RunShown(2, "r1"), DatasetOpened(dataset, None, "test"), RunShown(2, "r1")):
        panel.desk.bridge.of(type(again)).emit(again)
    assert (texts(panel, WHAT), panel.table.currentIndex().row()) == (listed, framed)
    assert panel.caution.text() == OUTDATED
    assert panel.find_button.isEnabled()
    found(panel)
    assert panel.caution.text() != OUTDATED


def test_data_that_are_added_while_it_is_searched_are_said_to_be_why_nothing_was_found(
    panel: CleaningPanel, held: Held
) -> None:
    dataset = panel.desk.data.dataset
    assert dataset is not None
    panel.find_button.click()
    panel.begin()  # once more, as by its shortcut
    assert held.asked.count("find") == 1
    for again in (RunShown(2, "r1"), DatasetOpened(dataset, None, "test"), RunShown(2, "r1")):
        panel.desk.bridge.of(type(again)).emit(again)
    assert panel.nothing.text() == CUT_OFF
    assert panel.find_button.isEnabled()
    panel.find_button.click()
    panel.desk.bridge.of(RunShown).emit(RunShown(3, "r2"))  # of another run: nothing was added
    assert panel.nothing.text() != CUT_OFF
    panel.desk.bridge.of(DatasetOpened).emit(DatasetOpened(dataset, None))
    assert panel.nothing.text().startswith("Press Find")


def test_it_says_where_so_many_labels_are_called_wrong_that_the_embeddings_are(panel: CleaningPanel) -> None:
    found(panel)  # 2 of 3
    assert panel.caution.text().startswith("67 % of all labels: so many are rarely wrong")
    assert panel.caution.isVisible()
    few = tuple(Suspect(item, 0.9 if item == 0 else 0.1, 3, item == 0) for item in range(40))
    panel.desk.bridge.of(Evaluation).emit(Evaluation("r1", 30, "held-out", {"recall@1": 0.5}, 50, 10, False))
    found(panel, replace(FOUND, suspects=few))
    assert panel.caution.text().startswith("Candidates to look at, the surest first: these embeddings (recall@1 0.500)")
    panel.view.setCurrentIndex(1)
    assert not panel.caution.isVisible(), "it is of labels"
    panel.view.setCurrentIndex(0)
    found(panel, replace(FOUND, suspects=tuple(Suspect(item, 0.1, 3, False) for item in range(40))))
    assert panel.caution.text().startswith("No label is suspicious enough to be counted as an error.")
    found(panel, replace(FOUND, suspects=()))
    assert not panel.caution.isVisible()


def test_figures_have_a_heading_and_what_is_no_likely_error_is_grey(panel: CleaningPanel) -> None:
    found(panel)
    model = panel.table.findings
    assert panel.table.horizontalHeader().isVisible()
    titles = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(2)]
    assert titles == ["Label → what it seems to be", "Suspicion"]
    grey = [model.index(row, FACT).data(Qt.ItemDataRole.ForegroundRole) is not None for row in range(3)]
    assert grey == [False, False, True]
    panel.view.setCurrentIndex(1)
    assert model.headerData(FACT, Qt.Orientation.Horizontal) == "Alike"
    assert model.index(0, FACT).data(Qt.ItemDataRole.ForegroundRole) is None


def test_before_a_run_it_says_what_will_appear(panel: CleaningPanel, held: Held) -> None:
    assert held.asked == ["look at decisions"]
    assert panel.body_shown
    assert not panel.keep_button.isEnabled()
    assert "Press Find" in panel.nothing.text()
    held.run_folder = None
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "pixels"))
    assert not panel.body_shown
    assert not panel.desk.commands["data.clean"].isEnabled()


def test_a_search_that_fails_is_waited_for_no_more(panel: CleaningPanel) -> None:
    told = panel.words.text()
    QTest.mouseClick(panel.find_button, Qt.MouseButton.LeftButton)
    assert (panel.words.text(), panel.find_button.isEnabled()) == ("searching…", False)
    panel.desk.bridge.of(JobStatus).emit(JobStatus(JOB, "Find label errors and duplicates", 0, 0, "failed"))
    assert (panel.words.text(), panel.find_button.isEnabled()) == (told, True)
    assert "Press Find" in panel.nothing.text()


def test_labels_are_listed_and_decided_on_by_one_key_each(panel: CleaningPanel, held: Held, qtbot: QtBot) -> None:
    QTest.mouseClick(panel.find_button, Qt.MouseButton.LeftButton)
    assert held.asked[-1] == "find"
    assert not panel.find_button.isEnabled()
    found(panel)
    assert panel.status == "step 1,200"
    assert panel.words.text() == "2 likely errors · 2 copies · 1 leak"
    names = panel.desk.session.dataset
    assert names is not None
    assert texts(panel, WHAT)[0] == f"{names.class_name(7)}\n→ dress"
    assert texts(panel, FACT) == ["0.90", "0.80", "0.20"]  # those that are not likely stand behind
    assert not panel.desk.state.some_selected, "the map does not recede before somebody has chosen a row"
    for key in (Key.Key_R, Key.Key_K, Key.Key_X):
        QTest.keyClick(panel.table, key)
    assert held.asked[-3:] == ["relabel [7] 3", "keep [8] 4", "exclude [9] 5"]
    assert panel.desk.state.selection.tolist() == [9]  # the last one stays
    QTest.keyClick(panel.table, Key.Key_U)
    assert held.asked[-1] == "exclude [9] 5"  # nothing is known of a decision yet
    decided = {7: Decision("relabel", 3), 8: Decision("keep"), 9: Decision("exclude")}
    panel.desk.bridge.of(DecisionsChanged).emit(DecisionsChanged("r1", decided, True))
    assert texts(panel, FACT) == ["0.90\nrelabelled", "0.80\nkept", "0.20\nexcluded"]  # the names keep their room
    assert "now dress" in tip_shown(panel, 0)
    assert panel.words.text().endswith("3 decided")
    QTest.keyClick(panel.table, Key.Key_U)
    assert held.asked[-1] == "undo"
    panel.desk.bridge.of(DecisionsChanged).emit(DecisionsChanged("r1", {7: decided[7], 9: decided[9]}, True))
    assert panel.desk.state.selection.tolist() == [8], "what was taken back is to be judged again"


def test_copies_stand_side_by_side_and_all_but_the_first_are_left_out(panel: CleaningPanel, held: Held) -> None:
    found(panel)
    panel.view.setCurrentIndex(1)
    assert texts(panel, FACT) == ["equal", "0.997"]
    widths = [panel.table.findings.index(row, WHAT).data(Qt.ItemDataRole.DecorationRole).width() for row in (0, 1)]
    assert widths == [75, 114]  # two and three pictures: of more the first three
    assert not panel.relabel_button.isEnabled()
    QTest.keyClick(panel.table, Key.Key_Down)
    assert panel.desk.state.selection.tolist() == [20, 21, 22, 23, 24]
    QTest.keyClick(panel.table, Key.Key_R)
    QTest.keyClick(panel.table, Key.Key_X)
    assert held.asked[-1] == "exclude [21, 22, 23, 24] -1"
    panel.view.setCurrentIndex(2)
    assert texts(panel, FACT) == ["equal"]
    assert texts(panel, WHAT)[0].splitlines()[1] == "train | held out"
    tip = tip_shown(panel, 0)
    assert "#10 · equal · train" in tip
    assert "#150 · equal · held out" in tip
    assert tip.count("<img") == 2


def test_the_picture_of_a_selected_row_has_its_own_colours(panel: CleaningPanel) -> None:
    found(panel)
    table = panel.table
    framed = table.visualRect(table.findings.index(0, WHAT))
    assert table.currentIndex().row() == 0
    framed.setWidth(SIDE)
    before = table.viewport().grab(framed).toImage()
    table.selectRow(1)
    after = table.viewport().grab(framed).toImage()
    inside = QRect(6, ROW_HEIGHT // 2 - 10, 20, 20)
    assert before.copy(inside) == after.copy(inside)


def test_what_is_framed_is_shown_in_large_below_the_list_also_by_keyboard(
    panel: CleaningPanel, held: Held, qtbot: QtBot
) -> None:
    assert held.dataset is not None
    assert not panel.picture.isVisible()
    found(panel)
    name, suspected = CLOTHES[int(LABELS[7])], CLOTHES[3]
    assert panel.picture.isVisible()
    assert panel.picture.lines == [name, f"→ {suspected}", held.dataset.ids[7], "train"]
    QTest.keyClick(panel.table, Key.Key_Down)
    assert panel.picture.lines[2] == held.dataset.ids[8]
    assert held.dataset.ids[8] in panel.picture.accessibleName()
    assert held.dataset.ids[8] in panel.picture.toolTip()
    panel.view.setCurrentIndex(1)
    assert [line for line in panel.picture.lines if line in ("train", "held out")] == ["train", "held out"]
    large = panel.picture.height()
    assert large > 2 * SIDE
    assert panel.caution.isVisible() == (panel.view.currentIndex() == 0)
    assert panel.table.viewport().height() > 2 * ROW_HEIGHT
    panel.view.setCurrentIndex(0)
    panel.hear_height(380)  # as from the dock around it
    qtbot.waitUntil(lambda: panel.picture.height() < large)
    assert not panel.caution.isVisible()
    assert panel.shortened.isVisible() == bool(panel.caution.text())
    assert panel.shortened.text() == panel.caution.text()
    found(panel, replace(FOUND, suspects=()))
    assert not panel.picture.isVisible()


def test_what_is_framed_does_not_stay_selected_once_the_list_is_gone(panel: CleaningPanel) -> None:
    state = panel.desk.state
    found(panel)
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
    assert state.selection.tolist() == [7], "also of the row that was framed unasked"
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "r2"))
    assert not state.selection.size, "the map would stay grey around it"
    found(panel)
    panel.view.setCurrentIndex(1)
    state.set_selection([1, 2])
    panel.desk.bridge.of(RunShown).emit(RunShown(2, "r3"))
    assert state.selection.tolist() == [1, 2], "it was selected since"


def test_what_is_selected_stays_until_a_row_is_chosen(panel: CleaningPanel) -> None:
    state = panel.desk.state
    state.set_selection([1, 2])
    found(panel)
    panel.view.setCurrentIndex(1)
    assert state.selection.tolist() == [1, 2]
    panel.view.setCurrentIndex(0)
    QTest.keyClick(panel.table, Key.Key_Down)
    assert state.selection.tolist() == [8]


def test_where_nothing_was_found_it_says_so(panel: CleaningPanel) -> None:
    found(panel, Findings(1, True, 1, (), (), 0, {}, problem="1 class has two items or more"))
    assert panel.nothing.text() == "1 class has two items or more"
    panel.view.setCurrentIndex(1)
    assert panel.nothing.text() == "No picture stands twice in these data."
    panel.view.setCurrentIndex(2)
    assert "both the training and the held-out part" in panel.nothing.text()
    assert not panel.table.isVisible()


def test_the_list_is_written_where_it_is_asked_for(panel: CleaningPanel, held: Held, tmp_path: Path) -> None:
    assert not panel.export_button.isEnabled()
    found(panel)
    QTest.mouseClick(panel.export_button, Qt.MouseButton.LeftButton)
    dialog = panel.findChild(QFileDialog, "file-dialog")
    assert dialog is not None
    line = dialog.findChild(QLineEdit)
    assert line is not None
    line.setText(str(tmp_path / "list"))
    dialog.accept()
    assert held.asked[-1] == "export list.csv of 3"
    assert panel.desk.settings.folder == str(tmp_path)
