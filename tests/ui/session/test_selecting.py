"""Selections of many come from another thread, in their order, and are what they would be at once."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from explorer.core.types import IntArray
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


def test_what_is_selected_anew_leaves_out_what_was_on_its_way(qtbot: QtBot) -> None:
    state, told = ViewState(many=MANY), list[list[int]]()
    state.selection_changed.connect(lambda items: told.append(items.tolist()))
    for start in range(5):
        state.set_selection(np.arange(start, 50))
    state.set_selection([7])
    assert state.selection.tolist() == [7]
    state.set_selection(np.arange(30))
    state.select([40], "add")
    assert settled(qtbot, state) == [*range(30), 40]
    assert told == [[7], list(range(30)), [*range(30), 40]]


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


def test_views_of_one_dataset_keep_alike(qtbot: QtBot) -> None:
    views = [ViewState(many=MANY) for _ in range(2)]
    linked, dataset = LinkedViews(), dataset_of(np.arange(200) % 2, ("even", "odd"))
    for view in views:
        linked.join(view, dataset)
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
