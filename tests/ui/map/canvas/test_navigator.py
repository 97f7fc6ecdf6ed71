"""Two canvases under one camera."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.map.canvas.navigator import Navigator

LEFT, RIGHT = (-2.0, -1.0, 0.0, 1.0), (1.0, -1.0, 3.0, 1.0)
"""Where the points of either lie."""


@pytest.fixture
def pair(qtbot: QtBot) -> tuple[Navigator, Navigator]:
    first, second = Navigator(), Navigator()
    for place, (navigator, bounds) in enumerate(((first, LEFT), (second, RIGHT))):
        navigator.still = True
        navigator.resize(400, 300 + 20 * place)
        navigator.see(bounds)
    first.lead(second)
    return first, second


def place(navigator: Navigator) -> tuple[float, float, float]:
    return navigator.view.x, navigator.view.y, navigator.view.scale


def test_all_points_of_both_are_in_sight_of_both(pair: tuple[Navigator, Navigator]) -> None:
    first, second = pair
    assert place(first) == place(second)
    assert second.view.height == 320
    for bounds in (LEFT, RIGHT):
        left, top = first.view.to_map(0, 0)
        right, bottom = first.view.to_map(400, 300)
        assert left < bounds[0] < bounds[2] < right
        assert bottom < bounds[1] < bounds[3] < top
    second.see((1.0, -1.0, 9.0, 1.0))
    assert first.view.x == pytest.approx(3.5)
    assert place(first) == place(second)


def test_a_hand_on_either_moves_both(pair: tuple[Navigator, Navigator]) -> None:
    first, second = pair
    for navigator in pair:
        before = place(first)
        navigator.pan(30, 10)
        navigator.zoom_at(1.5, 100, 80)
        assert place(first) == place(second) != before
        assert not first.following
    for navigator in pair:
        navigator.zoom_by(2.0)
        assert place(first) == place(second)
        navigator.show((1.0, 0.0, 2.0, 1.0))
        assert place(first) == place(second)
        navigator.fit()
        assert first.following
        assert place(first) == place(second)
    second.resize(200, 100)
    assert place(first) == place(second)
    assert first.following


def test_each_is_by_itself_again(pair: tuple[Navigator, Navigator]) -> None:
    first, second = pair
    first.lead(None)
    second.fit()
    assert second.view.x == pytest.approx(2.0)
    first.fit()
    assert first.view.x == pytest.approx(-1.0)
    second.pan(30, 0)
    assert first.view.x == pytest.approx(-1.0)
