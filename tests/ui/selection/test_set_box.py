from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from explorer.core.types import frozen
from explorer.engine.item_sets import KeptSet
from explorer.engine.session.item_sets import SetsChanged
from explorer.ui.selection.selection_panel import SelectionPanel
from explorer.ui.session.acts import Act
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.name_table import COUNT, NAME
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of, on_screen

LABELS = blobs(500, 10)[1]
SETS = (KeptSet("few", frozen([1, 2, 3])), KeptSet("odd", frozen([3, 4]), 2))
Key, Mouse, Modifier = Qt.Key, Qt.MouseButton, Qt.KeyboardModifier


@pytest.fixture
def held() -> Held:
    return Held(dataset=dataset_of(LABELS, CLOTHES))


@pytest.fixture
def panel(qtbot: QtBot, held: Held, tmp_path: Path) -> Iterator[SelectionPanel]:
    with on_screen(qtbot, SelectionPanel, desk_of(held, Settings(tmp_path / "settings.json")), 304, 700) as shown:
        shown.activateWindow()
        shown.desk.bridge.of(SetsChanged).emit(SetsChanged("r", SETS))
        yield shown


@pytest.fixture
def acts(panel: SelectionPanel) -> list[Act]:
    seen: list[Act] = []
    panel.desk.state.acted.connect(seen.append)
    return seen


def texts(panel: SelectionPanel, column: int) -> list[str]:
    model = panel.sets.table.kept
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


def click(panel: SelectionPanel, row: int, keys: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
    table = panel.sets.table
    at = table.visualRect(table.kept.index(row, NAME)).center()
    QTest.mouseClick(table.viewport(), Mouse.LeftButton, keys, at)


def test_sets_are_listed_also_while_nothing_is_selected(panel: SelectionPanel) -> None:
    assert panel.body_shown
    assert panel.nothing.isVisible()
    assert texts(panel, NAME) == ["few", "odd"]
    assert texts(panel, COUNT) == ["3", "2 + 2 gone"]
    tip = panel.sets.table.kept.index(1, NAME).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "odd: 2 items\n2 more items are not in these data"
    panel.desk.bridge.of(SetsChanged).emit(SetsChanged("r", ()))
    assert not panel.body_shown


def test_a_set_is_recalled_added_taken_out_and_cut_with_the_selection(panel: SelectionPanel) -> None:
    state = panel.desk.state
    click(panel, 0)
    assert state.selection.tolist() == [1, 2, 3]
    click(panel, 1, Modifier.ShiftModifier)
    assert state.selection.tolist() == [1, 2, 3, 4]
    click(panel, 1, Modifier.AltModifier)
    assert state.selection.tolist() == [1, 2]
    state.set_selection([2, 3, 9])
    click(panel, 0, Modifier.ShiftModifier | Modifier.AltModifier)
    assert state.selection.tolist() == [2, 3]
    QTest.keyClick(panel.sets.table, Key.Key_Down)
    QTest.keyClick(panel.sets.table, Key.Key_Return)
    assert state.selection.tolist() == [3, 4]


def test_the_selection_is_kept_under_a_new_name_and_joins_a_known_one(
    panel: SelectionPanel, held: Held, acts: list[Act]
) -> None:
    box = panel.sets
    assert not box.button.isEnabled()
    panel.desk.state.set_selection([5, 6])
    QTest.keyClicks(box.name, " new  one ")
    assert (box.button.text(), box.button.isEnabled()) == ("Keep", True)
    QTest.keyClick(box.name, Key.Key_Return)
    assert held.asked[-1] == "replace new one [5, 6]"
    assert box.name.text() == ""
    assert acts[-1].words == "2 items kept as new one"
    acts[-1].undo()
    assert held.asked[-1] == "let go 7"
    acts[-1].redo()
    assert held.asked[-1] == "keep again 7"
    box.name.setText("few")
    assert box.button.text() == "Add"
    QTest.mouseClick(box.button, Mouse.LeftButton)
    assert held.asked[-1] == "add few [5, 6]"
    box.name.setText("x" * 101)
    QTest.mouseClick(box.button, Mouse.LeftButton)
    assert "1 to 100 letters" in box.problem.text()
    assert len(acts) == 2
    box.name.clear()
    assert not box.problem.isVisible()


def test_a_set_is_renamed_in_its_place_and_deleted_by_a_key(
    panel: SelectionPanel, held: Held, acts: list[Act], qtbot: QtBot
) -> None:
    table = panel.sets.table
    table.edit_name("few")
    field = table.findChild(QLineEdit)
    assert field is not None
    field.setText("many")
    QTest.keyClick(field, Key.Key_Return)
    qtbot.waitUntil(lambda: held.asked[-1] == "rename few many")
    assert acts[-1].words == "few is called many now"
    table.setCurrentIndex(table.kept.index(1, NAME))
    QTest.keyClick(table, Key.Key_Delete)
    assert held.asked[-1] == "delete odd"
    assert acts[-1].words == "The set odd is deleted"


def test_a_name_that_another_set_has_is_refused_without_an_act(
    panel: SelectionPanel, held: Held, acts: list[Act]
) -> None:
    for new in ("odd", "  odd "):
        panel.sets.table.kept.renamed.emit("few", new)
        assert panel.sets.problem.text() == "There is a set odd already. Choose another name."
        assert panel.sets.problem.isVisible()
    panel.sets.table.kept.renamed.emit("few", " few")
    assert not acts
    assert not any(asked.startswith("rename") for asked in held.asked)


def test_sets_are_tags_of_the_selected_items(panel: SelectionPanel, held: Held) -> None:
    panel.desk.state.set_selection([1, 2])
    menu = QMenu(panel)
    panel.sets.fill(menu)
    few, odd = menu.actions()[:2]
    assert (few.text(), few.isChecked(), odd.text(), odd.isChecked()) == ("few", True, "odd", False)
    few.trigger()
    assert held.asked[-1] == "remove few [1, 2]"
    odd.trigger()
    assert held.asked[-1] == "add odd [1, 2]"
    menu.actions()[-1].trigger()
    assert panel.sets.name.hasFocus()
    assert panel._tip(3).splitlines()[0].endswith("few, odd")


def test_the_menu_of_a_set_does_all_of_it(panel: SelectionPanel, held: Held) -> None:
    panel.desk.state.set_selection(np.arange(2, 5))
    panel.sets.table.menu_asked.emit("few", panel.mapToGlobal(panel.rect().center()))
    menu = panel.window().findChild(QMenu)
    assert menu is not None
    does = {action.text(): action.trigger for action in menu.actions()}
    does["Keep only what both have"]()
    assert panel.desk.state.selection.tolist() == [2, 3]
    does["Let the selected items leave it"]()
    assert held.asked[-1] == "remove few [2, 3]"
    does["Let it be the selected items"]()
    assert held.asked[-1] == "replace few [2, 3]"
    does["Delete it"]()
    assert held.asked[-1] == "delete few"
    menu.close()
