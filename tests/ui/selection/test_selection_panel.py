from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from explorer.core.types import Split, frozen
from explorer.engine.session.selection_order import ItemsOrdered
from explorer.ui.selection import selection_panel
from explorer.ui.selection.selection_panel import NO_QUERY, ORDERS, WAITING, SelectionPanel
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.class_list import COUNT, NAME
from explorer.ui.widgets.save_dialog import plain_name
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of, on_screen

LABELS = blobs(500, 10)[1]
Mouse, Modifier = Qt.MouseButton, Qt.KeyboardModifier


@pytest.fixture
def held() -> Held:
    every = np.arange(500)
    split = Split("items", frozen(every[every % 5 > 0]), frozen(every[every % 5 == 0]), unseen=False)
    return Held(dataset=dataset_of(LABELS, CLOTHES), split=split)


@pytest.fixture
def panel(qtbot: QtBot, held: Held, tmp_path: Path) -> Iterator[SelectionPanel]:
    with on_screen(qtbot, SelectionPanel, desk_of(held, Settings(tmp_path / "settings.json")), 304, 700) as shown:
        shown.activateWindow()
        yield shown


def rows(panel: SelectionPanel) -> list[tuple[str, int]]:
    model = panel.classes.classes
    return [(str(model.index(row).data(NAME)), int(model.index(row).data(COUNT))) for row in range(model.rowCount())]


def click(panel: SelectionPanel, place: int, keys: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
    QTest.mouseClick(panel.grid.viewport(), Mouse.LeftButton, keys, panel.grid.rect_of(place).center())


def wait_gone(dialog: QFileDialog) -> None:
    """Let a dialog that was answered be deleted."""
    QApplication.sendPostedEvents(dialog, QEvent.Type.DeferredDelete)


def test_before_anything_is_selected_it_says_how(panel: SelectionPanel) -> None:
    assert not panel.body_shown
    assert "lasso" in panel.empty_text
    assert panel.status == ""


def test_it_counts_what_is_selected_by_class_and_by_part(panel: SelectionPanel) -> None:
    chosen = np.arange(0, 120)
    panel.desk.state.set_selection(chosen)
    assert panel.body_shown
    assert panel.status == "120 selected"
    counts = np.bincount(LABELS[chosen])
    largest = sorted(((CLOTHES[k], int(n)) for k, n in enumerate(counts) if n), key=lambda row: -row[1])
    assert [number for _, number in rows(panel)] == [number for _, number in largest]
    assert set(rows(panel)) == set(largest)
    assert [button.text() for button in panel.parts if button.isVisible()] == ["train 96 (80 %)", "held out 24 (20 %)"]
    assert panel.grid.items.tolist() == chosen.tolist()
    panel.desk.state.set_selection([])
    assert not panel.body_shown


def test_a_click_on_a_class_or_part_narrows_the_selection(panel: SelectionPanel) -> None:
    state = panel.desk.state
    state.set_selection(np.arange(120))
    first = panel.classes.classes.index(0)
    label = panel.classes.classes.label(first)
    QTest.mouseClick(panel.classes.viewport(), Mouse.LeftButton, Modifier.NoModifier,
                     panel.classes.visualRect(first).center())  # fmt: skip
    assert state.selection.tolist() == [item for item in range(120) if LABELS[item] == label]
    assert rows(panel) == [(CLOTHES[label], len(state.selection))]
    QTest.mouseClick(panel.parts[1], Mouse.LeftButton)
    assert state.selection.tolist() == [item for item in range(120) if LABELS[item] == label and item % 5 == 0]
    state.set_selection(np.arange(120))
    panel.classes.chosen.emit(label, "remove")
    assert state.selection.tolist() == [item for item in range(120) if LABELS[item] != label]
    panel.classes.chosen.emit(label, "add")
    assert set(state.selection.tolist()) == set(range(120)) | set(np.flatnonzero(np.equal(LABELS, label)).tolist())


def test_what_is_taken_out_stays_in_sight_and_can_be_put_back(panel: SelectionPanel) -> None:
    state = panel.desk.state
    state.set_selection(np.arange(40, 60))
    click(panel, 3, Modifier.ControlModifier)
    assert state.selection.tolist() == [item for item in range(40, 60) if item != 43]
    assert panel.grid.items.tolist() == list(range(40, 60))
    assert panel.status == "19 selected"
    click(panel, 6, Modifier.ShiftModifier)
    assert state.selection.tolist() == [*range(40, 43), *range(47, 60)]
    click(panel, 3, Modifier.ControlModifier)
    assert state.selection.tolist() == [*range(40, 44), *range(47, 60)]
    state.set_selection(np.arange(40, 50))
    assert panel.grid.items.tolist() == list(range(40, 50))  # selected elsewhere: that is what is shown


def test_all_can_be_taken_out_and_put_back(panel: SelectionPanel) -> None:
    state = panel.desk.state
    state.set_selection([7])
    click(panel, 0, Modifier.ControlModifier)
    assert state.selection.tolist() == []
    assert panel.body_shown
    click(panel, 0, Modifier.ControlModifier)
    assert state.selection.tolist() == [7]


def test_a_click_asks_for_neighbours_and_pointing_hovers(panel: SelectionPanel) -> None:
    state = panel.desk.state
    state.set_selection(np.arange(100, 140))
    QTest.mouseMove(panel.grid.viewport(), panel.grid.rect_of(2).center())
    assert state.hover == 102
    wanted: list[str] = []
    state.pins.wanted.connect(lambda: wanted.append(panel.by))
    click(panel, 2)
    assert state.pins.items == (102,)
    assert wanted == ["data"], "they may be in a tab behind"
    assert len(state.selection) == 40
    QTest.keyClick(panel.grid, Qt.Key.Key_Right)
    assert state.hover == 103
    QTest.keyClick(panel.grid, Qt.Key.Key_Return, Modifier.ControlModifier)
    assert list(state.pins.items) == [102, 103]
    QTest.keyClick(panel.grid, Qt.Key.Key_Space)
    assert 103 not in state.selection.tolist()
    panel.order_by.setCurrentIndex(list(ORDERS).index("distance"))
    click(panel, 4)
    assert len(wanted) == 1, "what was pinned and what is read in this panel stay in sight"


def test_by_class_items_of_one_class_stand_together(panel: SelectionPanel) -> None:
    chosen = np.arange(0, 500, 3)
    panel.desk.state.set_selection(chosen)
    panel.order_by.setCurrentIndex(1)
    assert np.all(np.diff(LABELS[panel.grid.items]) >= 0)
    assert sorted(panel.grid.items.tolist()) == chosen.tolist()


def test_a_panel_that_is_not_in_sight_shows_the_selection_once_it_is(panel: SelectionPanel, qtbot: QtBot) -> None:
    panel.hide()
    panel.desk.state.set_selection(np.arange(30))
    assert panel.status == "30 selected"
    assert len(panel.grid.items) == 0
    with qtbot.waitExposed(panel):
        panel.show()
    assert panel.grid.items.tolist() == list(range(30))


def test_the_menu_of_a_picture_is_that_of_its_item(panel: SelectionPanel, qtbot: QtBot) -> None:
    panel.desk.state.set_selection(np.arange(30))
    panel.grid.menu_asked.emit(5, panel.mapToGlobal(panel.rect().center()))
    menu = panel.window().findChild(QMenu)
    assert menu is not None
    texts = [action.text() for action in menu.actions()]
    assert texts[0].endswith("#5")
    assert "Find its neighbours" in texts
    assert "30 items selected" in texts
    menu.close()


def test_an_order_that_is_measured_is_asked_for_and_shown_with_its_figures(panel: SelectionPanel, held: Held) -> None:
    state, order = panel.desk.state, panel.desk.bridge.of(ItemsOrdered)
    state.set_selection(np.arange(30))
    panel.order_by.setCurrentIndex(list(ORDERS).index("loss"))
    assert held.asked[-1] == "order 30 by loss"
    assert panel.grid.items.tolist() == list(range(30))
    items, values = frozen(np.arange(30)[::-1]), frozen(np.linspace(1, 0, 30), np.float32)
    other = frozen(np.arange(30))
    order.emit(ItemsOrdered("r", 120, "loss", other, items, values))  # of another selection
    assert panel.grid.items.tolist() == list(range(30))
    order.emit(ItemsOrdered("r", 120, "loss", state.selection, items, values))
    assert panel.grid.items.tolist() == list(range(29, -1, -1))
    assert panel.note.text() == "step 120"
    click(panel, 4, Modifier.ControlModifier)
    assert panel.grid.items.tolist() == list(range(29, -1, -1))  # what is taken out changes no order
    asked = len(held.asked)
    panel.order_by.setCurrentIndex(0)
    assert held.asked[asked:] == ["no order"]
    assert panel.grid.items.tolist() == list(range(30))
    assert not panel.note.isVisible()


def test_many_are_put_in_the_order_of_their_classes_in_the_background(
    panel: SelectionPanel, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert held.dataset is not None
    state, labels = panel.desk.state, held.dataset.labels
    items = np.arange(30)
    wanted = items[np.argsort(labels[items], kind="stable")]
    panel.order_by.setCurrentIndex(list(ORDERS).index("class"))
    state.set_selection(items)
    assert held.asked[-1] == "no order"
    assert panel.grid.items.tolist() == wanted.tolist()
    monkeypatch.setattr(selection_panel, "AT_ONCE", 29)
    state.set_selection(items[1:])
    assert held.asked[-1] == "no order"
    state.set_selection(items)
    assert held.asked[-1] == "order 30 by class"
    assert panel.grid.items.tolist() == items.tolist()
    order = panel.desk.bridge.of(ItemsOrdered)
    order.emit(ItemsOrdered("r", -1, "class", state.selection, frozen(wanted), None))
    assert panel.grid.items.tolist() == wanted.tolist()
    assert not panel.note.isVisible()


def test_the_files_of_the_selection_are_asked_for_in_its_order(
    panel: SelectionPanel, held: Held, tmp_path: Path
) -> None:
    state = panel.desk.state
    state.set_selection(np.arange(4))
    items = frozen([2, 0, 3, 1])
    panel.order_by.setCurrentIndex(list(ORDERS).index("loss"))
    panel.desk.bridge.of(ItemsOrdered).emit(
        ItemsOrdered("r", 1, "loss", state.selection, items, frozen([4, 3, 2, 1], np.float32))
    )
    click(panel, 1, Modifier.ControlModifier)  # item 0 is taken out
    menu = QMenu(panel)
    panel._fill_export(menu)
    for words, name in (("List with all", "a.csv"), ("List of their paths", "b.txt"), ("Copies", "copies")):
        next(action for action in menu.actions() if action.text().startswith(words)).trigger()
        dialog = panel.findChild(QFileDialog, "file-dialog")
        assert dialog is not None
        line = dialog.findChild(QLineEdit)
        assert line is not None
        assert held.dataset is not None
        ending = name.partition(".")[2]
        assert line.text() == f"{plain_name(held.dataset.name)}-selected{'.' if ending else ''}{ending}"
        line.setText(str(tmp_path / name.partition(".")[0]))
        dialog.accept()
        wait_gone(dialog)
    assert panel.desk.settings.folder == str(tmp_path)  # where the next file is suggested to be
    assert held.asked[-3:] == ["list a.csv of [2, 3, 1] from []", "list b.txt of [2, 3, 1] from []", "copy 3 to copies"]


def test_by_distance_it_needs_a_query(panel: SelectionPanel, held: Held) -> None:
    state = panel.desk.state
    state.set_selection(np.arange(30))
    panel.order_by.setCurrentIndex(list(ORDERS).index("distance"))
    assert panel.note.text() == NO_QUERY
    assert not any(asked.startswith("order") for asked in held.asked)
    state.pins.choose(3)
    assert held.asked[-1] == "order 30 by distance from [3]"
    assert panel.note.text() == WAITING
