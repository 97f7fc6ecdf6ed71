from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from explorer.ui.session.selection_history import Kept, SelectionHistory
from explorer.ui.session.selections import tidy
from explorer.ui.session.view_state import ViewState


@given(st.sets(st.integers(0, 700)))
def test_what_is_kept_comes_back(items: set[int]) -> None:
    selection = tidy(sorted(items))
    kept = Kept.of(selection)
    assert kept.selection().tolist() == selection.tolist()
    assert kept.size <= max(selection.nbytes, 1)


@given(st.lists(st.one_of(st.sets(st.integers(0, 40)), st.sampled_from(["undo", "redo"])), max_size=30))
def test_undo_and_redo_walk_along_all_that_was_selected(script: list[set[int] | str]) -> None:
    state = ViewState()
    history = SelectionHistory(state)
    line: list[list[int]] = [[]]
    place = 0
    for act in script:
        if not isinstance(act, str):
            state.set_selection(sorted(act))
            if sorted(act) != line[place]:
                line[place + 1 :] = [sorted(act)]
                place += 1
        elif act == "undo":
            history.undo()
            place = max(place - 1, 0)
        else:
            history.redo()
            place = min(place + 1, len(line) - 1)
        assert state.selection.tolist() == line[place]
        assert history.can_undo == (place > 0)
        assert history.can_redo == (place < len(line) - 1)


def test_it_forgets_the_oldest_when_they_take_too_much(qtbot: QtBot) -> None:
    state = ViewState()
    history = SelectionHistory(state, most_bytes=4_000)
    for start in range(20):
        state.set_selection(np.arange(start, 8_000))  # a thousand bytes each, as bits
    assert history.size <= 4_000
    for start in (18, 17, 16):
        history.undo()
        assert state.selection[0] == start
    few = SelectionHistory(state, steps=2)
    for item in range(5):
        state.set_selection([item])
    few.undo()
    few.undo()
    assert not few.can_undo
    assert state.selection.tolist() == [2]


def test_other_data_have_no_history(qtbot: QtBot) -> None:
    state = ViewState()
    history = SelectionHistory(state)
    state.set_selection([1, 2])
    with qtbot.waitSignal(history.changed):
        state.reset()
    assert not history.can_undo
    history.undo()
    assert not len(state.selection)
