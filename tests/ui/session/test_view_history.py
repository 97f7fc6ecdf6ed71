from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from explorer.ui.session.acts import Act
from explorer.ui.session.view_history import ViewHistory
from explorer.ui.session.view_state import ViewState


@pytest.mark.usefixtures("qapp")  # whose event loop it waits for: else it fails where it runs first
@given(st.lists(st.one_of(st.sets(st.integers(0, 40)), st.sampled_from(["undo", "redo"])), max_size=30))
def test_undo_and_redo_walk_along_all_that_was_selected(script: list[set[int] | str]) -> None:
    state = ViewState()
    history = ViewHistory(state)
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


def test_what_would_be_taken_back_is_said_and_what_was_too(qtbot: QtBot) -> None:
    state = ViewState()
    history = ViewHistory(state)
    assert (history.to_undo, history.to_redo) == ("", "")
    with qtbot.waitSignal(state.selection_changed):
        state.set_selection([1, 2])
    turn = state.turn
    qtbot.waitUntil(lambda: state.turn > turn)
    state.pins.set((3,))
    turn = state.turn
    qtbot.waitUntil(lambda: state.turn > turn)
    assert history.to_undo == "what is pinned"
    state.acted.emit(Act("2 items kept as reds", lambda: None, lambda: None))
    assert history.to_undo == "2 items kept as reds"
    with qtbot.waitSignal(history.taken_back) as told:
        history.undo()
    assert told.args == ["2 items kept as reds"]
    assert (history.to_undo, history.to_redo) == ("what is pinned", "2 items kept as reds")
    history.undo()
    assert history.to_undo == "what is selected"


def test_it_forgets_the_oldest_when_they_take_too_much(qtbot: QtBot) -> None:
    state = ViewState()
    history = ViewHistory(state, most_bytes=4_000)
    for start in range(20):
        state.set_selection(np.arange(start, 8_000))  # a thousand bytes each, as bits
    assert history.size <= 4_000
    for start in (18, 17, 16):
        history.undo()
        assert state.selection[0] == start
    few = ViewHistory(state, steps=2)
    for item in range(5):
        state.set_selection([item])
    few.undo()
    few.undo()
    assert not few.can_undo
    assert state.selection.tolist() == [2]


def test_other_data_have_no_history(qtbot: QtBot) -> None:
    state = ViewState()
    history = ViewHistory(state)
    state.set_selection([1, 2])
    with qtbot.waitSignal(history.changed):
        state.reset()
    assert not history.can_undo
    history.undo()
    assert not len(state.selection)


def test_pins_are_taken_back_with_what_was_selected_by_the_same_act(qtbot: QtBot) -> None:
    state = ViewState()
    history = ViewHistory(state)

    def act(*pins: int) -> None:
        state.pins.set(pins)
        state.set_selection(pins[-1:])
        with qtbot.waitSignal(state.hover_changed):  # the next act comes in another turn of the event loop
            QTimer.singleShot(0, state, lambda: state.set_hover(state.hover + 1))

    act(4)
    act(4, 7)
    act(9)
    act()  # as Escape does
    history.undo()
    assert (state.pins.items, state.selection.tolist()) == ((9,), [9])
    history.undo()
    assert (state.pins.items, state.selection.tolist()) == ((4, 7), [7])
    history.redo()
    history.redo()
    assert (state.pins.items, state.selection.tolist()) == ((), [])
    assert not history.can_redo


def test_back_and_forward_pass_over_selections_and_over_no_queries(qtbot: QtBot) -> None:
    state = ViewState()
    history = ViewHistory(state)
    state.pins.set([4, 7])
    state.set_selection([1, 2, 3])
    state.pins.clear()
    state.set_selection([5])
    assert history.can_go_back
    history.back()
    assert (state.pins.items, state.selection.tolist()) == ((4, 7), [1, 2, 3])
    assert not history.can_go_back  # before them there were none
    assert not history.can_go_forward
    state.pins.set([8])
    history.back()
    assert state.pins.items == (4, 7)
    history.forward()
    assert state.pins.items == (8,)
    assert not history.can_go_forward


def test_what_else_was_done_is_taken_back_and_done_again_in_its_turn(qtbot: QtBot) -> None:
    state = ViewState()
    history = ViewHistory(state)
    done: list[str] = []

    def act(name: str) -> Act:
        return Act(name, lambda: done.append(f"no {name}"), lambda: done.append(name))

    def turn() -> None:
        with qtbot.waitCallback() as over:
            QTimer.singleShot(5, over)

    state.set_selection([1])
    turn()
    first, second = act("first"), act("second")
    state.acted.emit(first)
    turn()
    state.set_selection([2])
    turn()
    state.acted.emit(second)
    turn()
    history.undo()
    assert (done, state.selection.tolist()) == (["no second"], [2])
    history.undo()
    assert (done, state.selection.tolist()) == (["no second"], [1])
    history.undo()
    assert done == ["no second", "no first"]
    history.redo()
    assert done[-1] == "first"
    history.redo()
    history.redo()
    assert (done[-1], state.selection.tolist()) == ("second", [2])
    history.take_back(first)  # by its own button, whatever came since
    assert done[-1] == "no first"
    for _ in range(4):
        history.undo()
    assert done[-2:] == ["no first", "no second"]
    assert not history.can_undo


def test_going_back_to_queries_takes_nothing_back(qtbot: QtBot) -> None:
    state = ViewState()
    history = ViewHistory(state)
    done: list[str] = []
    for pin in (3, 4):
        state.pins.choose(pin)
        with qtbot.waitCallback() as over:
            QTimer.singleShot(5, over)
        state.acted.emit(Act("act", lambda: done.append("undo"), lambda: done.append("redo")))
        with qtbot.waitCallback() as over:
            QTimer.singleShot(5, over)
    history.back()
    assert state.pins.items == (3,)
    history.forward()
    assert (done, state.pins.items) == ([], (4,))
