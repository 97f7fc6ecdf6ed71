"""Pins and selection come back with the same data, and with no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from explorer.core.text_column import TextColumn
from explorer.data.dataset import Dataset
from explorer.ui.queries.query_card import QueryCard
from explorer.ui.session.kept_view import KeptView, items_of
from explorer.ui.session.settings import Settings
from explorer.ui.session.view_state import ViewState
from explorer.ui.shell.main_window import MainWindow
from tests.engine.conftest import SMALL
from tests.helpers.blobs import dataset_of
from tests.helpers.data import picture_folder
from tests.helpers.windows import ready_session
from tests.ui.conftest import LONG


def data(count: int, name: str = "these", columns: tuple[str, ...] = ()) -> Dataset:
    """Data whose items are called by a name."""
    texts = TextColumn.of([f"{name}/{item}" for item in range(count)])
    made = dataset_of(np.arange(count) % 2, ("even", "odd"))
    return replace(made, ids=texts, columns=dict.fromkeys(columns, texts))


@given(st.sets(st.integers(0, 300)), st.lists(st.integers(0, 300), unique=True, max_size=10))
def test_what_was_pinned_and_selected_is_so_again(selected: set[int], pinned: list[int]) -> None:
    before, after = ViewState(), ViewState()
    before.set_selection(sorted(selected))
    before.pins.set(pinned)
    kept = KeptView.model_validate_json(KeptView.of(before, data(301)).model_dump_json())
    kept.put_back(after, replace(data(301), fingerprint="opened by a run"))
    assert after.selection.tolist() == sorted(selected)
    assert after.pins.numbers == {item: before.pins.numbers[item] for item in pinned}
    other = ViewState()
    for unlike in (data(301, "those"), data(300)):
        kept.put_back(other, unlike)
        assert not len(other.selection)
        assert not other.pins.items


@given(st.sets(st.integers(0, 300)), st.lists(st.integers(0, 300), unique=True, max_size=10), st.integers(1, 400))
def test_items_that_are_not_there_are_neither_pinned_nor_selected(
    selected: set[int], pinned: list[int], count: int
) -> None:
    before, after = ViewState(), ViewState()
    before.set_selection(sorted(selected))
    before.pins.set(pinned)
    kept = KeptView.of(before, data(301)).model_copy(update={"items": items_of(data(count))})
    kept.put_back(after, data(count))
    assert after.selection.tolist() == sorted(item for item in selected if item < count)
    assert set(after.pins.items) == {item for item in pinned if item < count}


@pytest.mark.parametrize(
    ("name", "again"),
    [("split", "split"), ("age", "age"), ("column:loss", "column:loss"), ("violation", "class"), ("x" * 2000, "class")],
)
def test_colours_by_what_is_in_the_data_come_back(name: str, again: str) -> None:
    before, after = ViewState(), ViewState()
    before.set_colour_by(name)
    before.set_shape_by("none")
    these = data(10, columns=("age", "loss", "x" * 2000))
    kept = KeptView.model_validate_json(KeptView.of(before, these).model_dump_json())
    kept.put_back(after, these)
    assert (after.colour_by, after.shape_by) == (again, "none")


@pytest.mark.parametrize("bits", ["?", "AAAA", "eJwDAAAAAAE="])
def test_a_damaged_selection_is_none(bits: str) -> None:
    assert not len(KeptView(items="these", bits=bits).selection(10).selection())


def test_a_window_begins_with_what_was_pinned_and_selected_when_the_last_one_closed(
    qtbot: QtBot, open_window: Callable[..., MainWindow], settings: Settings
) -> None:
    window = open_window("sample:digits")
    qtbot.waitUntil(lambda: window.workspace.shown, timeout=LONG)
    window.state.set_selection([3, 5, 8])
    window.state.pins.set([7, 2])
    window.state.set_colour_by("split")
    with qtbot.waitSignal(window.closed, timeout=LONG):
        window.close()
    again = open_window("sample:digits")
    qtbot.waitUntil(lambda: again.workspace.shown, timeout=LONG)
    assert again.state.selection.tolist() == [3, 5, 8]
    assert again.state.pins.items == (7, 2)
    assert again.state.colour_by == "split"
    assert not again.commands["edit.undo"].isEnabled()


@pytest.mark.full
def test_a_pin_comes_back_where_the_run_is_opened_in_which_it_was_made(
    qtbot: QtBot, tmp_path: Path, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window(str(picture_folder(tmp_path / "pictures", {"a": 8, "b": 8, "c": 8})))
    session = ready_session(qtbot, window)
    session.configure(SMALL)
    session.train()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    window.state.pins.set([9, 4])
    with qtbot.waitSignal(window.closed, timeout=LONG):
        window.close()
    again = open_window()  # at the start page, which offers to go on
    again.start_page.left_off.click()
    qtbot.waitUntil(lambda: again.dataset is not None and again.workspace.shown, timeout=LONG)
    assert again.state.pins.items == (9, 4)
    panel = again.workspace.panels["neighbours"]

    def answered() -> bool:
        cards = panel.findChildren(QueryCard)
        return len(cards) == 2 and all(card.tiles and card.tiles[0].isVisibleTo(panel) for card in cards)

    qtbot.waitUntil(answered, timeout=LONG)


def test_settings_forget_a_view_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"view": {"items": "x", "pins": {"-1": 4}}, "folder": "/kept"}')
    settings = Settings(path)
    assert settings.view is None
    assert settings.folder == "/kept"
    view = ViewState()
    view.set_selection(np.arange(5))
    settings.set_view(KeptView.of(view, data(8)))
    assert Settings(path).view == settings.view
