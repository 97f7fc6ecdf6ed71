from __future__ import annotations

import threading

import numpy as np
import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from explorer.core.map_values import ItemValues
from explorer.core.types import Split
from explorer.ui.map.canvas.scene import DIAMOND, DISC, RING
from explorer.ui.map.point_style import PointStyles, StyledPoints, StyleRequest, shapes_of
from explorer.ui.map.point_style_thread import PointStyler
from explorer.ui.widgets.theme import DARK, LIGHT

LABELS = np.array([0, 0, 1, 1, 2, 2, -1], np.int64)
SPLIT = Split("items", np.array([0, 2]), np.array([1, 3, 4, 5, 6]), unseen=False)
COLUMNS = {"writer": ("x", "y", "x", "y", "x", "y", "")}


@pytest.fixture
def styles() -> PointStyles:
    return PointStyles(LABELS, ("a", "b", "c"), COLUMNS)


def visible(styled: StyledPoints) -> list[int]:
    mask = styled.plain.visible
    return list(range(len(LABELS))) if mask is None else np.flatnonzero(mask).tolist()


def test_shapes_tell_what_trains_what_is_held_out_and_whose_class_is_unseen() -> None:
    shapes = shapes_of(LABELS, SPLIT)
    assert shapes is not None
    assert shapes.tolist() == [DISC, RING, DISC, RING, DIAMOND, DIAMOND, RING]
    assert shapes_of(LABELS, None) is None
    assert shapes_of(LABELS, Split("items", np.arange(7), np.arange(0), unseen=False)) is None


def test_items_are_hidden_by_class_by_value_and_by_both(styles: PointStyles) -> None:
    assert visible(styles.styled(StyleRequest())) == list(range(7))
    assert visible(styles.styled(StyleRequest(hidden_classes=frozenset({1, -1, 99})))) == [0, 1, 4, 5]
    by_writer = styles.styled(StyleRequest("writer", hidden_values=frozenset({0}), hidden_classes=frozenset({2})))
    assert visible(by_writer) == [1, 3, 6]
    assert by_writer.hidden == 4
    assert visible(styles.styled(StyleRequest("writer", hidden_values=frozenset({-1})))) == [0, 1, 2, 3, 4, 5]


def test_a_range_hides_what_lies_beyond_it_and_what_has_no_number(styles: PointStyles) -> None:
    found = ItemValues("r", 1, "loss", np.arange(6), np.arange(6, dtype=np.float32), exact=True)
    styled = styles.styled(StyleRequest("loss", measured=found, shown_range=(1.0, 3.5)))
    assert visible(styled) == [1, 2, 3]
    assert visible(styles.styled(StyleRequest("loss", measured=found))) == list(range(7))


def test_hiding_keeps_colours_and_entries_and_a_theme_changes_only_the_palette(styles: PointStyles) -> None:
    one, other = (
        styles.styled(StyleRequest(split=SPLIT)),
        styles.styled(StyleRequest(split=SPLIT, hidden_classes=frozenset({1}))),
    )
    assert other.listed is one.listed
    assert other.plain.colours is one.plain.colours
    assert other.plain.shapes is one.plain.shapes
    dark, light = one.style(DARK), one.style(LIGHT)
    assert dark.colours is light.colours
    assert dark.backdrop != light.backdrop
    assert dark.palette.shape == (4, 3)
    assert dark.colours.tolist() == [0, 0, 1, 1, 2, 2, 3]
    assert one.shapes_used == {DISC, RING, DIAMOND}
    assert styles.styled(StyleRequest(split=SPLIT, shape_by="none")).plain.shapes is None


def test_what_is_not_there_falls_back_to_the_class(styles: PointStyles) -> None:
    for name in ("split", "nowhere"):
        assert styles.styled(StyleRequest(name)).colouring.name == "class"
    assert styles.styled(StyleRequest("split", split=SPLIT)).colouring.names[0] == "train"


def test_the_last_wish_is_dressed_in_the_background(qtbot: QtBot, styles: PointStyles) -> None:
    styler = PointStyler()
    heard: list[StyledPoints] = []
    styler.styled.connect(lambda _styles, styled: heard.append(styled))
    for name in ("class", "split", "writer"):
        styler.ask(styles, StyleRequest(name, split=SPLIT))
    qtbot.waitUntil(lambda: bool(heard) and heard[-1].colouring.name == "writer", timeout=10_000)
    threads = [thread for thread in threading.enumerate() if thread.name == "point styles"]
    assert threads
    styler.shut()
    assert not any(thread.is_alive() for thread in threads)
    styler.ask(styles, StyleRequest())
    assert not [thread for thread in threading.enumerate() if thread.name == "point styles"]


def test_deleting_the_dresser_ends_its_thread(qtbot: QtBot, styles: PointStyles) -> None:
    styler = PointStyler()
    with qtbot.waitSignal(styler.styled, timeout=10_000):
        styler.ask(styles, StyleRequest())
    shiboken6.delete(styler)
    assert not [thread for thread in threading.enumerate() if thread.name == "point styles" and thread.is_alive()]
