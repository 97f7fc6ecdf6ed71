"""Pins and selection come back with the same data, and with no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from explorer.ui.session.kept_view import KeptView
from explorer.ui.session.settings import Settings
from explorer.ui.session.view_state import ViewState
from explorer.ui.shell.main_window import MainWindow
from tests.ui.conftest import LONG


@given(st.sets(st.integers(0, 300)), st.lists(st.integers(0, 300), unique=True, max_size=10), st.integers(1, 400))
def test_what_was_pinned_and_selected_is_so_again(selected: set[int], pinned: list[int], count: int) -> None:
    before, after = ViewState(), ViewState()
    before.set_selection(sorted(selected))
    before.pins.set(pinned)
    kept = KeptView.model_validate_json(KeptView.of(before, "these").model_dump_json())
    kept.put_back(after, "these", count)
    assert after.selection.tolist() == sorted(item for item in selected if item < count)
    assert after.pins.numbers == {item: before.pins.numbers[item] for item in pinned if item < count}
    other = ViewState()
    kept.put_back(other, "those", count)
    assert not len(other.selection)
    assert not other.pins.items


@pytest.mark.parametrize(
    ("name", "again"),
    [("split", "split"), ("age", "age"), ("column:loss", "column:loss"), ("violation", "class"), ("x" * 2000, "class")],
)
def test_colours_by_what_is_in_the_data_come_back(name: str, again: str) -> None:
    before, after = ViewState(), ViewState()
    before.set_colour_by(name)
    before.set_shape_by("none")
    kept = KeptView.model_validate_json(KeptView.of(before, "these", ("age", "loss", "x" * 2000)).model_dump_json())
    kept.put_back(after, "these", 10)
    assert (after.colour_by, after.shape_by) == (again, "none")


@pytest.mark.parametrize("bits", ["?", "AAAA", "eJwDAAAAAAE="])
def test_a_damaged_selection_is_none(bits: str) -> None:
    assert not len(KeptView(fingerprint="these", bits=bits).selection(10))


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


def test_settings_forget_a_view_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"view": {"fingerprint": "x", "pins": {"-1": 4}}, "folder": "/kept"}')
    settings = Settings(path)
    assert settings.view is None
    assert settings.folder == "/kept"
    view = ViewState()
    view.set_selection(np.arange(5))
    settings.set_view(KeptView.of(view, "x"))
    assert Settings(path).view == settings.view
