from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.data.dataset import Dataset
from explorer.ui.widgets.item_grid import EDGE, GAP, SIDES, ItemGrid
from explorer.ui.widgets.theme import ThemeManager
from tests.helpers.blobs import CLOTHES, blobs, dataset_of

LABELS = blobs(5000, 10)[1]
Key, Mouse, Modifier = Qt.Key, Qt.MouseButton, Qt.KeyboardModifier


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return dataset_of(LABELS, CLOTHES)


@pytest.fixture
def grid(qtbot: QtBot, dataset: Dataset) -> ItemGrid:
    widget = ItemGrid(ThemeManager("dark"), "Pictures")
    widget.describe(lambda item: f"item {item}", lambda item: "×" if item == 3 else "")
    qtbot.addWidget(widget)
    widget.resize(300, 400)
    widget.show_items(dataset, np.arange(0, 5000, 2))
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    return widget


def painted(qtbot: QtBot, grid: ItemGrid) -> None:
    """Wait until no picture in sight is missing."""
    last = min(len(grid.items), (grid.viewport().height() // (grid.drawn_side + GAP) + 1) * grid.columns)
    places = [place for place in range(len(grid.items)) if grid.rect_of(place).intersects(grid.viewport().rect())]
    assert len(places) <= last + grid.columns
    qtbot.waitUntil(lambda: all(grid.pictures.known(int(grid.items[place])) is not None for place in places))


def test_only_what_is_in_sight_is_made(qtbot: QtBot, grid: ItemGrid) -> None:
    painted(qtbot, grid)
    in_sight = (400 // (grid.drawn_side + GAP) + 2) * grid.columns
    assert 0 < len(grid.pictures) <= in_sight
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    painted(qtbot, grid)
    assert grid.pictures.known(4998) is not None
    assert len(grid.pictures) <= 2 * in_sight
    assert grid.rect_of(len(grid.items) - 1).bottom() <= grid.viewport().height()


def test_pictures_that_are_out_of_sight_are_let_go(
    qtbot: QtBot, grid: ItemGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.ui.widgets.grid_pictures.MOST_BYTES", 1)
    bar, in_sight = grid.verticalScrollBar(), (400 // (grid.drawn_side + GAP) + 2) * grid.columns
    for value in range(0, bar.maximum(), bar.maximum() // 12):
        bar.setValue(value)
        painted(qtbot, grid)
    assert len(grid.pictures) <= 2 * in_sight


def test_places_and_pixels_belong_together(grid: ItemGrid) -> None:
    assert grid.columns == (grid.viewport().width() - 2 * EDGE + GAP) // (grid.side + GAP)
    assert grid.rows == -(-2500 // grid.columns)
    for place in (0, 1, grid.columns, 3 * grid.columns + 2):
        assert grid.place_at(grid.rect_of(place).center()) == place
    right = grid.viewport().width() - grid.rect_of(grid.columns - 1).right()
    assert EDGE <= right < EDGE + grid.columns + GAP  # the row ends where the grid does
    assert grid.place_at(QPoint(1, 1)) == -1
    assert grid.place_at(grid.rect_of(0).topRight() + QPoint(2, 5)) == -1  # the gap


def test_a_click_chooses_and_with_keys_it_toggles(qtbot: QtBot, grid: ItemGrid) -> None:
    at = [grid.rect_of(place).center() for place in range(8)]
    with qtbot.waitSignal(grid.chosen) as chosen:
        QTest.mouseClick(grid.viewport(), Mouse.LeftButton, Modifier.NoModifier, at[2])
    assert chosen.args == [4, False]
    with qtbot.waitSignal(grid.toggled) as toggled:
        QTest.mouseClick(grid.viewport(), Mouse.LeftButton, Modifier.ControlModifier, at[3])
    assert (toggled.args[0].tolist(), toggled.args[1]) == ([6], True)
    with qtbot.waitSignal(grid.toggled) as toggled:
        QTest.mouseClick(grid.viewport(), Mouse.LeftButton, Modifier.ShiftModifier, at[6])
    assert (toggled.args[0].tolist(), toggled.args[1]) == ([6, 8, 10, 12], True)
    grid.show_items(grid._dataset, grid.items, lambda items: items == 6)
    with qtbot.waitSignal(grid.toggled) as toggled:
        QTest.mouseClick(grid.viewport(), Mouse.LeftButton, Modifier.ControlModifier, at[3])
    assert toggled.args[1] is False  # it is put back


def test_what_is_pointed_at_is_hovered_until_the_pointer_leaves(qtbot: QtBot, grid: ItemGrid) -> None:
    seen: list[int] = []
    grid.hovered.connect(seen.append)
    QTest.mouseMove(grid.viewport(), grid.rect_of(5).center())
    QTest.mouseMove(grid.viewport(), grid.rect_of(6).center())
    QTest.mouseMove(grid.viewport(), QPoint(1, 1))
    assert seen == [10, 12, -1]


def test_the_keyboard_goes_from_item_to_item(qtbot: QtBot, grid: ItemGrid) -> None:
    seen: list[int] = []
    grid.hovered.connect(seen.append)
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(grid.hasFocus)
    assert grid.current == 0
    for key in (Key.Key_Right, Key.Key_Down, Key.Key_Left):
        QTest.keyClick(grid, key)
    assert seen == [2, 2 * (1 + grid.columns), 2 * grid.columns]
    assert grid.accessibleDescription() == f"item {2 * grid.columns}"
    QTest.keyClick(grid, Key.Key_End)
    assert grid.current == 4998
    assert grid.viewport().rect().contains(grid.rect_of(2499).center())
    QTest.keyClick(grid, Key.Key_Down)
    assert grid.current == 4998  # there is no row below
    QTest.keyClick(grid, Key.Key_Home)
    QTest.keyClick(grid, Key.Key_PageDown)
    assert grid.current == 2 * (grid.viewport().height() // (grid.drawn_side + GAP)) * grid.columns
    with qtbot.waitSignal(grid.chosen) as chosen:
        QTest.keyClick(grid, Key.Key_Return, Modifier.ControlModifier)
    assert chosen.args == [grid.current, True]
    with qtbot.waitSignal(grid.toggled) as toggled:
        QTest.keyClick(grid, Key.Key_Space)
    assert toggled.args[0].tolist() == [grid.current]


def test_another_size_keeps_what_is_on_top(qtbot: QtBot, grid: ItemGrid) -> None:
    grid.verticalScrollBar().setValue(20 * (grid.drawn_side + GAP))
    top = grid.items[grid._place_on_top()]
    sides: list[int] = []
    grid.side_changed.connect(sides.append)
    QTest.keyClick(grid, Key.Key_Plus)
    assert grid.side == sides[-1] == SIDES[SIDES.index(48) + 1]
    places = [place for place in range(2500) if grid.rect_of(place).intersects(grid.viewport().rect())]
    assert top in grid.items[places]
    at = grid.viewport().rect().center()
    wheel = QWheelEvent(at, grid.mapToGlobal(at), QPoint(), QPoint(0, -120), Mouse.NoButton,
                        Modifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(grid.viewport(), wheel)
    assert grid.side == 48
    for _ in range(20):
        grid.zoom(1)
    assert grid.side == SIDES[-1]


def test_the_same_items_stay_where_they_are_and_others_begin_on_top(grid: ItemGrid, dataset: Dataset) -> None:
    bar = grid.verticalScrollBar()
    bar.setValue(500)
    grid.show_items(dataset, grid.items.copy())
    assert bar.value() == 500
    grid.show_items(dataset, grid.items[:1000])
    assert bar.value() == 0
    grid.show_items(None, grid.items[:0])
    assert bar.maximum() == 0
    QTest.keyClick(grid, Key.Key_Down)
    assert grid.current == -1


def test_taken_out_framed_marked_and_captioned_items_look_so(qtbot: QtBot, grid: ItemGrid, dataset: Dataset) -> None:
    painted(qtbot, grid)
    plain = grid.viewport().grab().toImage()
    grid.show_items(dataset, grid.items, lambda items: items == 0)
    grid.frame([2])
    looks = grid.viewport().grab().toImage()
    first, second = (grid.rect_of(place) for place in (0, 1))
    assert looks.copy(first) != plain.copy(first)
    assert looks.copy(second) != plain.copy(second)
    assert looks.copy(grid.rect_of(2)) == plain.copy(grid.rect_of(2))
    before = grid.rect_of(grid.columns).top()
    grid.show_captions(lambda item: f"{item}")
    assert grid.rect_of(grid.columns).top() > before
