from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from explorer.core.map_values import ItemValues
from explorer.core.types import BoolArray, Split
from explorer.engine.events import SplitChanged
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.canvas.scene import Style
from explorer.ui.map.colours import NO_QUERY, TOO_SMALL, WAITING, MapColours
from explorer.ui.session.settings import Settings
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of

COUNT = 300
XY, LABELS = blobs(COUNT, 10)


@pytest.fixture
def held() -> Held:
    return Held(run="r1", dataset=dataset_of(LABELS, CLOTHES))


@pytest.fixture(params=[10_000, 0], ids=["at once", "in the background"])
def colours(request: pytest.FixtureRequest, qtbot: QtBot, held: Held, tmp_path: Path) -> Iterator[MapColours]:
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    canvas = PointCanvas(desk.themes.current, lambda _item: None)
    qtbot.addWidget(canvas)
    canvas.resize(700, 500)
    made = MapColours(desk, canvas, at_once=request.param)
    canvas.show()
    assert held.dataset is not None
    canvas.set_items(COUNT, made.begin(held.dataset))
    qtbot.waitUntil(lambda: made._styled is not None, timeout=10_000)
    yield made
    made.shut()
    canvas.shut()
    desk.bridge.close()


def style(colours: MapColours) -> Style:
    assert colours._style is not None
    return colours._style


def send(colours: MapColours, name: str, values: list[float], run: str = "r1") -> None:
    found = ItemValues(run, 4, name, np.arange(len(values)), np.array(values, np.float32), True, "all pairs")  # type: ignore[arg-type]
    colours._desk.bridge.of(ItemValues).emit(found)


def test_what_waits_is_grey_and_what_is_hidden_is_not_drawn_for_it(qtbot: QtBot, colours: MapColours) -> None:
    waiting = np.arange(COUNT) % 2 == 0

    def drawn(seen: BoolArray, grey: BoolArray) -> bool:
        now = style(colours)
        return now.visible is not None and (
            (now.visible.tolist(), (now.ghost_flags() != 0).tolist()) == (seen.tolist(), grey.tolist())
        )

    colours.show_waiting(waiting)
    assert drawn(~waiting, waiting)
    hidden = LABELS == 0
    colours._desk.state.set_hidden_classes({0})
    qtbot.waitUntil(lambda: drawn(~waiting & ~hidden, waiting & ~hidden))
    colours._desk.state.set_ghosts(True)
    qtbot.waitUntil(lambda: drawn(~waiting & ~hidden, waiting | hidden))
    colours.show_waiting(None)


def test_what_is_measured_is_asked_for_waited_for_and_shown(qtbot: QtBot, colours: MapColours, held: Held) -> None:
    state, note = colours._desk.state, colours.legend.note
    state.set_colour_by("violation")
    assert held.asked == ["values violation"]
    qtbot.waitUntil(lambda: note.text() == WAITING, timeout=10_000)
    assert len(set(style(colours).colours.tolist())) == 1
    send(colours, "violation", [0.5] * COUNT, run="another")
    send(colours, "loss", [0.5] * COUNT)
    send(colours, "violation", [k / COUNT for k in range(COUNT)])
    qtbot.waitUntil(lambda: note.text() == "all pairs", timeout=10_000)
    assert (np.diff(style(colours).colours.astype(int)) >= 0).all()
    assert colours.legend.bar.isVisible()
    colours.legend.range_changed.emit((0.5, 0.75))
    qtbot.waitUntil(lambda: style(colours).visible is not None, timeout=10_000)
    mask = style(colours).visible
    assert mask is not None
    assert np.flatnonzero(mask).tolist() == list(range(COUNT // 2, COUNT * 3 // 4 + 1))
    state.set_colour_by("class")
    assert held.asked[-1] == "values"
    qtbot.waitUntil(lambda: style(colours).visible is None, timeout=10_000)


def test_a_distance_asks_for_a_query_in_words(qtbot: QtBot, colours: MapColours) -> None:
    state, note = colours._desk.state, colours.legend.note
    state.set_colour_by("distance")
    qtbot.waitUntil(lambda: note.text() == NO_QUERY, timeout=10_000)
    state.pins.choose(3)
    qtbot.waitUntil(lambda: note.text() == WAITING, timeout=10_000)
    send(colours, "distance", [float(k) for k in range(COUNT)])
    qtbot.waitUntil(lambda: note.text() == "all pairs", timeout=10_000)
    state.pins.clear()
    qtbot.waitUntil(lambda: note.text() == NO_QUERY, timeout=10_000)


def test_verdicts_are_two_values_that_can_be_hidden(qtbot: QtBot, colours: MapColours) -> None:
    colours._desk.state.set_colour_by("right")
    send(colours, "right", [float(k % 2) for k in range(COUNT)])
    qtbot.waitUntil(lambda: colours.legend.list.classes.rowCount() == 2, timeout=10_000)
    colours.legend.isolated.emit(0)
    qtbot.waitUntil(lambda: style(colours).visible is not None, timeout=10_000)
    mask = style(colours).visible
    assert mask is not None
    assert np.flatnonzero(mask).tolist() == list(range(0, COUNT, 2))
    colours.legend.isolated.emit(0)
    qtbot.waitUntil(lambda: style(colours).visible is None, timeout=10_000)


def test_a_theme_swaps_the_palette_and_keeps_selection_and_items(qtbot: QtBot, colours: MapColours) -> None:
    colours._desk.state.set_selection([1, 2, 3])
    colours.highlight()
    before = style(colours)
    colours._desk.themes.choose("light")
    after = style(colours)
    assert after.colours is before.colours
    assert after.backdrop != before.backdrop
    assert after.highlighted is not None


def test_shapes_follow_the_split_and_the_choice(qtbot: QtBot, colours: MapColours, held: Held) -> None:
    assert not colours.choice.shapes.isVisible()
    train = np.flatnonzero(LABELS != 3)[::2]
    held.split = Split("items", train, np.setdiff1d(np.arange(COUNT), train), unseen=False)
    colours._desk.bridge.of(SplitChanged).emit(held.split)
    qtbot.waitUntil(lambda: style(colours).shapes is not None, timeout=10_000)
    shapes = style(colours).shapes
    assert shapes is not None
    assert set(shapes[LABELS == 3]) == {2}
    assert colours.choice.shapes.isVisible()
    colours.choice.shapes.action("none").trigger()
    qtbot.waitUntil(lambda: style(colours).shapes is None, timeout=10_000)


def test_it_is_said_when_points_are_too_small_to_have_shapes(qtbot: QtBot, colours: MapColours, held: Held) -> None:
    held.split = Split("items", np.arange(200), np.arange(200, COUNT), unseen=False)
    colours._desk.bridge.of(SplitChanged).emit(held.split)
    canvas, note = colours._canvas, colours.legend.note
    qtbot.waitUntil(lambda: style(colours).shapes is not None, timeout=10_000)
    canvas.move_points(np.arange(COUNT), XY)
    qtbot.waitUntil(lambda: canvas.picture is not None, timeout=60_000)
    picture = canvas.picture
    assert picture is not None
    canvas.drawn.emit(replace(picture, radius=1.5))
    assert note.text() == TOO_SMALL
    canvas.drawn.emit(replace(picture, radius=3.0))
    assert note.text() == ""
    assert "held out" in colours.legend.shapes.accessibleName()
    colours._desk.state.set_shape_by("none")
    canvas.drawn.emit(replace(picture, radius=1.5))
    qtbot.waitUntil(lambda: note.text() == "", timeout=10_000)


def test_every_colouring_is_a_command(qtbot: QtBot, colours: MapColours) -> None:
    commands, state = colours._desk.commands, colours._desk.state
    for name in ("split", "right", "violation", "loss", "fidelity", "hubness", "distance", "class"):
        commands[f"map.colour_{name}"].trigger()
        assert state.colour_by == name
    commands["map.shape_none"].trigger()
    assert state.shape_by == "none"
    commands["map.legend"].trigger()
    assert not colours.legend.opened


def test_what_is_hidden_stays_grey_where_that_is_asked_for(qtbot: QtBot, colours: MapColours) -> None:
    state, legend, command = colours._desk.state, colours.legend, colours._desk.commands["map.ghosts"]
    assert not legend.ghosts.isVisible()
    state.set_hidden_classes([3])
    qtbot.waitUntil(lambda: style(colours).visible is not None)
    hidden = int((LABELS == 3).sum())
    assert legend.note.text() == f"{hidden} points hidden"
    assert (legend.ghosts.isVisible(), legend.ghosts.text()) == (True, "Keep it in grey")
    assert not style(colours).ghosts
    legend.ghosts.click()
    assert state.ghosts
    assert command.isChecked()
    assert style(colours).ghosts
    assert legend.note.text() == f"{hidden} points in grey"
    assert legend.ghosts.text() == "Hide it wholly"
    visible = style(colours).visible
    assert visible is not None
    assert int((~visible).sum()) == hidden  # they are still not to be selected
    command.trigger()
    assert not style(colours).ghosts
    state.show_everything()
    qtbot.waitUntil(lambda: not legend.ghosts.isVisible())


def test_what_became_of_items_is_offered_and_dresses_points_only_where_they_are_coloured_by_it(
    qtbot: QtBot, colours: MapColours
) -> None:
    state, before = colours._desk.state, colours._styled
    state.set_fates(np.arange(COUNT) % 4)
    assert "fates" in colours.choice.colours.names()
    assert colours._styled is before
    state.set_colour_by("fates")
    qtbot.waitUntil(lambda: colours._styled is not before, timeout=10_000)
    shown = colours._styled
    state.set_fates(np.zeros(COUNT, np.int64))
    qtbot.waitUntil(lambda: colours._styled is not shown, timeout=10_000)
    state.set_fates(None)
    assert state.colour_by == "class"
