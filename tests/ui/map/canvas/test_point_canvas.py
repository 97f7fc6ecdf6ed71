from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPaintEvent, QRegion, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.map.canvas.marks import Card, Star, number_boxes
from explorer.ui.map.canvas.point_canvas import LAYING_OUT, PREPARING, PointCanvas
from explorer.ui.map.canvas.scene import Style
from explorer.ui.widgets.theme import DARK, LIGHT

XY = np.array([[-10, -5], [10, -5], [10, 5], [-10, 5], [0, 0]], np.float32)


def card_of(item: int) -> Card:
    return Card(None, "a & <b>class</b>", f"#{item}", (("7 of 8 right", "text"), ("train/" + "x" * 80, "muted")))


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[PointCanvas]:
    widget = PointCanvas(DARK, card_of)
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.show()
    widget.set_items(len(XY), Style.plain(len(XY), (90, 160, 250), DARK.rgb("background"), DARK.rgb("text")))
    widget.move_points(np.arange(len(XY)), XY)
    rest(qtbot, widget)
    yield widget
    widget.shut()


def rest(qtbot: QtBot, canvas: PointCanvas) -> None:
    """Wait until what is on screen shows the present view of points at rest."""

    def resting() -> bool:
        picture = canvas.picture
        return (
            picture is not None
            and picture.view == canvas.navigator.view
            and picture.share >= 1.0
            and picture.bounds is not None
            and not canvas.navigator.gliding
        )

    qtbot.waitUntil(resting, timeout=60_000)


def test_the_ground_has_the_new_theme_at_once_and_no_picture_of_the_old_one_comes_after(
    qtbot: QtBot, canvas: PointCanvas
) -> None:
    wanted = LIGHT.colour("background").rgb()
    box = QWidget(canvas)
    box.setGeometry(20, 20, 40, 40)
    box.show()
    canvas.set_theme(LIGHT)
    assert canvas.picture is not None
    assert canvas.picture.ground == wanted
    assert canvas.grab().toImage().pixel(200, 5) == wanted
    seen: list[int | None] = []
    canvas.drawn.connect(lambda picture: seen.append(picture.ground))
    canvas.move_points(np.arange(len(XY)), XY * 2)  # drawn in the style of the old theme
    qtbot.waitUntil(lambda: len(seen) >= 3, timeout=60_000)
    assert set(seen) == {wanted}


def at(canvas: PointCanvas, item: int) -> QPoint:
    x, y = canvas.places([item])[0]
    return QPoint(round(x), round(y))


def drag(canvas: PointCanvas, path: list[QPoint], keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, keys, path[0])
    for point in path[1:]:
        QTest.mouseMove(canvas, point)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, keys, path[-1])


def test_all_points_are_in_sight_at_first(canvas: PointCanvas) -> None:
    places = canvas.places(np.arange(len(XY)))
    assert (places > 0).all()
    assert (places < [400, 300]).all()
    assert canvas.navigator.following


def test_the_pointer_hovers_the_point_below_it(qtbot: QtBot, canvas: PointCanvas) -> None:
    for item in range(len(XY)):
        with qtbot.waitSignal(canvas.input.hovered) as heard:
            QTest.mouseMove(canvas, at(canvas, item) + QPoint(1, 1))
        assert heard.args == [item]
    with qtbot.waitSignal(canvas.input.hovered) as heard:
        QTest.mouseMove(canvas, at(canvas, 4) + QPoint(30, 30))
    assert heard.args == [-1]


def test_hovering_paints_a_ring_and_a_card_inside_the_edges(qtbot: QtBot, canvas: PointCanvas) -> None:
    before = canvas.grab().toImage()
    QTest.mouseMove(canvas, at(canvas, 2))
    assert canvas.grab().toImage() != before


def test_a_click_gives_the_item_and_whether_to_add(qtbot: QtBot, canvas: PointCanvas) -> None:
    with qtbot.waitSignal(canvas.input.clicked) as heard:
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at(canvas, 3))
    assert heard.args == [3, False]
    for key in (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier):
        with qtbot.waitSignal(canvas.input.clicked) as heard:
            QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, key, at(canvas, 1))
        assert heard.args == [1, True]


def test_a_drag_pans_and_is_no_click(qtbot: QtBot, canvas: PointCanvas) -> None:
    start = at(canvas, 4)
    with qtbot.assertNotEmitted(canvas.input.clicked):
        drag(canvas, [start, start + QPoint(10, 4), start + QPoint(50, 20)])
    assert not canvas.navigator.following
    rest(qtbot, canvas)
    moved = at(canvas, 4) - start
    assert abs(moved.x() - 50) <= 1
    assert abs(moved.y() - 20) <= 1


def test_the_wheel_zooms_at_the_pointer(qtbot: QtBot, canvas: PointCanvas) -> None:
    before, scale = at(canvas, 2), canvas.navigator.view.scale
    wheel = QWheelEvent(
        QPointF(before), canvas.mapToGlobal(QPointF(before)), QPoint(0, 0), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, wheel)
    rest(qtbot, canvas)
    assert canvas.navigator.view.scale > 1.3 * scale
    assert (at(canvas, 2) - before).manhattanLength() <= 2


def test_double_click_and_o_show_everything_again(qtbot: QtBot, canvas: PointCanvas) -> None:
    whole = canvas.navigator.view
    for by_mouse in (True, False):
        QTest.keyClick(canvas, Qt.Key.Key_Plus)
        rest(qtbot, canvas)
        assert canvas.navigator.view.scale == pytest.approx(1.5 * whole.scale)
        if by_mouse:
            QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(5, 5))
        else:
            QTest.keyClick(canvas, Qt.Key.Key_O)
        rest(qtbot, canvas)
        assert canvas.navigator.view.scale == pytest.approx(whole.scale)
        assert canvas.navigator.following


def test_the_arrow_keys_pan_with_shift_and_minus_zooms_out(qtbot: QtBot, canvas: PointCanvas) -> None:
    before = canvas.places([4])[0]
    QTest.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    rest(qtbot, canvas)
    assert (canvas.places([4])[0] - before).tolist() == pytest.approx([-60, -60])
    scale = canvas.navigator.view.scale
    QTest.keyClick(canvas, Qt.Key.Key_Minus)
    rest(qtbot, canvas)
    assert canvas.navigator.view.scale == pytest.approx(scale / 1.5)


@pytest.mark.parametrize(
    ("keys", "mode"),
    [
        (Qt.KeyboardModifier.NoModifier, "replace"),
        (Qt.KeyboardModifier.ShiftModifier, "add"),
        (Qt.KeyboardModifier.AltModifier, "remove"),
    ],
)
def test_a_lasso_catches_what_it_encloses(
    qtbot: QtBot, canvas: PointCanvas, keys: Qt.KeyboardModifier, mode: str
) -> None:
    QTest.keyClick(canvas, Qt.Key.Key_L)
    one, other = at(canvas, 0), at(canvas, 3)
    path = [
        one + QPoint(-9, 9), one + QPoint(12, 9), other + QPoint(12, -9), other + QPoint(-9, -9), one + QPoint(-9, 0),
    ]  # fmt: skip
    with qtbot.waitSignal(canvas.input.selected, timeout=20_000) as heard:
        drag(canvas, path, keys)
    assert heard.args is not None
    assert heard.args[0].tolist() == [0, 3]
    assert heard.args[1] == mode


def test_a_rectangle_catches_what_it_covers_and_a_click_still_picks(qtbot: QtBot, canvas: PointCanvas) -> None:
    with qtbot.waitSignal(canvas.input.tool_changed) as heard:
        QTest.keyClick(canvas, Qt.Key.Key_R)
    assert heard.args == ["rectangle"]
    with qtbot.waitSignal(canvas.input.selected, timeout=20_000) as heard:
        drag(canvas, [at(canvas, 4) + QPoint(-20, -20), QPoint(300, 200), at(canvas, 1) + QPoint(9, 9)])
    assert heard.args is not None
    assert heard.args[0].tolist() == [1, 4]
    with qtbot.waitSignal(canvas.input.clicked):
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at(canvas, 4))


def test_escape_drops_a_lasso_that_is_being_drawn_and_clears_otherwise(qtbot: QtBot, canvas: PointCanvas) -> None:
    canvas.input.set_tool("lasso")
    with qtbot.assertNotEmitted(canvas.input.selected), qtbot.assertNotEmitted(canvas.input.cleared):
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(50, 50))
        QTest.mouseMove(canvas, QPoint(150, 90))
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(150, 90))
    with qtbot.waitSignal(canvas.input.cleared):
        QTest.keyClick(canvas, Qt.Key.Key_Escape)


def test_the_view_follows_the_layout_until_the_user_takes_over(qtbot: QtBot, canvas: PointCanvas) -> None:
    canvas.move_points(np.arange(len(XY)), XY * 4 + 100)
    qtbot.waitUntil(lambda: canvas.navigator.bounds is not None and canvas.navigator.bounds[0] > 50, timeout=20_000)
    rest(qtbot, canvas)
    assert (canvas.places(np.arange(len(XY))) > 0).all()
    drag(canvas, [QPoint(200, 150), QPoint(220, 150), QPoint(240, 150)])
    scale = canvas.navigator.view.scale
    canvas.move_points(np.arange(len(XY)), XY)
    qtbot.waitUntil(lambda: canvas.navigator.bounds is not None and canvas.navigator.bounds[0] < 0, timeout=20_000)
    rest(qtbot, canvas)
    assert canvas.navigator.view.scale == scale


def test_queries_are_marked_and_both_themes_paint(qtbot: QtBot, canvas: PointCanvas) -> None:
    before = canvas.grab().toImage()
    canvas.set_stars([Star(4, np.array([0, 1]), ("right", "wrong"), 1)])
    marked = canvas.grab().toImage()
    assert marked != before
    canvas.set_theme(LIGHT)
    assert canvas.grab().toImage() != marked


def test_numbers_of_queries_close_by_do_not_cover_each_other() -> None:
    for apart in (0.0, 8.0, 25.0):
        boxes = number_boxes([QPointF(100 + apart * k, 100) for k in range(4)], 3.0)
        assert not any(one.intersects(other) for one, other in combinations(boxes, 2))
    alone = number_boxes([QPointF(100, 100)], 3.0)[0]
    assert alone.left() > 100
    assert alone.bottom() < 100


def test_the_number_of_a_query_stands_where_it_is_seen(canvas: PointCanvas) -> None:
    chip = QRectF(60, 0, 200, 24)  # such as the choice of colours at the upper edge
    middle = QPointF(100, 30)
    (box,) = number_boxes([middle], 3.0, lambda box: not box.intersects(chip))
    assert box.top() > middle.y()
    (nowhere,) = number_boxes([middle], 3.0, lambda _box: False)
    assert nowhere == number_boxes([middle], 3.0)[0]
    over = QWidget(canvas)
    over.setGeometry(0, 0, canvas.width(), 24)
    over.show()
    free = canvas._free_places()
    assert [free(QRectF(50, top, 14, 14)) for top in (10, 30, canvas.height() - 5)] == [False, True, False]


def test_a_selected_item_is_seen_over_the_rings_of_a_query(canvas: PointCanvas) -> None:
    canvas.set_stars([Star(4, np.empty(0, np.int64), (), 1)])
    alone = canvas.grab().toImage()
    canvas.set_chosen(np.array([4]))
    assert canvas.grab().toImage() == alone, "it is the query itself"
    canvas.set_chosen(np.array([2]))
    assert canvas.grab().toImage() != alone
    canvas.set_chosen(np.empty(0, np.int64))
    assert canvas.grab().toImage() == alone


def test_another_theme_is_painted_beneath_what_floats_over_the_map_as_well(qtbot: QtBot, canvas: PointCanvas) -> None:
    """A frame leaves the boxes alone, whose corners would keep the old backdrop after a change."""
    painted: list[QRegion] = []

    class Box(QWidget):
        def paintEvent(self, event: QPaintEvent) -> None:
            painted.append(event.region())

    box = Box(canvas)
    box.setGeometry(10, 10, 40, 20)
    box.show()
    qtbot.waitUntil(lambda: bool(painted))
    assert canvas.picture is not None
    assert canvas.picture.ground == 0xFF000000 | int(DARK.tokens["background"][1:], 16)
    painted.clear()
    canvas.move_points(np.arange(len(XY)), XY * 2)
    with qtbot.waitSignal(canvas.drawn, timeout=60_000):
        canvas.update(QRegion())
    rest(qtbot, canvas)
    assert not painted
    canvas.set_theme(LIGHT)
    qtbot.waitUntil(lambda: bool(painted))


def test_a_resize_keeps_everything_in_sight(qtbot: QtBot, canvas: PointCanvas) -> None:
    canvas.resize(250, 500)
    rest(qtbot, canvas)
    places = canvas.places(np.arange(len(XY)))
    assert (places > 0).all()
    assert (places < [250, 500]).all()


def test_other_items_start_over(qtbot: QtBot, canvas: PointCanvas) -> None:
    QTest.mouseMove(canvas, at(canvas, 4))
    canvas.set_items(2, Style.plain(2, (255, 0, 0), (0, 0, 0), (255, 255, 255)))
    assert np.isnan(canvas.places([4])).all()
    canvas.move_points(np.arange(2), XY[:2] + 500)
    rest(qtbot, canvas)
    assert canvas.navigator.following
    assert (canvas.places([0, 1]) > 0).all()


def test_a_failure_of_the_raster_thread_is_told(qtbot: QtBot, canvas: PointCanvas) -> None:
    with qtbot.waitSignal(canvas.crashed, timeout=20_000) as heard:
        canvas.move_points(np.array([99]), np.zeros((1, 2), np.float32))
    assert heard.args is not None
    assert "cannot be drawn" in heard.args[0]


def test_deleting_the_canvas_ends_its_thread(qtbot: QtBot) -> None:
    widget = PointCanvas(DARK, card_of)
    widget.set_items(1, Style.plain(1, (255, 0, 0), (0, 0, 0), (255, 255, 255)))
    threads = [thread for thread in threading.enumerate() if thread.name == "raster"]
    assert threads
    shiboken6.delete(widget)
    assert not any(thread.is_alive() for thread in threads)


def test_the_keyboard_goes_from_item_to_item_asks_and_selects(qtbot: QtBot, canvas: PointCanvas) -> None:
    keys, seen = Qt.Key, list[tuple[str, int, bool]]()
    canvas.input.hovered.connect(lambda item: seen.append(("hovered", item, False)))
    canvas.input.asked.connect(lambda item, add: seen.append(("asked", item, add)))
    canvas.input.toggled.connect(lambda item: seen.append(("toggled", item, False)))
    for key in (keys.Key_Return, keys.Key_Space):
        QTest.keyClick(canvas, key)
    assert seen == []  # it is at no item yet
    for key in (keys.Key_Right, keys.Key_Right, keys.Key_Up, keys.Key_Left, keys.Key_Down, keys.Key_Down):
        QTest.keyClick(canvas, key)
    walked = [item for _, item, _ in seen]
    assert walked[0] == 4  # first to the middle
    assert walked[1] in (1, 2)
    assert walked[2:] == [2, 3, 0, 0]  # round the corners; below the last there is none
    assert canvas.hover == 0
    assert canvas.accessibleDescription().startswith("a & <b>class</b> #0, 7 of 8 right")
    seen.clear()
    QTest.keyClick(canvas, keys.Key_Return)
    QTest.keyClick(canvas, keys.Key_Return, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(canvas, keys.Key_Space)
    assert seen == [("asked", 0, False), ("asked", 0, True), ("toggled", 0, False)]
    canvas.set_items(2, Style.plain(2, (90, 160, 250), DARK.rgb("background"), DARK.rgb("text")))
    assert canvas.key_cursor.item == -1


def test_the_item_of_the_keyboard_is_brought_into_sight_and_hidden_ones_are_passed(
    qtbot: QtBot, canvas: PointCanvas
) -> None:
    style = Style.plain(len(XY), (90, 160, 250), DARK.rgb("background"), DARK.rgb("text"))
    canvas.set_style(replace(style, visible=np.array([True, True, True, True, False])))
    canvas.navigator.zoom_at(8.0, 200.0, 150.0)
    rest(qtbot, canvas)
    assert not any(canvas.rect().contains(QPoint(*place)) for place in canvas.places(range(4)).astype(int).tolist())
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.key_cursor.item in range(4)
    rest(qtbot, canvas)
    assert canvas.rect().contains(QPoint(*canvas.places([canvas.key_cursor.item])[0].astype(int).tolist()))


def test_where_the_keyboard_is_is_seen(qtbot: QtBot, canvas: PointCanvas) -> None:
    canvas.activateWindow()
    canvas.clearFocus()
    plain = canvas.grab().toImage()
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(canvas.hasFocus)
    accent = DARK.colour("accent").rgb()
    assert plain.pixel(1, 1) != accent
    assert canvas.grab().toImage().pixel(1, 1) == accent  # around the map, before it is at an item
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    looks = canvas.grab().toImage()
    assert looks.pixel(1, 1) != accent
    x, y = canvas.places([canvas.key_cursor.item])[0].astype(int).tolist()
    around = {looks.pixel(x + dx, y) for dx in range(-16, 17)}
    assert accent in around


def test_before_there_are_points_it_says_that_they_are_coming(qtbot: QtBot, canvas: PointCanvas) -> None:
    assert canvas.laid_out
    canvas.set_items(len(XY), Style.plain(len(XY), (90, 160, 250), DARK.rgb("background"), DARK.rgb("text")))
    assert not canvas.laid_out
    assert said_in_the_middle(canvas)
    canvas.move_points(np.arange(len(XY)), XY * np.float32(2))
    rest(qtbot, canvas)
    assert canvas.laid_out
    canvas.set_items(0, Style.plain(0, (90, 160, 250), DARK.rgb("background"), DARK.rgb("text")))
    assert not said_in_the_middle(canvas)  # nothing is coming


def colours_of(canvas: PointCanvas) -> set[tuple[int, int, int]]:
    image = canvas.grab().toImage()
    every = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
    return {(pixel >> 16 & 255, pixel >> 8 & 255, pixel & 255) for pixel in every}


def said_in_the_middle(canvas: PointCanvas) -> bool:
    image = canvas.grab().toImage()
    colours = {image.pixel(x, image.height() // 2) for x in range(image.width() // 4, 3 * image.width() // 4)}
    return len(colours) > 1


def test_that_the_map_is_being_laid_out_is_said_where_nothing_floats(canvas: PointCanvas) -> None:
    style = Style.plain(len(XY), (90, 160, 250), DARK.rgb("background"), DARK.rgb("text"))
    canvas.set_items(len(XY), style)  # without a place, as yet
    canvas.navigator.insets = (0.0, 0.0, 200.0, 0.0)
    image, ground = canvas.grab().toImage(), DARK.colour("background").name()
    columns = [x for x in range(400) if any(image.pixelColor(x, y).name() != ground for y in range(120, 180))]
    assert columns
    assert max(columns) < 200


def test_a_first_start_says_that_the_kernels_are_compiled(qtbot: QtBot, canvas: PointCanvas) -> None:
    canvas.set_items(len(XY), Style.plain(len(XY), (90, 160, 250), DARK.rgb("background"), DARK.rgb("text")))
    assert canvas.waits_for == LAYING_OUT
    raster = canvas._started()
    raster._prepare(True)
    assert canvas.waits_for == PREPARING
    assert "First start" in PREPARING
    canvas.move_points(np.arange(len(XY)), XY)  # at once, before the turn in which the raster thread rings
    assert (90, 160, 250) in colours_of(canvas), "they are painted plainly until then"
    raster._prepare(False)
    assert canvas.waits_for == LAYING_OUT
