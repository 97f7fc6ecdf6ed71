from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.session.view_state import ViewState, first_colouring


@pytest.mark.parametrize(
    ("name", "value", "same"),
    [
        ("selection", [3, 1, 1], [1, 3]),
        ("hover", 4, 4),
        ("colour_by", "split", "split"),
        ("hidden_classes", [1, 2], {2, 1}),
        ("hidden_values", [1, 2], {2, 1}),
        ("shown_range", (0.5, 2.0), (0.5, 2.0)),
        ("displayed_step", 10, 10),
    ],
)
def test_a_change_is_told_once(qtbot: QtBot, name: str, value: object, same: object) -> None:
    state = ViewState()
    setter, signal = getattr(state, f"set_{name}"), getattr(state, f"{name}_changed")
    with qtbot.waitSignal(signal):
        setter(value)
    with qtbot.assertNotEmitted(signal):
        setter(same)
    with qtbot.waitSignal(signal):
        state.reset()


def test_the_selection_is_sorted_unique_and_read_only(qtbot: QtBot) -> None:
    state = ViewState()
    state.set_selection([9, 2, 9, 4])
    assert state.selection.tolist() == [2, 4, 9]
    assert state.selection.dtype == np.int64
    assert not state.selection.flags.writeable


def test_other_colours_show_again_what_the_old_ones_hid(qtbot: QtBot) -> None:
    state = ViewState()
    state.set_hidden_values([3])
    state.set_shown_range((0.0, 1.0))
    state.set_hidden_classes([2])
    state.set_colour_by("split")
    assert state.hidden_values == frozenset()
    assert state.shown_range is None
    assert state.hidden_classes == {2}
    state.show_everything()
    assert state.hidden_classes == frozenset()
    assert state.shape_by == "split"
    with qtbot.waitSignal(state.shape_by_changed):
        state.set_shape_by("none")


def test_selections_are_combined_and_inverted(qtbot: QtBot) -> None:
    state = ViewState()
    state.set_selection([1, 2, 3])
    state.select([3, 4], "intersect")
    assert state.selection.tolist() == [3]
    state.select([7, 5], "add")
    assert state.selection.tolist() == [3, 5, 7]
    state.invert_selection(8)
    assert state.selection.tolist() == [0, 1, 2, 4, 6]


def test_where_colours_would_repeat_points_are_coloured_by_the_groups_of_the_classes() -> None:
    assert first_colouring(1_623, ["drawer", "level1"]) == "level1"
    assert first_colouring(1_623, ["drawer"]) == "class"
    assert first_colouring(81, ["level1"]) == "class"
    state = ViewState()
    state.reset(first_colouring(1_623, ["level1"]))
    assert state.colour_by == "level1"
    state.reset()
    assert state.colour_by == "class"


def test_what_was_coloured_by_a_duel_is_coloured_as_before_once_that_is_over() -> None:
    state = ViewState()
    state.set_colour_by("level1")
    state.set_fates(np.array([0, 3]))
    state.set_colour_by("fates")
    state.set_fates(None)
    assert state.colour_by == "level1"
