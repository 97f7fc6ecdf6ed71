from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.core.class_colours import class_colours
from explorer.ui.map.canvas.scene import DIAMOND, DISC, RING
from explorer.ui.map.colourings import Listed, by_class, listed, scale_colours
from explorer.ui.map.legend.colour_bar import ColourBar, ticks, worded
from explorer.ui.map.legend.legend import SEARCH_FROM, Legend
from explorer.ui.map.view_options import Option, ViewOptions
from explorer.ui.widgets.theme import ThemeManager

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def room(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    widget.resize(600, 500)
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def legend(room: QWidget, themes: ThemeManager) -> Legend:
    legend = Legend(themes, room)
    legend.set_room(460)
    legend.show()
    return legend


def entries_of(count: int) -> Listed:
    return listed(by_class(np.arange(2 * count) % count, tuple(f"class {k}" for k in range(count))))


def show(legend: Legend, count: int) -> None:
    legend.show_values("class", entries_of(count), class_colours(count), frozenset())


@pytest.mark.parametrize("count", [2, 10, 81, 1_623, 5_000])
def test_every_value_is_listed_within_the_room_there_is(qtbot: QtBot, legend: Legend, count: int) -> None:
    show(legend, count)
    if count < SEARCH_FROM:  # all rows are in sight, and none lies below the edge of the list
        assert legend.list.viewport().height() == count * 22
    legend.explain("", (DISC, RING, DIAMOND))
    assert legend.list.classes.rowCount() == count
    assert legend.height() <= 460
    assert legend.search.isVisible() == (count >= SEARCH_FROM)
    legend.set_room(250)
    assert legend.height() <= 250
    assert legend.list.height() >= 22


def test_a_small_map_is_rather_seen_and_a_high_one_has_more_rows(qtbot: QtBot, legend: Legend) -> None:
    show(legend, 81)
    legend.explain("12 points hidden", (), "Zoom in")
    assert legend.note.text() == "12 points hidden\nZoom in"
    legend.set_room(300, 440)
    assert legend.list.viewport().height() == 4 * 22
    assert legend.width() <= 0.42 * 440
    assert legend.note.text() == "12 points hidden"
    assert not legend.search.isVisible()
    legend.set_room(1_200, 1_600)
    assert 25 * 22 <= legend.list.height() <= 0.7 * 1_200


def test_on_a_small_map_names_have_as_much_room_as_the_map_can_spare(qtbot: QtBot, legend: Legend) -> None:
    colouring = by_class(np.arange(20), tuple(f"{k} of a class with a long name" for k in range(20)))
    legend.show_values("class", listed(colouring), class_colours(20), frozenset())
    widths = []
    for across in (340, 460, 560, 640, 1_200):
        legend.set_room(400, across)
        widths.append(legend.width())
    assert widths == sorted(widths)
    assert widths[0] < widths[1] < widths[2] <= widths[3] == widths[4]
    assert widths[0] <= 0.5 * 340


def test_data_without_a_class_leave_no_empty_row(qtbot: QtBot, legend: Legend) -> None:
    show(legend, 2)
    high = legend.height()
    legend.show_values("class", listed(by_class(np.full(5, -1), ())), class_colours(0), frozenset())
    assert not legend.list.isVisible()
    assert legend.height() <= high - 2 * 22
    show(legend, 2)
    assert legend.list.isVisible()


def test_it_folds_to_a_tab_and_back(qtbot: QtBot, legend: Legend) -> None:
    show(legend, 81)
    legend.explain("30 points hidden", (DISC, RING))
    size = legend.size()
    with qtbot.waitSignal(legend.resized):
        QTest.mouseClick(legend.head, LEFT)
    assert legend.height() < 50
    assert legend.width() < size.width()
    assert not legend.list.isVisible()
    QTest.mouseClick(legend.head, LEFT)
    assert legend.size() == size


def test_a_search_stays_while_values_are_hidden_and_goes_with_other_values(qtbot: QtBot, legend: Legend) -> None:
    entries = entries_of(81)
    legend.show_values("class", entries, class_colours(81), frozenset())
    legend.search.setText("CLASS 8")
    assert legend.list.classes.rowCount() == 2
    legend.show_values("class", entries, class_colours(81), frozenset({8}))
    assert legend.list.classes.rowCount() == 2
    with qtbot.waitSignal(legend.toggled) as heard:
        row = legend.list.visualRect(legend.list.classes.index(1))
        at = QPoint(row.right() - 12, row.center().y())
        QTest.mouseClick(legend.list.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    assert heard.args == [80]
    show(legend, 40)
    assert legend.search.text() == ""
    assert legend.list.classes.rowCount() == 40


def test_values_a_scale_and_words_look_different(qtbot: QtBot, legend: Legend, themes: ThemeManager) -> None:
    show(legend, 10)
    looks = [legend.grab().toImage()]
    legend.show_scale("loss", 0.0, 2.0, scale_colours(True, low_matters=False), None)
    assert legend.bar.isVisible()
    looks.append(legend.grab().toImage())
    legend.show_words("loss")
    legend.explain("Being measured", ())
    looks.append(legend.grab().toImage())
    assert all(one != other for k, one in enumerate(looks) for other in looks[:k])


@given(st.floats(-1e6, 1e6), st.floats(1e-4, 1e6))
def test_ticks_are_few_round_and_within(low: float, span: float) -> None:
    high = low + span
    marks = ticks(low, high)
    assert 1 <= len(marks) <= 6
    assert all(low - 1e-6 * span <= mark <= high + 1e-6 * span for mark in marks) or high == low
    assert marks == sorted(marks)


def test_ticks_read_well() -> None:
    assert ticks(0.0, 1.0) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert [worded(mark, 1.0) for mark in ticks(0.0, 1.0)] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert worded(12_000, 50_000) == "12,000"
    assert ticks(3.0, 3.0) == [3.0]


def test_dragging_an_end_hides_what_lies_beyond_it(qtbot: QtBot, room: QWidget, themes: ThemeManager) -> None:
    bar = ColourBar(themes, room)
    bar.show_scale(10.0, 20.0, scale_colours(True, low_matters=False))
    bar.show()
    heard: list[tuple[float, float] | None] = []
    bar.range_changed.connect(heard.append)
    bottom, middle = QPoint(25, bar.height() - 9), QPoint(25, bar.height() // 2)
    QTest.mousePress(bar, LEFT, Qt.KeyboardModifier.NoModifier, bottom)
    QTest.mouseMove(bar, middle)
    QTest.mouseRelease(bar, LEFT, Qt.KeyboardModifier.NoModifier, middle)
    assert heard[-1] is not None
    assert heard[-1][0] == pytest.approx(15.0, abs=0.2)
    assert heard[-1][1] == math.inf
    QTest.keyClick(bar, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert heard[-1] is not None
    assert heard[-1][1] == pytest.approx(19.8)
    before = bar.grab().toImage()
    QTest.keyClick(bar, Qt.Key.Key_Home)
    assert heard[-1] is None
    assert bar.grab().toImage() != before
    bar.show_scale(10.0, 20.0, scale_colours(True, low_matters=False), (-math.inf, 12.0))
    QTest.mouseDClick(bar, LEFT, Qt.KeyboardModifier.NoModifier, middle)
    assert heard[-1] is None


def test_a_choice_says_what_is_chosen_and_groups_the_others(qtbot: QtBot, room: QWidget, themes: ThemeManager) -> None:
    row = ViewOptions(themes, room)
    row.show()
    many = [Option(f"c{k}", f"column & {k}") for k in range(300)]
    row.colours.offer([("Data", many), ("Measured", [Option("loss", "loss")])], "c7")
    row.settle()
    assert row.colours.text() == "Colour: column && 7 ▾"
    assert row.colours.action("c7").isChecked()
    texts = [action.text() for action in row.colours.choices.actions()]
    assert texts[0] == "Data"
    assert "Measured" in texts
    with qtbot.waitSignal(row.colours.chosen) as heard:
        row.colours.action("loss").trigger()
    assert heard.args == ["loss"]
    assert row.colours.choices.sizeHint().width() < 500  # one column, which scrolls


def test_a_list_whose_inside_was_not_laid_out_yet_has_room_for_its_rows(room: QWidget, themes: ThemeManager) -> None:
    legend = Legend(themes, room)
    legend.hide()
    legend.list.viewport().resize(100, 480)
    legend.list.setFixedSize(100, 22)  # while it is hidden its inside does not follow
    legend.set_room(460)
    show(legend, 2)
    assert legend.list.minimumHeight() >= 2 * 22


def test_on_a_tiny_map_only_its_head_is_seen_until_it_is_unfolded(legend: Legend) -> None:
    show(legend, 3)
    legend.set_room(250, 260)
    assert not legend.list.isVisibleTo(legend)
    assert legend.opened, "there is still a legend on a map that is taken away"
    legend.fold(False)
    assert legend.list.isVisibleTo(legend)
    legend.fold(True)
    legend.set_room(460, 900)
    assert not legend.list.isVisibleTo(legend), "what a hand has folded stays so"


def test_on_a_tiny_map_all_choices_are_submenus_of_one_button(
    qtbot: QtBot, room: QWidget, themes: ThemeManager
) -> None:
    row, told = ViewOptions(themes, room), list[str]()
    for choice in (row.colours, row.shapes):
        choice.offer([("", [Option("class", "class")])], "class")
    row.show()
    row.add_further(lambda: "Layout: PCA ▾", lambda: told.append("layout"))
    wide = row.width()
    row.fold(True)
    assert row.width() < wide
    assert row.whole.isVisible()
    row.show_choice(row.shapes, False)
    row.whole.click()
    lines = row.menu.actions()
    assert [line.text().partition(":")[0] for line in lines] == ["Colour", "Layout"]
    lines[-1].trigger()
    assert told == ["layout"]
    row.menu.hide()
    row.fold(False)
    assert row.colours.isVisible()
    assert not row.shapes.isVisible()
    assert not row.whole.isVisible()


def test_a_scale_stays_within_the_room_there_is_and_what_is_said_below_it_gives_way(legend: Legend) -> None:
    legend.show_scale("hubness", 0.0, 40.0, scale_colours(True, low_matters=False), None)
    note = "in how many lists of 15 nearest; skewness 0.52, 0 % in none"
    legend.explain(note, ())
    high = legend.bar.height()
    assert legend.note.isVisible()
    assert legend.height() <= 460
    legend.set_room(220, 1_000)
    assert legend.height() <= 220
    legend.set_room(130, 1_000)
    assert legend.height() <= 130
    assert not legend.note.isVisible()
    assert note in legend.head.toolTip()
    legend.set_room(460, 1_000)
    assert legend.bar.height() == high
    assert legend.note.isVisible()
