from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.ui.map.canvas.viewport import View

coordinate = st.floats(-1e3, 1e3)
views = st.builds(
    View, coordinate, coordinate, st.floats(0.01, 1e3), st.integers(10, 3000), st.integers(10, 3000)
)  # fmt: skip


@given(views, coordinate, coordinate)
def test_the_map_point_under_a_pixel_lies_on_that_pixel(view: View, left: float, top: float) -> None:
    assert view.to_canvas(np.array(view.to_map(left, top))) == pytest.approx([left, top], abs=1e-5 * view.scale + 1e-6)


@given(views, st.floats(0.2, 5.0), st.floats(0, 500), st.floats(0, 500))
def test_zooming_keeps_the_point_under_the_pointer(view: View, factor: float, left: float, top: float) -> None:
    before, after = view.to_map(left, top), view.zoomed(factor, left, top).to_map(left, top)
    assert after == pytest.approx(before, abs=1e-6 / view.scale + 1e-9 * 1e3)


@given(views, st.floats(-300, 300), st.floats(-300, 300))
def test_panning_moves_the_picture_with_the_hand(view: View, right: float, down: float) -> None:
    x, y = view.to_map(100.0, 100.0)
    assert view.panned(right, down).to_canvas(np.array([x, y])) == pytest.approx(
        [100 + right, 100 + down], abs=1e-5 * view.scale + 1e-6
    )


@given(views, coordinate, coordinate, st.floats(0.001, 100), st.floats(0.001, 100))
def test_fitting_shows_the_whole_box_in_the_free_part(
    view: View, x: float, y: float, width: float, height: float
) -> None:
    insets = (view.width * 0.1, 0.0, view.width * 0.3, view.height * 0.2)
    fitted = view.fitted((x, y, x + width, y + height), insets)
    (left, bottom), (right, top) = fitted.to_canvas(np.array([[x, y], [x + width, y + height]]))
    room = 1e-3 * max(view.width, view.height)
    assert insets[0] - room <= left <= right <= view.width - insets[2] + room
    assert -room <= top <= bottom <= view.height - insets[3] + room


def test_y_points_up() -> None:
    view = View(width=100, height=100, scale=10.0)
    assert view.to_canvas(np.array([0.0, 1.0]))[1] < view.to_canvas(np.array([0.0, 0.0]))[1]


def test_a_glide_ends_where_it_should() -> None:
    here, there = View(0.0, 0.0, 1.0, 50, 40), View(3.0, 4.0, 16.0, 50, 40)
    assert here.towards(there, 1.0) == there
    assert here.towards(there, 0.5).scale == pytest.approx(4.0)


def test_a_small_drift_is_not_followed_but_a_large_one_is() -> None:
    fitted = View(0.0, 0.0, 10.0, 200, 100).fitted((-1.0, -1.0, 1.0, 1.0))
    assert not fitted.panned(3.0, 0.0).far_from(fitted)
    assert fitted.panned(60.0, 0.0).far_from(fitted)
    assert fitted.zoomed(1.5, 100, 50).far_from(fitted)
