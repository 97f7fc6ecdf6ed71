from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Part
from explorer.core.types import PIXELS_RUN, Fidelity, FloatArray, Neighbours, Projection, Split
from explorer.engine.events import CatalogueReady, DatasetOpened
from explorer.engine.session.state import LATER_KINDS
from explorer.ui.map.canvas.canvas_input import HINT_ROOM
from explorer.ui.map.frame_status import status_of
from explorer.ui.map.map_panel import EDGE, MapPanel
from explorer.ui.map.overlays.axis_titles import HOW
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.class_list import HIDDEN, NAME
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of

COUNT = 300
XY, LABELS = blobs(COUNT, 10)
HELD_OUT = np.arange(0, COUNT, 5)


def frame(xy: FloatArray, *, run: str = "r1", step: int = 1860, exact: bool = True, method: str = "umap") -> Projection:
    return Projection(run, step, np.arange(len(xy)), xy, 1, method, exact, Fidelity(0.981, 0.41, 15, 100))


@pytest.fixture
def held() -> Held:
    return Held(run="r1")


@pytest.fixture
def desk(held: Held, tmp_path: Path) -> Desk:
    return desk_of(held, Settings(tmp_path / "settings.json"))


@pytest.fixture
def panel(qtbot: QtBot, desk: Desk) -> Iterator[MapPanel]:
    widget = MapPanel(desk)
    qtbot.addWidget(widget)
    widget.resize(800, 500)
    widget.show()
    yield widget
    widget.shut()
    desk.bridge.close()


def open_blobs(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    """Open a dataset, show one frame of its map, and wait until it is on screen."""
    held.dataset = dataset_of(LABELS, CLOTHES)
    held.split = Split("items", np.setdiff1d(np.arange(COUNT), HELD_OUT), HELD_OUT, unseen=False)
    panel.desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, held.split))
    panel.desk.bridge.of(Projection).emit(frame(XY))
    rest(qtbot, panel)


def rest(qtbot: QtBot, panel: MapPanel) -> None:
    canvas = panel.canvas

    def resting() -> bool:
        picture = canvas.picture
        if picture is None or picture.bounds is None or canvas.navigator.gliding:
            return False
        return picture.view == canvas.navigator.view and picture.share >= 1.0

    qtbot.waitUntil(resting, timeout=60_000)


def spot(qtbot: QtBot, panel: MapPanel) -> tuple[QPoint, int]:
    """Return a place on the canvas, free of what floats there, and the item that is seen in it."""
    rest(qtbot, panel)
    for item in range(COUNT):
        x, y = panel.canvas.places([item])[0]
        at = QPoint(round(x), round(y))
        picture = panel.canvas.picture
        assert picture is not None
        if (
            panel.canvas.childAt(at) is None
            and picture.pick(*panel.canvas.navigator.view.to_map(at.x(), at.y())) == item
        ):
            return at, item
    raise AssertionError("no item is in sight")


def click(panel: MapPanel, at: QPoint, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(panel.canvas, Qt.MouseButton.LeftButton, keys, at)


def test_it_says_what_will_appear_until_there_is_a_map(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    assert not panel.body_shown
    assert "drop" in panel.empty_text
    held.dataset = dataset_of(LABELS, CLOTHES)
    panel.desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None))
    assert not panel.body_shown
    panel.desk.bridge.of(Projection).emit(frame(XY))
    assert panel.body_shown
    assert panel.status == "step 1,860", "how far a map can be trusted is said with its points"
    qtbot.waitUntil(lambda: panel.canvas.laid_out)
    assert panel.status == "step 1,860 · trust 0.981 · 15-NN kept 0.41"


def test_the_header_says_method_step_and_trust(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    assert panel.subtitle == "UMAP live"
    assert panel.status == "step 1,860 · trust 0.981 · 15-NN kept 0.41"
    panel.desk.bridge.of(Projection).emit(frame(XY, step=1900, exact=False))
    assert panel.subtitle == "UMAP live"  # it stands beside the step, once
    assert panel.status.startswith("≈ step 1,900")
    assert status_of(frame(XY, run=PIXELS_RUN, method="pca")).startswith("raw pixels · trust")


def test_hovering_tells_the_state_and_back(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    at, item = spot(qtbot, panel)
    QTest.mouseMove(panel.canvas, at)
    assert panel.desk.state.hover == item
    before = panel.canvas.grab().toImage()
    panel.desk.state.set_hover((item + 150) % COUNT)
    assert panel.canvas.grab().toImage() != before


def test_a_click_pins_and_control_adds_up_to_ten(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    state = panel.desk.state
    at, item = spot(qtbot, panel)
    state.pins.set(range(100, 110))
    click(panel, at, Qt.KeyboardModifier.ControlModifier)
    assert state.pins.items == (*range(101, 110), item)
    click(panel, at, Qt.KeyboardModifier.ControlModifier)
    assert state.pins.items == tuple(range(101, 110))
    click(panel, at)
    assert state.pins.items == (*range(101, 110), item)  # what is pinned stays
    assert state.pins.looked_at == item
    assert state.selection.tolist() == [item]
    QTest.keyClick(panel.canvas, Qt.Key.Key_Escape)
    assert not len(state.pins.items)
    assert not len(state.selection)


def test_by_keyboard_an_item_is_asked_about_and_selected(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    state, canvas, keys = panel.desk.state, panel.canvas, Qt.Key
    QTest.keyClick(canvas, keys.Key_Right)
    first = state.hover
    assert first >= 0
    QTest.keyClick(canvas, keys.Key_Space)
    QTest.keyClick(canvas, keys.Key_Right)
    second = state.hover
    assert second not in (first, -1)
    QTest.keyClick(canvas, keys.Key_Space)
    assert state.selection.tolist() == sorted((first, second))
    QTest.keyClick(canvas, keys.Key_Return)
    assert state.pins.items == (second,)
    assert len(state.selection) == 2  # what was selected stays
    QTest.keyClick(canvas, keys.Key_Space)
    assert state.selection.tolist() == [first]


def test_a_lasso_selects_adds_and_removes(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    state, canvas = panel.desk.state, panel.canvas
    QTest.mouseClick(panel.tools.button("rectangle"), Qt.MouseButton.LeftButton)
    assert canvas.input.tool == "rectangle"

    def sweep(first: QPoint, last: QPoint, keys: Qt.KeyboardModifier) -> None:
        with qtbot.waitSignal(canvas.input.selected, timeout=20_000):
            QTest.mousePress(canvas, Qt.MouseButton.LeftButton, keys, first)
            QTest.mouseMove(canvas, (first + last) / 2)
            QTest.mouseMove(canvas, last)
            QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, keys, last)

    rest(qtbot, panel)
    low, high = QPoint(60, 70), QPoint(canvas.width() - 1, canvas.height() - 1)
    middle = QPoint(canvas.width() // 2, high.y())
    places = canvas.places(np.arange(COUNT))
    left = np.flatnonzero((places > [low.x(), low.y()]).all(1) & (places < [middle.x(), middle.y()]).all(1))
    sweep(low, middle, Qt.KeyboardModifier.NoModifier)
    assert state.selection.tolist() == left.tolist()
    sweep(QPoint(middle.x(), low.y()), high, Qt.KeyboardModifier.ShiftModifier)
    assert len(state.selection) > len(left)
    sweep(low, middle, Qt.KeyboardModifier.AltModifier)
    assert not np.isin(left, state.selection).any()
    state.pins.choose(3)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert not len(state.selection)
    assert state.pins.items == (3,)


def row_of(panel: MapPanel, name: str) -> QPoint:
    """Return the middle of the row of a value in the legend, scrolled into sight."""
    values, model = panel.legend.list, panel.legend.list.classes
    index = next(model.index(row) for row in range(model.rowCount()) if model.index(row).data(NAME) == name)
    values.scrollTo(index)
    return values.visualRect(index).center()


def names_in(panel: MapPanel) -> list[str]:
    model = panel.legend.list.classes
    return [str(model.index(row).data(NAME)) for row in range(model.rowCount())]


@pytest.mark.parametrize("width", [460, 560, 1_300])
def test_the_legend_stays_in_its_corner_also_where_another_width_of_the_map_makes_it_wider(
    qtbot: QtBot, panel: MapPanel, held: Held, width: int
) -> None:
    held.dataset = dataset_of(LABELS, tuple(f"{number}, a class with a long name" for number in range(10)))
    panel.desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None))
    panel.desk.bridge.of(Projection).emit(frame(XY))
    rest(qtbot, panel)
    panel.resize(400, 500)
    qtbot.waitUntil(lambda: panel.canvas.width() == 400)
    narrow = panel.legend.width()
    panel.resize(width, 500)
    qtbot.waitUntil(lambda: panel.canvas.width() == width)
    assert panel.legend.width() > narrow
    assert panel.legend.geometry().right() + 1 + EDGE == width


def test_the_legend_hides_and_isolates_classes(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    state, port = panel.desk.state, panel.legend.list.viewport()
    assert names_in(panel) == list(CLOTHES)
    plain, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    QTest.mouseClick(port, left, plain, row_of(panel, CLOTHES[3]))
    assert not state.hidden_classes
    assert state.selection.tolist() == np.flatnonzero(LABELS == 3).tolist()
    QTest.mouseClick(port, left, Qt.KeyboardModifier.ControlModifier, row_of(panel, CLOTHES[4]))
    assert state.selection.tolist() == np.flatnonzero((LABELS == 3) | (LABELS == 4)).tolist()
    QTest.mouseClick(port, left, Qt.KeyboardModifier.AltModifier, row_of(panel, CLOTHES[3]))
    assert state.selection.tolist() == np.flatnonzero(LABELS == 4).tolist()
    eye = QPoint(port.width() - 12, row_of(panel, CLOTHES[3]).y())
    QTest.mouseClick(port, left, plain, eye)
    assert state.hidden_classes == {3}
    assert panel.legend.list.classes.index(3).data(HIDDEN)
    picture = panel.canvas.picture

    def gone() -> bool:
        seen = panel.canvas.picture
        return (
            seen is not None and seen is not picture and not np.isin(np.flatnonzero(LABELS == 3), seen.owners()).any()
        )

    qtbot.waitUntil(gone, timeout=20_000)
    for expected in ({*range(-1, 10)} - {5}, set()):
        place = row_of(panel, CLOTHES[5])
        QTest.mouseClick(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        QTest.mouseDClick(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        assert state.hidden_classes == expected
    QTest.keyClick(panel.legend.list, Qt.Key.Key_Space)
    assert state.hidden_classes == {5}
    QTest.keyClick(panel.legend.list, Qt.Key.Key_Return)
    assert state.hidden_classes == {*range(-1, 10)} - {5}


def test_many_classes_are_all_listed_and_searched(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    labels = np.arange(3_000, dtype=np.int64) % 1_500
    held.dataset = dataset_of(labels)
    panel.desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None))
    assert panel.legend.list.classes.rowCount() == 1_500
    panel.desk.bridge.of(Projection).emit(frame(np.random.default_rng(0).normal(size=(3_000, 2)).astype(np.float32)))
    rest(qtbot, panel)
    assert panel.legend.geometry().bottom() <= panel.canvas.height()
    panel.legend.search.setText(names_in(panel)[1_234])
    assert panel.legend.list.classes.rowCount() >= 1
    assert panel.legend.list.classes.rowCount() < 20
    QTest.keyClick(panel.legend.search, Qt.Key.Key_Escape)
    assert panel.legend.list.classes.rowCount() == 1_500


def test_points_can_be_coloured_by_split_and_hidden_by_it(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    assert panel.colours.colours.names()[:2] == ["class", "split"]
    panel.colours.colours.action("split").trigger()
    state = panel.desk.state
    assert state.colour_by == "split"
    assert names_in(panel) == ["train", "held out"]
    panel.legend.toggled.emit(1)
    assert state.hidden_values == {1}
    assert state.hidden_classes == frozenset()
    shown = panel._colouring._style
    assert shown is not None
    assert shown.visible is not None
    assert np.flatnonzero(~shown.visible).tolist() == HELD_OUT.tolist()
    panel.desk.commands["map.show_all"].trigger()
    assert state.hidden_values == frozenset()


def test_pins_are_joined_to_their_neighbours(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    before = panel.canvas.grab().toImage()
    panel.desk.state.pins.choose(7)
    marked = panel.canvas.grab().toImage()
    assert marked != before
    near = Neighbours("r1", 1860, np.array([7]), np.array([[8, 9, 200, -1]]), np.zeros((1, 4), np.float32))
    panel.desk.bridge.of(Neighbours).emit(near)
    assert panel.canvas.grab().toImage() != marked


def test_settle_and_freeze_reach_the_layout(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    assert not panel.settle.isEnabled()
    open_blobs(qtbot, panel, held)
    panel.freeze.click()
    panel.freeze.click()
    panel.freeze.click()
    panel.settle.click()
    assert held.asked == ["freeze", "resume", "freeze", "resume", "settle"]
    assert not panel.freeze.isChecked()


def test_the_theme_changes_points_and_paper(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    before = panel.canvas.picture
    panel.desk.themes.choose("light")
    qtbot.waitUntil(lambda: panel.canvas.picture is not before, timeout=20_000)
    rest(qtbot, panel)
    assert panel.canvas.grab().toImage().pixelColor(400, 2).lightness() > 200


def test_every_action_is_a_command(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    commands, navigator = panel.desk.commands, panel.canvas.navigator
    for tool in ("lasso", "rectangle", "brush", "polygon", "pointer"):
        commands[f"map.{tool}"].trigger()
        assert panel.canvas.input.tool == tool
    assert not commands["map.zoom_selection"].isEnabled(), "nothing is selected"
    panel.desk.state.set_selection(np.flatnonzero(LABELS == 2))
    commands["map.zoom_selection"].trigger()
    rest(qtbot, panel)
    assert navigator.zoom > 1.5
    commands["map.fit"].trigger()
    rest(qtbot, panel)
    assert navigator.zoom == pytest.approx(1.0)
    commands["map.freeze"].trigger()
    commands["map.settle"].trigger()
    assert held.asked == ["freeze", "resume", "settle"]


def test_the_words_about_a_tool_lie_over_no_point(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    canvas = panel.canvas
    before = canvas.places(np.arange(COUNT))
    canvas.input.set_tool("lasso")
    rest(qtbot, panel)
    assert canvas.statusTip() == "Drag to select · Esc clears"
    assert np.array_equal(canvas.places(np.arange(COUNT)), before)  # a loop that was aimed before hits
    assert (canvas.places(np.arange(COUNT))[:, 1] < canvas.height() - HINT_ROOM).all()
    foot = QRect(0, canvas.height() - HINT_ROOM, canvas.width(), HINT_ROOM)
    QTest.mouseMove(canvas, QPoint(400, 200))
    words = canvas.grab(foot).toImage()
    QTest.mouseMove(canvas, foot.center())
    assert canvas.grab(foot).toImage() != words
    canvas.input.set_tool("pointer")
    assert canvas.statusTip() == ""
    assert np.array_equal(canvas.places(np.arange(COUNT)), before)


def test_the_words_about_a_tool_lie_beside_the_titles_of_directions_and_it_is_said_how_these_are_chosen(
    qtbot: QtBot, panel: MapPanel, held: Held
) -> None:
    open_blobs(qtbot, panel, held)
    for params, told in (({}, HOW), ({"x_from": "class 0"}, "")):
        held.projection = Part(name="directions", params=params)
        panel.desk.bridge.of(Projection).emit(frame(XY, method="directions"))
        assert panel.words.text == told
        rest(qtbot, panel)
        lowest = panel.words.geometry().bottom() if told else 0
        assert (panel.canvas.places(np.arange(COUNT))[:, 1] > lowest).all()
    panel.canvas.input.set_tool("lasso")
    rest(qtbot, panel)
    panel.canvas.grab()
    assert panel.canvas.input.hint.left() > panel.axes.layer.end


def test_it_says_how_many_points_stand_for_how_many(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    picture = panel.canvas.picture
    assert picture is not None
    assert not panel.part_drawn.isVisible()
    some = replace(picture, drawn=861_024, in_sight=19_998_765)
    panel.canvas.drawn.emit(some)
    assert panel.part_drawn.isVisible()
    assert panel.part_drawn.text == "860,000 of 20,000,000 points drawn; the closer, the more"
    assert panel.canvas.rect().contains(panel.part_drawn.geometry())
    panel.canvas.drawn.emit(picture)
    assert not panel.part_drawn.isVisible()


def test_where_it_says_how_many_are_drawn_no_point_lies_below_it(
    qtbot: QtBot, panel: MapPanel, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.ui.map.map_panel.GLIDING", COUNT - 1)
    open_blobs(qtbot, panel, held)
    rest(qtbot, panel)
    picture = panel.canvas.picture
    assert picture is not None
    panel.canvas.drawn.emit(replace(picture, drawn=861_024, in_sight=19_998_765))
    box = panel.part_drawn.geometry()
    assert panel.canvas.places(np.arange(COUNT))[:, 1].max() < box.top()
    assert box.bottom() < panel.canvas.height() - HINT_ROOM


def test_what_a_run_has_not_embedded_yet_stays_in_grey_where_it_was(qtbot: QtBot, panel: MapPanel, held: Held) -> None:
    open_blobs(qtbot, panel, held)
    some = np.arange(0, COUNT, 3)
    part = Projection("r2", 0, some, XY[some] + 5, 1, "umap", False, None)
    panel.desk.bridge.of(Projection).emit(part)
    assert panel.subtitle == f"UMAP live · {len(some)} of {COUNT} embedded so far, the rest in grey as before"
    canvas, two = panel.canvas, np.array([0, 1])
    there = [XY[0] + 5, XY[1]]
    qtbot.waitUntil(lambda: canvas.picture is not None and np.allclose(canvas.picture.positions(two), there, atol=1e-4))
    rest(qtbot, panel)
    assert np.isfinite(panel.canvas.places([0])).all()
    assert np.isnan(panel.canvas.places([1])).all(), "nobody points at what only waits there"
    assert panel.desk.state._visible is None, "nothing is hidden"
    panel.desk.bridge.of(Projection).emit(frame(XY, run="r2", step=9))
    assert "grey" not in panel.subtitle
    qtbot.waitUntil(lambda: bool(np.isfinite(panel.canvas.places([1])).all()))


def test_what_draws_is_loaded_while_the_start_page_is_shown(panel: MapPanel) -> None:
    panel.desk.bridge.of(CatalogueReady).emit(CatalogueReady(("loss",)))
    assert panel.canvas._raster is None, "other things are still being loaded"
    panel.desk.bridge.of(CatalogueReady).emit(CatalogueReady(LATER_KINDS))
    assert panel.canvas._raster is not None
