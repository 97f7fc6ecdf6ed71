from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.ui.map.canvas.scene import AT_ONCE, Motion, Picture, Style, automatic_radius
from explorer.ui.map.canvas.viewport import View

A = np.array([[0, 0], [2, 2]], np.float32)
B = np.array([[4, 0], [2, 6]], np.float32)


def test_points_move_evenly_from_one_frame_to_the_next() -> None:
    motion = Motion(A, B, began=10.0, duration=2.0)
    np.testing.assert_allclose(motion.at(9.0), A)
    np.testing.assert_allclose(motion.at(10.5), A + (B - A) / 4)
    np.testing.assert_allclose(motion.at(99.0), B)


def test_a_new_frame_starts_where_the_points_are() -> None:
    halfway = Motion(A, B, began=0.0, duration=2.0).towards(np.arange(2), A, now=1.0, duration=1.0)
    np.testing.assert_allclose(halfway.start, (A + B) / 2)
    np.testing.assert_allclose(halfway.at(5.0), A)


def test_items_without_a_place_appear_where_they_belong() -> None:
    first = Motion.nowhere(3).towards(np.array([0, 2]), A, now=0.0, duration=1.0)
    assert np.isnan(first.at(0.0)[1]).all()
    second = first.towards(np.arange(3), np.vstack([B, [[9, 9]]]).astype(np.float32), now=5.0, duration=1.0)
    np.testing.assert_allclose(second.at(5.0)[1], B[1])
    np.testing.assert_allclose(second.at(5.0)[0], A[0])


def test_indices_in_any_order_are_put_where_they_belong() -> None:
    motion = Motion.nowhere(2).towards(np.array([1, 0]), A, now=0.0, duration=0.0)
    np.testing.assert_allclose(motion.end, A[::-1])


def test_flags_say_hidden_drawn_and_on_top() -> None:
    style = Style.plain(4, (1, 2, 3), (0, 0, 0), (9, 9, 9)).with_highlight(np.array([1, 2]))
    style = replace(style, visible=np.array([True, True, False, False]))
    assert style.flags().tolist() == [1, 2, 0, 0]
    assert style.with_highlight(np.empty(0, np.int64)).highlighted is None


def test_a_selection_may_be_a_mask_or_items() -> None:
    plain = Style.plain(5, (1, 2, 3), (0, 0, 0), (9, 9, 9))
    mask = np.array([False, True, False, True, False])
    assert plain.with_highlight(mask).flags().tolist() == plain.with_highlight(np.array([1, 3])).flags().tolist()
    assert plain.with_highlight(np.zeros(5, np.bool_)).highlighted is None
    assert plain.with_highlight(mask).highlighted is mask


def test_a_selection_among_other_items_is_left_out() -> None:
    plain = Style.plain(3, (1, 2, 3), (0, 0, 0), (9, 9, 9))
    assert plain.with_highlight(np.array([1, 3, 70])).flags().tolist() == [1, 2, 1]
    assert plain.with_highlight(np.array([3])).highlighted is None
    assert plain.with_highlight(np.ones(9, np.bool_)).highlighted is None


@pytest.mark.parametrize(
    ("count", "least", "most"), [(200, 3.5, 3.5), (1797, 2.5, 3), (70_000, 1.5, 1.75), (10**6, 1, 1.25)]
)
def test_points_are_as_large_as_their_number_allows(count: int, least: float, most: float) -> None:
    view = View(width=800, height=480)
    assert least <= automatic_radius(count, view, view.scale) <= most


def test_points_grow_while_zooming_in() -> None:
    radii = [automatic_radius(70_000, View(width=800, height=480, scale=z), 1.0) for z in (1, 4, 16, 64, 256)]
    assert radii == sorted(radii)
    assert radii[-1] == 6.0


def test_the_box_of_many_items_is_found_in_pieces() -> None:
    rng = np.random.default_rng(3)
    places = rng.normal(size=(2 * AT_ONCE + 7, 2)).astype(np.float32)
    places[::5] = np.nan
    nothing = np.empty(0, np.uint32)
    picture = Picture(View(), 1.0, nothing, nothing.view(np.int32), 1, 0, 1, 1, Motion(places, places), 1.0, None, 1.0,
                      0, 0.0, 0)  # fmt: skip
    for items in (np.arange(len(places)), np.arange(1, 40), np.array([AT_ONCE + 1])):
        *before, box = picture.box_in_pieces(items)
        assert before == [None] * ((len(items) - 1) // AT_ONCE)
        found = places[items].astype(np.float64)
        assert box == (*np.nanmin(found, axis=0), *np.nanmax(found, axis=0))
    assert list(picture.box_in_pieces(np.array([0, 5]))) == []  # neither has a place
    assert list(picture.box_in_pieces(np.arange(0))) == []
