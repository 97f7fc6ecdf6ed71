from __future__ import annotations

import threading

import numpy as np
import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from explorer.core.map_values import ItemValues
from explorer.core.types import Split
from explorer.ui.map.canvas.scene import DIAMOND, DISC, RING
from explorer.ui.map.point_style import Dress, Wardrobe, Wish, shapes_of
from explorer.ui.map.point_style_thread import Dresser
from explorer.ui.widgets.theme import DARK, LIGHT

LABELS = np.array([0, 0, 1, 1, 2, 2, -1], np.int64)
SPLIT = Split("items", np.array([0, 2]), np.array([1, 3, 4, 5, 6]), unseen=False)
COLUMNS = {"writer": ("x", "y", "x", "y", "x", "y", "")}


@pytest.fixture
def wardrobe() -> Wardrobe:
    return Wardrobe(LABELS, ("a", "b", "c"), COLUMNS)


def visible(dress: Dress) -> list[int]:
    mask = dress.plain.visible
    return list(range(len(LABELS))) if mask is None else np.flatnonzero(mask).tolist()


def test_shapes_tell_what_trains_what_is_held_out_and_whose_class_is_unseen() -> None:
    shapes = shapes_of(LABELS, SPLIT)
    assert shapes is not None
    assert shapes.tolist() == [DISC, RING, DISC, RING, DIAMOND, DIAMOND, RING]
    assert shapes_of(LABELS, None) is None
    assert shapes_of(LABELS, Split("items", np.arange(7), np.arange(0), unseen=False)) is None


def test_items_are_hidden_by_class_by_value_and_by_both(wardrobe: Wardrobe) -> None:
    assert visible(wardrobe.dress(Wish())) == list(range(7))
    assert visible(wardrobe.dress(Wish(hidden_classes=frozenset({1, -1, 99})))) == [0, 1, 4, 5]
    by_writer = wardrobe.dress(Wish("writer", hidden_values=frozenset({0}), hidden_classes=frozenset({2})))
    assert visible(by_writer) == [1, 3, 6]
    assert by_writer.hidden == 4
    assert visible(wardrobe.dress(Wish("writer", hidden_values=frozenset({-1})))) == [0, 1, 2, 3, 4, 5]


def test_a_range_hides_what_lies_beyond_it_and_what_has_no_number(wardrobe: Wardrobe) -> None:
    found = ItemValues("r", 1, "loss", np.arange(6), np.arange(6, dtype=np.float32), exact=True)
    dress = wardrobe.dress(Wish("loss", measured=found, shown_range=(1.0, 3.5)))
    assert visible(dress) == [1, 2, 3]
    assert visible(wardrobe.dress(Wish("loss", measured=found))) == list(range(7))


def test_hiding_keeps_colours_and_entries_and_a_theme_changes_only_the_palette(wardrobe: Wardrobe) -> None:
    one, other = wardrobe.dress(Wish(split=SPLIT)), wardrobe.dress(Wish(split=SPLIT, hidden_classes=frozenset({1})))
    assert other.listed is one.listed
    assert other.plain.colours is one.plain.colours
    assert other.plain.shapes is one.plain.shapes
    dark, light = one.style(DARK), one.style(LIGHT)
    assert dark.colours is light.colours
    assert dark.backdrop != light.backdrop
    assert dark.palette.shape == (4, 3)
    assert dark.colours.tolist() == [0, 0, 1, 1, 2, 2, 3]
    assert one.shapes_used == {DISC, RING, DIAMOND}
    assert wardrobe.dress(Wish(split=SPLIT, shape_by="none")).plain.shapes is None


def test_what_is_not_there_falls_back_to_the_class(wardrobe: Wardrobe) -> None:
    for name in ("split", "nowhere"):
        assert wardrobe.dress(Wish(name)).colouring.name == "class"
    assert wardrobe.dress(Wish("split", split=SPLIT)).colouring.names[0] == "train"


def test_the_last_wish_is_dressed_in_the_background(qtbot: QtBot, wardrobe: Wardrobe) -> None:
    dresser = Dresser()
    heard: list[Dress] = []
    dresser.dressed.connect(lambda _wardrobe, dress: heard.append(dress))
    for name in ("class", "split", "writer"):
        dresser.ask(wardrobe, Wish(name, split=SPLIT))
    qtbot.waitUntil(lambda: bool(heard) and heard[-1].colouring.name == "writer", timeout=10_000)
    threads = [thread for thread in threading.enumerate() if thread.name == "dresser"]
    assert threads
    dresser.shut()
    assert not any(thread.is_alive() for thread in threads)
    dresser.ask(wardrobe, Wish())
    assert not [thread for thread in threading.enumerate() if thread.name == "dresser"]


def test_deleting_the_dresser_ends_its_thread(qtbot: QtBot, wardrobe: Wardrobe) -> None:
    dresser = Dresser()
    with qtbot.waitSignal(dresser.dressed, timeout=10_000):
        dresser.ask(wardrobe, Wish())
    shiboken6.delete(dresser)
    assert not [thread for thread in threading.enumerate() if thread.name == "dresser" and thread.is_alive()]
