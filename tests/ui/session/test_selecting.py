"""Selections of many come from another thread, in their order, and are what they would be at once."""

from __future__ import annotations

import threading
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from explorer.core.types import IntArray
from explorer.ui.session.acts import Act
from explorer.ui.session.linked_views import LinkedViews
from explorer.ui.session.selections import Kept
from explorer.ui.session.view_history import ViewHistory
from explorer.ui.session.view_state import ViewState
from tests.helpers.blobs import dataset_of

MANY = 10


class Found:
    """Finds items, as a panel would, and remembers in which threads."""

    def __init__(self, *items: int) -> None:
        self.items = np.array(items)
        self.threads: list[threading.Thread] = []

    def __call__(self) -> IntArray:
        self.threads.append(threading.current_thread())
        return self.items


def settled(qtbot: QtBot, state: ViewState) -> list[int]:
    """Return what is selected once all has come."""
    done: list[bool] = []
    state.once_selected(lambda: done.append(True))
    qtbot.waitUntil(lambda: bool(done))
    return [int(item) for item in state.selection]


def test_few_are_selected_at_once_and_many_from_another_thread(qtbot: QtBot) -> None:
    state, told = ViewState(many=MANY), list[QThread]()
    state.selection_changed.connect(lambda _items: told.append(QThread.currentThread()))
    few, many = Found(3, 1), Found(8, 2)
    state.select_found(few, MANY, "replace")
    assert state.selection.tolist() == [1, 3]
    state.select_found(many, MANY + 1, "add")
    assert state.selection.tolist() == [1, 3]
    assert settled(qtbot, state) == [1, 2, 3, 8]
    assert not state.selection.flags.writeable
    assert few.threads == [threading.main_thread()]
    assert threading.main_thread() not in many.threads
    assert told == [state.thread()] * 2
    with pytest.raises(ValueError, match="exclusive"):
        state.select_found(many, MANY + 1, "exclusive")


@pytest.mark.parametrize("seed", range(4))
def test_in_any_order_of_changes_it_is_what_it_would_be_at_once(qtbot: QtBot, seed: int) -> None:
    rng = np.random.default_rng(seed)
    plain, beside = ViewState(), ViewState(many=MANY)
    visible = rng.random(200) < 0.8
    for state in (plain, beside):
        state.set_visible(visible)
    for _ in range(60):
        items = rng.integers(0, 200, rng.integers(0, 3 * MANY))
        mode = str(rng.choice(["replace", "add", "remove", "intersect", "all", "invert"]))
        for state in (plain, beside):
            if mode == "all":
                state.select_all(190)
            elif mode == "invert":
                state.invert_selection(210)
            else:
                state.select(items, mode)
        if rng.random() < 0.2:
            assert settled(qtbot, beside) == plain.selection.tolist()
    assert settled(qtbot, beside) == plain.selection.tolist()
    assert beside.kept.selection().tolist() == plain.selection.tolist()


def test_what_is_selected_anew_waits_for_what_is_on_its_way(qtbot: QtBot) -> None:
    state, told = ViewState(many=MANY), list[list[int]]()
    history = ViewHistory(state)
    state.selection_changed.connect(lambda items: told.append(items.tolist()))
    state.set_selection(np.arange(50))
    state.set_selection([7])
    state.select([40], "add")
    assert settled(qtbot, state) == [7, 40]
    history.undo()
    history.undo()
    assert settled(qtbot, state) == list(range(50))
    assert told == [list(range(50)), [7], [7, 40], [7], list(range(50))]


def test_what_cannot_be_found_is_raised_and_the_next_one_comes(qtbot: QtBot) -> None:
    state = ViewState(many=MANY)

    def lost() -> IntArray:
        raise OSError("the labels are gone")

    with qtbot.capture_exceptions() as raised:
        state.select_found(lost, MANY + 1, "replace")
        state.select([4, 5], "add")
        qtbot.waitUntil(lambda: state.selection.tolist() == [4, 5])
    assert [str(error) for _, error, _ in raised] == ["the labels are gone"]


def test_of_a_change_is_told_who_asked_for_it(qtbot: QtBot) -> None:
    state, causes = ViewState(many=MANY), list[object]()
    state.selection_changed.connect(lambda _items: causes.append(state.cause))
    state.select(np.arange(30), "replace", cause="a panel")
    state.select([3], "remove", cause="a grid")
    settled(qtbot, state)
    state.set_selection([])
    assert causes == ["a panel", "a grid", None]
    assert state.cause is None


def test_undo_and_redo_of_many_walk_along_all_that_was_selected(qtbot: QtBot) -> None:
    state = ViewState(many=MANY)
    history = ViewHistory(state)
    line: list[list[int]] = [[], list(range(40)), [*range(40), 60], [2]]
    state.set_selection(line[1])
    settled(qtbot, state)
    state.select([60], "add")
    settled(qtbot, state)
    state.set_selection(line[3])
    history.undo()
    history.undo()  # before the first one has come
    assert settled(qtbot, state) == line[1]
    history.redo()
    assert settled(qtbot, state) == line[2]
    history.undo()
    history.undo()
    assert settled(qtbot, state) == line[0]
    assert not history.can_undo
    for expected in line[1:]:
        history.redo()
        assert settled(qtbot, state) == expected
    assert not history.can_redo


def test_what_comes_back_with_the_data_is_not_taken_back(qtbot: QtBot) -> None:
    state = ViewState(many=MANY)
    history = ViewHistory(state)
    kept = Kept.of(np.arange(5, 90))
    state.reset("class", lambda view: view.put_back(kept))
    assert settled(qtbot, state) == list(range(5, 90))
    assert not history.can_undo
    assert state.kept is kept


def two_views(linked: LinkedViews) -> list[ViewState]:
    """Return two views of one dataset that are linked."""
    views = [ViewState(many=MANY) for _ in range(2)]
    dataset = dataset_of(np.arange(200) % 2, ("even", "odd"))
    for view in views:
        linked.join(view, dataset)
    return views


def test_views_of_one_dataset_keep_alike(qtbot: QtBot) -> None:
    linked = LinkedViews()
    views = two_views(linked)
    for count in (50, 60, 5):
        views[0].set_selection(np.arange(count))
    assert [settled(qtbot, view) for view in views] == [list(range(5))] * 2
    views[1].set_selection(np.arange(80))
    qtbot.waitUntil(lambda: all(len(view.selection) == 80 for view in views))


def test_nothing_comes_once_the_state_is_gone(qtbot: QtBot) -> None:
    state, begun, go_on = ViewState(many=MANY), threading.Event(), threading.Event()

    def find() -> IntArray:
        begun.set()
        assert go_on.wait(30)
        return np.arange(3)

    state.select_found(find, MANY + 1, "replace")
    assert begun.wait(30)
    threading.Timer(0.0, go_on.set).start()
    with qtbot.waitSignal(state.destroyed):
        state.deleteLater()


ITEMS = 60
ACTS = (
    "select", "add", "remove", "intersect", "invert", "all", "none", "undo", "redo", "copy", "keep", "exclude", "pin",
    "unpin", "back",
)  # fmt: skip


class Person:
    """Does acts in a state, as the window does them, and remembers what became of those about the selection."""

    def __init__(self, many: int) -> None:
        self.state = ViewState(many=many)
        self.history = ViewHistory(self.state)
        self.done: list[tuple[str, list[int]]] = []

    def do(self, act: str, items: list[int]) -> None:
        """Do one act."""
        state, history = self.state, self.history
        plain = {
            "select": lambda: state.set_selection(items),
            "invert": lambda: state.invert_selection(ITEMS),
            "all": lambda: state.select_all(ITEMS),
            "none": lambda: state.set_selection([]),
            "undo": history.undo,
            "redo": history.redo,
            "back": history.back,
            "pin": lambda: state.pins.toggle(len(items)),
            "unpin": state.pins.clear,
        }
        if act in ("add", "remove", "intersect"):
            state.select(items, act)
        elif act in plain:
            plain[act]()
        else:
            state.once_selected(lambda: self._decide(act))

    def _decide(self, act: str) -> None:
        chosen = self.state.selection.tolist()
        self.done.append((act, chosen))
        if act != "copy":
            undo, redo = (partial(self.done.append, (f"{word} {act}", chosen)) for word in ("undo", "redo"))
            self.state.acted.emit(Act(act, undo, redo))

    @property
    def seen(self) -> tuple[object, ...]:
        """All that became of what was done."""
        history = self.history
        can = (history.can_undo, history.can_redo, history.to_undo, history.to_redo)
        return (self.state.selection.tolist(), self.state.pins.items, can, self.done)


def next_turn_of(qtbot: QtBot, state: ViewState) -> None:
    """Wait for another turn of the event loop, in which what is done is another act."""
    turn = state.turn
    qtbot.waitUntil(lambda: state.turn > turn)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(ACTS), st.lists(st.integers(0, ITEMS - 1), max_size=2 * MANY)),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.sampled_from(("at once", "next turn", "settled")), min_size=12, max_size=12),
)
def test_a_series_of_acts_comes_out_as_if_all_were_selected_at_once(
    qtbot: QtBot, acts: list[tuple[str, list[int]]], pauses: list[str]
) -> None:
    plain, beside = Person(10**9), Person(MANY)
    for (act, items), pause in zip(acts, pauses, strict=False):
        for person in (plain, beside):
            person.do(act, items)
        if pause != "at once":
            for person in (plain, beside):
                next_turn_of(qtbot, person.state)
        if pause == "settled":
            qtbot.waitUntil(lambda: not beside.state.selecting)
    qtbot.waitUntil(lambda: not beside.state.selecting)
    assert beside.seen == plain.seen


def test_undo_takes_back_what_is_still_on_its_way(qtbot: QtBot) -> None:
    state = ViewState(many=MANY)
    history = ViewHistory(state)
    state.select_all(100)
    assert state.some_selected
    assert history.can_undo
    history.undo()
    assert settled(qtbot, state) == []
    assert not history.can_undo
    history.redo()
    assert settled(qtbot, state) == list(range(100))


def test_what_waits_for_a_selection_that_fails_is_left_out(qtbot: QtBot) -> None:
    state, done = ViewState(many=MANY), list[str]()

    def lost() -> IntArray:
        raise OSError("the labels are gone")

    with qtbot.capture_exceptions() as raised:
        state.select_found(lost, MANY + 1, "replace")
        state.once_selected(lambda: done.append("exclude"))
        qtbot.waitUntil(lambda: not state.selecting)
    state.set_selection(np.arange(40))
    assert settled(qtbot, state) == list(range(40))
    assert (len(raised), done) == (1, [])


def test_other_data_leave_out_what_waits_for_a_selection(qtbot: QtBot) -> None:
    state, done = ViewState(many=MANY), list[str]()
    state.select_all(100)
    state.once_selected(lambda: done.append("exclude"))
    state.invert_selection(100)
    state.reset()
    assert not state.selecting
    assert settled(qtbot, state) == []
    state.set_selection(np.arange(40))
    assert settled(qtbot, state) == list(range(40))
    assert done == []


def test_an_act_that_fails_keeps_nothing_waiting(qtbot: QtBot) -> None:
    state, done = ViewState(many=MANY), list[str]()

    def fail() -> None:
        state.invert_selection(100)
        raise OSError("the disk is full")

    with qtbot.capture_exceptions() as raised:
        state.select_all(100)
        state.once_selected(fail)
        state.once_selected(lambda: done.append(f"exclude {len(state.selection)}"))
        qtbot.waitUntil(lambda: not state.selecting)
    assert [str(error) for _, error, _ in raised] == ["the disk is full"]
    assert done == ["exclude 0"]


def test_linked_views_do_not_throw_each_other_back(qtbot: QtBot) -> None:
    linked = LinkedViews()
    views = two_views(linked)
    for count in (50, 60, 70):
        views[0].set_selection(np.arange(count))
        views[0].pins.toggle(count)
    qtbot.waitUntil(lambda: not any(view.selecting for view in views))
    for view in views:
        assert view.selection.tolist() == list(range(70))
        assert view.pins.items == (50, 60, 70)
