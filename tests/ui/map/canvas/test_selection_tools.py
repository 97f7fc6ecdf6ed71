from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.canvas.selection_tools import THICKEST, THINNEST, SelectionTools, mode_of
from explorer.ui.map.canvas.viewport import View
from explorer.ui.map.toolbox import ToolBox
from explorer.ui.widgets.theme import ThemeManager
from tests.ui.map.canvas.test_point_canvas import at, canvas, drag, rest  # noqa: F401  the fixture

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def test_keys_go_before_the_mode_that_was_chosen() -> None:
    assert [mode_of(keys, "remove") for keys in (NONE, SHIFT, ALT, SHIFT | ALT)] == [
        "remove", "add", "remove", "intersect",
    ]  # fmt: skip
    assert mode_of(NONE, "intersect") == "intersect"


def test_a_brush_catches_what_it_passes(qtbot: QtBot, canvas: PointCanvas) -> None:  # noqa: F811
    QTest.keyClick(canvas, Qt.Key.Key_B)
    assert canvas.input.tool == "brush"
    first, middle, last = at(canvas, 0), at(canvas, 4), at(canvas, 2)
    with qtbot.waitSignal(canvas.input.selected, timeout=20_000) as heard:
        drag(canvas, [first, (first + middle) / 2, middle, (middle + last) / 2, last], SHIFT)
    assert heard.args is not None
    assert heard.args[0].tolist() == [0, 2, 4]
    assert heard.args[1] == "add"


def test_a_dab_of_the_brush_catches_as_far_as_its_circle_reaches(qtbot: QtBot, canvas: PointCanvas) -> None:  # noqa: F811
    canvas.input.set_tool("brush")
    away = at(canvas, 1) + QPoint(30, 0)
    for factor, caught in ((1.0, []), (1.5, [1])):
        canvas.input.tools.resize(factor)
        with (
            qtbot.assertNotEmitted(canvas.input.clicked),
            qtbot.waitSignal(canvas.input.selected, timeout=20_000) as heard,
        ):
            QTest.mouseClick(canvas, LEFT, NONE, away)
        assert heard.args is not None
        assert heard.args[0].tolist() == caught


def test_brackets_and_the_wheel_with_control_change_the_brush(qtbot: QtBot, canvas: PointCanvas) -> None:  # noqa: F811
    canvas.input.set_tool("brush")
    radius, scale = canvas.input.tools.radius, canvas.navigator.view.scale
    QTest.keyClick(canvas, Qt.Key.Key_BracketRight)
    assert canvas.input.tools.radius == pytest.approx(1.25 * radius)
    QTest.keyClick(canvas, Qt.Key.Key_BracketLeft)
    assert canvas.input.tools.radius == pytest.approx(radius)
    where = QPointF(at(canvas, 4))
    for turn in (240, -4_800, 9_600):
        wheel = QWheelEvent(
            where, canvas.mapToGlobal(where), QPoint(0, 0), QPoint(0, turn), Qt.MouseButton.NoButton, CONTROL,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(canvas, wheel)
        assert THINNEST <= canvas.input.tools.radius <= THICKEST
    assert canvas.input.tools.radius == THICKEST
    assert canvas.navigator.view.scale == scale


def corners_around(canvas: PointCanvas, item: int) -> list[QPoint]:  # noqa: F811
    middle = at(canvas, item)
    return [middle + QPoint(*away) for away in ((-25, -25), (25, -25), (25, 25), (-25, 25))]


def press(canvas: PointCanvas, corners: list[QPoint], keys: Qt.KeyboardModifier = NONE) -> None:  # noqa: F811
    for corner in corners:
        QTest.mouseMove(canvas, corner)
        QTest.mouseClick(canvas, LEFT, keys, corner)


@pytest.mark.parametrize("end", ["enter", "double click", "first corner"])
def test_a_polygon_is_set_corner_by_corner(qtbot: QtBot, canvas: PointCanvas, end: str) -> None:  # noqa: F811
    QTest.keyClick(canvas, Qt.Key.Key_P)
    corners = corners_around(canvas, 4)
    with qtbot.assertNotEmitted(canvas.input.clicked), qtbot.waitSignal(canvas.input.selected, timeout=20_000) as heard:
        press(canvas, corners)
        if end == "enter":
            QTest.keyClick(canvas, Qt.Key.Key_Return, SHIFT)
        elif end == "double click":
            QTest.mouseDClick(canvas, LEFT, SHIFT, corners[-1])
        else:
            press(canvas, [corners[0] + QPoint(3, 2)], SHIFT)
    assert heard.args is not None
    assert heard.args[0].tolist() == [4]
    assert heard.args[1] == "add"
    assert not len(canvas.input.tools)


def test_backspace_takes_a_corner_back_and_escape_the_polygon(qtbot: QtBot, canvas: PointCanvas) -> None:  # noqa: F811
    canvas.input.set_tool("polygon")
    with qtbot.assertNotEmitted(canvas.input.selected), qtbot.assertNotEmitted(canvas.input.cleared):
        press(canvas, corners_around(canvas, 4))
        QTest.keyClick(canvas, Qt.Key.Key_Backspace)
        assert len(canvas.input.tools) == 3
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
        assert not len(canvas.input.tools)
        press(canvas, corners_around(canvas, 4)[:2])
        QTest.keyClick(canvas, Qt.Key.Key_Return)  # two corners enclose nothing
        assert not len(canvas.input.tools)
    with qtbot.waitSignal(canvas.input.cleared):
        QTest.keyClick(canvas, Qt.Key.Key_Escape)


def test_the_corners_of_a_polygon_stay_on_the_map_when_it_moves(qtbot: QtBot, canvas: PointCanvas) -> None:  # noqa: F811
    canvas.input.set_tool("polygon")
    corners = corners_around(canvas, 4)
    press(canvas, corners[:3])
    canvas.navigator.pan(40, 10)
    rest(qtbot, canvas)
    with qtbot.waitSignal(canvas.input.selected, timeout=20_000) as heard:
        press(canvas, [corners[3] + QPoint(40, 10)])
        QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert heard.args is not None
    assert heard.args[0].tolist() == [4]


def test_the_mode_of_the_tool_box_holds_while_no_key_is_down(qtbot: QtBot, canvas: PointCanvas) -> None:  # noqa: F811
    with qtbot.waitSignal(canvas.input.mode_changed):
        canvas.input.set_mode("intersect")
    canvas.input.set_tool("rectangle")
    with qtbot.waitSignal(canvas.input.selected, timeout=20_000) as heard:
        drag(canvas, [at(canvas, 4) - QPoint(20, 20), at(canvas, 4), at(canvas, 4) + QPoint(20, 20)])
    assert heard.args is not None
    assert heard.args[1] == "intersect"


def test_every_tool_paints_what_it_draws(qtbot: QtBot, canvas: PointCanvas) -> None:  # noqa: F811
    for tool in ("brush", "polygon", "lasso"):
        canvas.input.set_tool(tool)
        QTest.mouseMove(canvas, QPoint(120, 120))
        before = canvas.grab().toImage()
        QTest.mousePress(canvas, LEFT, NONE, QPoint(120, 120))
        QTest.mouseMove(canvas, QPoint(220, 150))
        QTest.mouseMove(canvas, QPoint(200, 190))
        assert canvas.grab().toImage() != before
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
        QTest.mouseRelease(canvas, LEFT, NONE, QPoint(200, 190))


def test_the_hint_lets_a_key_go_whose_release_went_elsewhere(qtbot: QtBot, canvas: PointCanvas) -> None:  # noqa: F811
    elsewhere = QWidget()
    qtbot.addWidget(elsewhere)
    elsewhere.show()
    canvas.resize(900, 300)
    canvas.input.set_tool("lasso")

    def hint() -> QImage:
        whole = canvas.grab().toImage()
        return whole.copy(canvas.input.hint.toAlignedRect())

    free = hint()
    QTest.keyPress(canvas, Qt.Key.Key_Alt, ALT)
    assert hint() != free  # other words are in bold
    QTest.keyRelease(elsewhere, Qt.Key.Key_Alt, NONE)
    qtbot.waitUntil(lambda: hint() == free, timeout=20_000)


def test_a_resting_brush_leaves_few_corners() -> None:
    hand, view = SelectionTools(), View(scale=2.0, width=400, height=300)
    hand.tool = "brush"
    for k in range(200):
        hand.put(view, QPointF(100 + 0.1 * k, 50))
    assert len(hand) <= 10
    assert np.isclose(hand.outline()[0], view.to_map(100, 50)).all()


def test_the_tool_box_names_keys_and_shows_modes_where_they_matter(qtbot: QtBot, themes: ThemeManager) -> None:
    box = ToolBox(themes, None)  # type: ignore[arg-type]
    qtbot.addWidget(box)
    box.show()
    short = box.height()
    assert "(B)" in box.button("brush").toolTip()
    with qtbot.waitSignal(box.tool_chosen) as heard:
        QTest.mouseClick(box.button("polygon"), LEFT)
    assert heard.args == ["polygon"]
    box.show_tool("polygon")
    assert box.height() > short
    with qtbot.waitSignal(box.mode_chosen) as heard:
        QTest.mouseClick(box.button("remove"), LEFT)
    assert heard.args == ["remove"]
    box.show_tool("pointer")
    assert box.height() == short
