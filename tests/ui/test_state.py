from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.state import ViewState


@pytest.mark.parametrize(
    ("name", "value", "same"),
    [
        ("selection", [3, 1, 1], [1, 3]),
        ("hover", 4, 4),
        ("pinned", [5, 2, 5], (5, 2)),
        ("colour_by", "split", "split"),
        ("hidden_classes", [1, 2], {2, 1}),
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
