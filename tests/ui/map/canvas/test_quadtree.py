from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.class_colours import class_colours
from explorer.core.types import FloatArray
from explorer.ui.map.canvas import quadtree_kernels
from explorer.ui.map.canvas.picking import grid_of
from explorer.ui.map.canvas.placing import Placing
from explorer.ui.map.canvas.quadtree import Choice, Frame, Look, Quadtree
from explorer.ui.map.canvas.raster import Rasteriser
from explorer.ui.map.canvas.scene import Motion, Outline, Picture, Style
from explorer.ui.map.canvas.viewport import View

COUNT = 30_000
RASTER = Rasteriser()


def cloud(seed: int, count: int = COUNT) -> FloatArray:
    """Points of a dense middle, a thin wide cloud, and some that share a place."""
    rng = np.random.default_rng(seed)
    xy = rng.normal(size=(count, 2)).astype(np.float32) * np.where(rng.random(count) < 0.7, 1, 12)[:, None]
    xy[: count // 20] = [3.0, 4.0]
    return np.ascontiguousarray(xy[rng.permutation(count)], np.float32)


def frame_of(scale: float, x: float = 0.0, y: float = 0.0, width: int = 320, height: int = 200) -> Frame:
    return np.float32(scale), np.float32(width / 2 - x * scale), np.float32(height / 2 + y * scale), 4, width, height


def look_of(flags: npt.NDArray[np.uint8]) -> Look:
    count = len(flags)
    return Look(np.empty(0, np.uint32), flags, np.arange(count, dtype=np.uint16), np.zeros(count, np.uint8))


def in_sight(xy: FloatArray, frame: Frame) -> npt.NDArray[np.bool_]:
    scale, left, top, margin, width, height = frame
    x, y = xy[:, 0] * scale + left, top - xy[:, 1] * scale
    return np.asarray((x >= margin) & (y >= margin) & (x < width - margin) & (y < height - margin))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0, 1, 2, 5000, COUNT]), st.booleans())
def test_every_point_with_a_place_is_in_one_leaf_within_its_box(seed: int, count: int, lost: bool) -> None:
    xy = cloud(seed, count)
    if lost:
        xy[::7] = np.nan
    tree = Quadtree.of(xy)
    assert sorted(tree.items.tolist()) == np.flatnonzero(np.isfinite(xy[:, 0])).tolist()
    assert np.array_equal(tree.places, xy[tree.items])
    sizes = np.diff(tree.starts)
    assert (sizes > 0).all()
    assert sizes.sum() == len(tree.items)
    of = np.repeat(np.arange(len(sizes)), sizes)
    assert (tree.places >= tree.boxes[of, :2]).all()
    assert (tree.places <= tree.boxes[of, 2:]).all()
    crowded = np.flatnonzero(sizes > quadtree_kernels.LEAF)
    assert (np.ptp(tree.boxes[crowded].reshape(-1, 2, 2), axis=1) <= 0.01).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(1.0, 200.0), st.floats(-5.0, 5.0), st.floats(-5.0, 5.0))
def test_where_they_fit_all_in_sight_are_placed_as_by_brute_force(seed: int, scale: float, x: float, y: float) -> None:
    xy, frame = cloud(seed), frame_of(scale, x, y)
    tree, placing = Quadtree.of(xy), Placing()
    look = Look(tree.items, np.ones(COUNT, np.uint8), np.zeros(COUNT, np.uint16), np.zeros(COUNT, np.uint8))
    placing.clear(200, 320)
    placed = placing.some(tree, look, 1, frame)
    wanted = np.flatnonzero(in_sight(xy, frame))
    assert sorted(tree.items[placed.records >> np.uint64(32)].tolist()) == wanted.tolist()
    assert placed.in_sight == len(placed.records) == placing.cells.sum()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(2.0, 5000.0), st.integers(10, 5000))
def test_a_closer_look_and_a_larger_budget_only_add_points(seed: int, scale: float, budget: int) -> None:
    tree = Quadtree.of(cloud(seed))
    some, _, total = tree.choose(frame_of(scale, 0.5, 0.5), budget, budget)
    more = tree.choose(frame_of(scale, 0.5, 0.5), 4 * budget, 4 * budget).taken
    assert (some <= more).all()
    assert (more <= np.diff(tree.starts)).all()
    assert total == some.sum() <= max(budget, np.count_nonzero(some))
    closer = tree.choose(frame_of(1.1 * scale, 0.5, 0.5), budget, budget).taken
    both = (closer > 0) & (some > 0)
    assert (closer[both] >= 0.8 * some[both] - 1).all()  # as far as the step of the budget goes


def test_what_is_taken_of_a_leaf_is_a_fair_sample_of_it() -> None:
    xy = np.random.default_rng(0).random((200_000, 2)).astype(np.float32)
    xy = np.ascontiguousarray(xy[np.lexsort((xy[:, 1], xy[:, 0] > 0.5))])  # items in the order of their places
    tree = Quadtree.of(xy)
    sizes = np.diff(tree.starts)
    rows = np.concatenate([np.arange(s, s + n // 10) for s, n in zip(tree.starts[:-1], sizes, strict=True)])
    whole = np.histogram2d(xy[:, 0], xy[:, 1], 16, [[0, 1], [0, 1]])[0]
    part = np.histogram2d(tree.places[rows, 0], tree.places[rows, 1], 16, [[0, 1], [0, 1]])[0]
    expected = whole * len(rows) / len(xy)
    assert np.abs(part - expected).max() < 5 * np.sqrt(expected.max())
    halves = [np.mean([sizes[k] / 2 > np.argsort(tree.items[s : s + sizes[k]])[: sizes[k] // 2]])
              for k, s in enumerate(tree.starts[:20])]  # fmt: skip
    assert abs(np.mean(halves) - 0.5) < 0.05  # early items are as often in the first half


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_points_of_a_flag_are_all_found_and_look_as_they_should(share: float) -> None:
    xy = cloud(1)
    flags = np.where(np.random.default_rng(2).random(COUNT) < share, 2, 1).astype(np.uint8)
    tree, choice, placing = Quadtree.of(xy), Choice(), Placing()
    look, frame = look_of(flags), frame_of(5.0)
    for wanted in (1, 2):
        own, rows = choice.of(tree, look, wanted)
        placing.clear(200, 320)
        found = placing.some(own, rows, wanted, frame).records >> np.uint64(32)
        items = rows.items[found]
        assert sorted(items.tolist()) == np.flatnonzero(in_sight(xy, frame) & (flags == wanted)).tolist()
        assert (rows.flags[found] == wanted).all()
        assert np.array_equal(rows.colours[found], items.astype(np.uint16))
        again, same = choice.of(tree, look, wanted)
        assert again is own
        assert all(a is b for a, b in zip(same, rows, strict=True))


def test_another_style_is_seen_at_once() -> None:
    tree, choice, flags = Quadtree.of(cloud(1)), Choice(), np.ones(COUNT, np.uint8)
    first = look_of(flags)
    other = first._replace(colours=first.colours[::-1].copy())
    choice.of(tree, first, 1)
    _, rows = choice.of(tree, other, 1)
    assert np.array_equal(rows.colours, other.colours[tree.items])
    _, rows = choice.of(tree, look_of(np.full(COUNT, 2, np.uint8)), 1)
    assert len(rows.items) == 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), corners=st.integers(3, 40), size=st.sampled_from([0.2, 2.0, 30.0]))
def test_a_polygon_holds_what_it_holds_without_the_tree(seed: int, corners: int, size: float) -> None:
    rng, xy = np.random.default_rng(seed), cloud(seed)
    style = replace(Style.plain(COUNT, (200, 0, 0), (0, 0, 0), (255, 255, 255)), visible=rng.random(COUNT) < 0.8)
    outline = Outline(xy[rng.integers(COUNT)] + rng.normal(size=(corners, 2)) * size)
    raster, motion = Rasteriser(), Motion(xy, xy)
    found = raster.caught(motion, style, outline, 0.0, Quadtree.of(xy))
    np.testing.assert_array_equal(found, raster.caught(motion, style, outline, 0.0))


def clouds(count: int, seed: int) -> tuple[Motion, Style]:
    """Ten clouds of as many classes, in another order with another seed."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, count).astype(np.uint16)
    xy = ((rng.normal(size=(10, 2)) * 3)[labels] + rng.standard_normal((count, 2))).astype(np.float32)
    order = np.random.default_rng(seed).permutation(count)
    xy = xy[order]
    return Motion(xy, xy), Style(labels[order], class_colours(10), (14, 17, 22), (255, 255, 255))


def blocks(picture: Picture) -> npt.NDArray[np.float64]:
    """The mean colours of squares of 20 pixels."""
    rows = picture.pixels[: (picture.height + 2 * picture.margin) * picture.stride].reshape(-1, picture.stride)
    inner = rows[picture.margin : picture.margin + picture.height, picture.margin : picture.margin + picture.width]
    parts = np.stack([inner >> shift & 255 for shift in (16, 8, 0)], -1).astype(np.float64)
    return np.asarray(parts.reshape(picture.height // 20, 20, picture.width // 20, 20, 3).mean(axis=(1, 3)))


def crowding(xy: FloatArray, view: View) -> npt.NDArray[np.float64]:
    """How many points are in each of these squares."""
    x = (xy[:, 0] - view.x) * view.scale + view.width / 2
    y = view.height / 2 - (xy[:, 1] - view.y) * view.scale
    shape, area = (view.height // 20, view.width // 20), [[0, view.height], [0, view.width]]
    return np.asarray(np.histogram2d(y, x, shape, area)[0])


@pytest.mark.parametrize(("zoom", "ratio"), [(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (40.0, 1.0)])
def test_a_sample_has_the_colours_of_the_whole_where_it_is_crowded_and_where_not(zoom: float, ratio: float) -> None:
    (motion, style), (again, other) = clouds(3_000_000, 0), clouds(3_000_000, 1)
    bounds = RASTER.bounds(motion, style)
    assert bounds is not None
    fitted = View(width=1440, height=900).fitted(bounds)
    view = View(fitted.x, fitted.y, fitted.scale * zoom, round(1440 / ratio), round(900 / ratio))
    whole = RASTER.draw(motion, style, view, ratio=ratio, bounds=bounds)
    anew = RASTER.draw(again, other, view, ratio=ratio, bounds=bounds)
    some = RASTER.draw(motion, style, view, ratio=ratio, bounds=bounds, tree=Quadtree.of(motion.end))
    assert whole.drawn == whole.in_sight
    assert some.in_sight == pytest.approx(whole.in_sight, rel=0.05)  # what lies around the edge counts as well
    assert some.drawn <= 1_000_000
    assert (some.drawn < some.in_sight) is (zoom < 40.0)
    away, chance = blocks(some) - blocks(whole), blocks(anew) - blocks(whole)
    points = crowding(motion.end, View(view.x, view.y, view.scale * ratio, 1440, 900))
    for part in (points > np.quantile(points, 0.8), (points > 0) & (points <= np.quantile(points[points > 0], 0.5))):
        assert np.abs(away[part].mean(axis=0)).max() < 1.0
        assert np.quantile(np.abs(away[part]), 0.99) < 2 * np.quantile(np.abs(chance[part]), 0.99) + 1.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 40), st.sampled_from([0.003, 0.3, 4.0]), st.sampled_from([0.02, 3.0]))
def test_a_brush_catches_what_it_would_without_a_tree(seed: int, corners: int, radius: float, step: float) -> None:
    rng, xy = np.random.default_rng(seed), cloud(seed)
    xy[rng.random(COUNT) < 0.1] = np.nan
    style = replace(Style.plain(COUNT, (255, 0, 0), (0, 0, 0), (255, 255, 255)), visible=rng.random(COUNT) > 0.2)
    path = rng.normal(size=2) + np.cumsum(rng.normal(0, step, (corners, 2)), axis=0)
    motion, outline = Motion(xy, xy), Outline(path, radius)
    found = RASTER.caught(motion, style, outline, 0.0, Quadtree.of(xy))
    assert np.array_equal(found, RASTER.caught(motion, style, outline, 0.0))


def test_a_brush_looks_only_at_leaves_below_it() -> None:
    xy, radius = cloud(0), 0.05
    tree, found = Quadtree.of(xy), np.zeros(COUNT, np.bool_)
    grid = grid_of(np.array([[0.5, 0.5], [0.52, 0.5]]), radius)
    below = replace(tree, places=np.full_like(tree.places, 0.5))  # all that is looked at is near
    below.near(np.ones(COUNT, np.uint8), grid, radius, found)
    assert 0 < found.sum() <= 4 * quadtree_kernels.LEAF
