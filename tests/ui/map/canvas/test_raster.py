from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.class_colours import FIRST_COLOURS, class_colours
from explorer.ui.map.canvas import raster_kernels
from explorer.ui.map.canvas.point_shapes import PointShape, diamond, disc
from explorer.ui.map.canvas.raster import CORNER, HOLE, SHADES, Rasteriser, packed, shaded_palette
from explorer.ui.map.canvas.scene import CLEAR, DISC, LARGER, RING, RING_FROM, Motion, Outline, Picture, Style, clear_of
from explorer.ui.map.canvas.viewport import View
from explorer.ui.map.colourings import by_class, palette_of
from explorer.ui.widgets.theme import DARK, LIGHT, Theme
from explorer.ui.widgets.theme import WHITE as PAPER

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
RASTER = Rasteriser()


def style_of(count: int, radius: float = 3.0, **more: object) -> Style:
    plain = Style.plain(count, WHITE, BLACK, WHITE)
    return Style(plain.colours, plain.palette, BLACK, WHITE, radius=radius, **more)  # type: ignore[arg-type]


def still(xy: npt.ArrayLike) -> Motion:
    points = np.asarray(xy, np.float32)
    return Motion(points, points)


def red(picture: Picture) -> npt.NDArray[np.int64]:
    rows = picture.pixels[: (picture.height + 2 * picture.margin) * picture.stride].reshape(-1, picture.stride)
    inner = rows[picture.margin : picture.margin + picture.height, picture.margin : picture.margin + picture.width]
    return inner.astype(np.int64) >> 16 & 255


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 1.25, 2.0]), st.sampled_from([1.5, 2.0, 4.0]))
def test_every_pixel_belongs_to_a_point_that_covers_it(seed: int, ratio: float, radius: float) -> None:
    xy = np.random.default_rng(seed).uniform(-60, 60, (30, 2)).astype(np.float32)
    picture = RASTER.draw(still(xy), style_of(30, radius), View(width=100, height=80), ratio=ratio)
    at = picture.view.to_canvas(xy) * ratio
    owners = picture.owners()
    rows, columns = np.mgrid[: picture.height, : picture.width] + 0.5
    away = np.hypot(columns[..., None] - at[:, 0], rows[..., None] - at[:, 1])
    owned = owners >= 0
    own = np.take_along_axis(away, np.maximum(owners, 0)[..., None].astype(np.int64), axis=-1)[..., 0]
    assert (own[owned] <= radius * ratio + 0.75).all()
    assert (away.min(axis=-1)[~owned] >= radius * ratio - 0.75).all()
    RASTER.recycle(picture)


def test_ghosts_are_grey_below_the_others_and_nobody_points_at_them() -> None:
    xy = np.array([[-20, 0], [0, 0], [1, 0], [20, 0]], np.float32)
    visible = np.array([True, True, False, False])
    view = View(width=80, height=40)
    plain = RASTER.draw(still(xy), style_of(4, visible=visible), view)
    looks = RASTER.draw(still(xy), style_of(4, visible=visible, ghosts=True), view)
    assert np.array_equal(looks.owners(), plain.owners())
    assert set(np.unique(looks.owners()).tolist()) == {-1, 0, 1}
    assert looks.in_sight == plain.in_sight == 2
    style = style_of(4, visible=visible, ghosts=True)
    assert red(plain)[20, 60] == 0
    assert red(looks)[20, 60] == style.ghost[0] == 51
    assert red(looks)[20, 40] == 255  # what is shown lies above
    chosen = style_of(4, visible=visible, ghosts=True, highlighted=np.array([0]))
    assert 0 < chosen.ghost[0] < style.ghost[0]
    assert looks.pick(20, 0) == -1
    bounds = RASTER.bounds(still(xy), style_of(4, visible=visible))
    assert bounds == (-20, 0, 0, 0)
    assert RASTER.bounds(still(xy), style) == (-20, 0, 20, 0)
    outline = Outline(np.array([[-30, -9], [30, -9], [30, 9], [-30, 9]], np.float64))
    assert RASTER.caught(still(xy), style, outline, 0.0).tolist() == visible.tolist()
    some = style_of(4, visible=visible, ghosts=True, absent=np.array([False, False, True, False]))
    assert RASTER.bounds(still(xy), some) == (-20, 0, 20, 0)
    assert red(RASTER.draw(still(xy), some, view))[20, 60] == style.ghost[0]
    gone = style_of(4, visible=visible, ghosts=True, absent=~visible)
    assert RASTER.bounds(still(xy), gone) == (-20, 0, 0, 0)
    assert red(RASTER.draw(still(xy), gone, view))[20, 60] == 0
    everything = RASTER.draw(still(xy), style_of(4, ghosts=True), view)
    assert set(np.unique(everything.owners()).tolist()) == {-1, 0, 1, 2, 3}


def stamp_at(picture: Picture, shape: int, radius: float) -> PointShape:
    size = radius * picture.ratio
    if radius < RING_FROM or shape == DISC:
        return disc(size)
    return disc(size, size * HOLE) if shape == RING else diamond(round(size * CORNER, 3))


def slow_owners(xy: npt.NDArray[np.float32], style: Style, picture: Picture) -> npt.NDArray[np.int32]:
    """Who owns each pixel of the buffer, one point after the other: by tile, in blocks, the last of a pixel only."""
    rows = picture.height + 2 * picture.margin
    owners = np.full((rows, picture.stride), -1, np.int32)
    view, scale = picture.view, np.float32(picture.view.scale * picture.ratio)
    left = np.float32(picture.width / 2 + picture.margin - view.x * view.scale * picture.ratio)
    top = np.float32(picture.height / 2 + picture.margin + view.y * view.scale * picture.ratio)
    low, high = picture.margin // 2, np.array([picture.stride, rows]) - picture.margin // 2
    flags = style.flags()
    blocks = [
        raster_kernels.BLOCK * b + k
        for b in raster_kernels.block_order(len(xy)).tolist()
        for k in range(raster_kernels.BLOCK)
    ]
    drawn = [item for item in blocks if item < len(xy)]
    for wanted in (1, 2):
        last: dict[tuple[int, int, int, int], tuple[int, int]] = {}
        for item in drawn:
            x, y = xy[item, 0] * scale + left, top - xy[item, 1] * scale
            if flags[item] == wanted and low <= x < high[0] and low <= y < high[1]:
                column, row = int(x), int(y)
                position = int((y - row) * 4) * 4 + int((x - column) * 4)
                last.pop((row >> 5, column >> 6, row, column), None)
                last[row >> 5, column >> 6, row, column] = (item, position)
        for (_, _, row, column), (item, position) in sorted(last.items(), key=lambda entry: entry[0][:2]):
            shape = 0 if style.shapes is None else int(style.shapes[item])
            stamp = stamp_at(picture, shape, picture.radius + LARGER * (wanted == 2))
            own = stamp.sizes[position, 1]
            owners[row + stamp.rows[position, :own], column + stamp.columns[position, :own]] = item
    return owners[picture.margin : rows - picture.margin, picture.margin : picture.stride - picture.margin]


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000), st.integers(1, 300) | st.just(6 * raster_kernels.CROWDED), st.sampled_from([1.0, 1.5, 2.0]),
    st.sampled_from([1.5, 2.5, 4.0]), st.booleans(),
)  # fmt: skip
def test_the_owners_are_those_of_a_slow_drawing(
    seed: int, count: int, ratio: float, radius: float, chosen: bool
) -> None:
    rng = np.random.default_rng(seed)
    xy = (rng.normal(size=(count, 2)) * [35, 25]).astype(np.float32)
    style = style_of(count, radius, shapes=rng.integers(0, 3, count).astype(np.uint8), visible=rng.random(count) > 0.2)
    if chosen:
        style = style.with_highlight(np.flatnonzero(rng.random(count) > 0.7))
    picture = RASTER.draw(still(xy), style, View(width=160, height=100), ratio=ratio)
    assert (picture.owners() == slow_owners(xy, style, picture)).all()
    RASTER.recycle(picture)


@pytest.mark.parametrize("rimmed", [False, True])
@pytest.mark.parametrize("corner", [(0, 0), (32, 64)])
def test_crowded_tiles_are_drawn_as_others_are(rimmed: bool, corner: tuple[int, int]) -> None:
    rng, count, stride, rows = np.random.default_rng(0), 4 * raster_kernels.CROWDED, 140, 70
    stamps = (disc(3.0), disc(3.0, 1.2), diamond(4.0), disc(3.8), disc(3.8), diamond(5.0))
    offsets, cover, sizes, apart, reach = packed(stamps, stride, rimmed=rimmed)
    places = [(row, column) for row in range(8, 24) for column in range(8, 56)]
    spots = rng.permutation(np.array(places, np.int64))[:count] + np.array(corner)
    inside, shapes = rng.integers(0, 16, count), rng.integers(0, 3, count).astype(np.uint8)
    records = (np.arange(count) << 32 | spots[:, 0] << 18 | spots[:, 1] << 4 | inside).astype(np.uint64)
    palette = rng.integers(0xFF000000, 0xFFFFFFFF, (1, count)).astype(np.uint32)
    colours, levels = np.arange(count, dtype=np.uint16), np.zeros((18, 36), np.uint8)
    tile, across = (corner[0] >> 5) * 3 + (corner[1] >> 6), 3

    def drawn(piece: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]:
        picture, owner = np.full(stride * rows, 0xFF102030, np.uint32), np.full(stride * rows, -1, np.int32)
        for first in range(0, count, piece):
            starts = np.zeros(across * 3 + 1, np.int64)
            starts[tile + 1 :] = piece
            raster_kernels.stamp_points(
                picture, owner, stride, records[first : first + piece], starts, np.full(2048, -1, np.int64),
                np.empty(0, np.uint32), colours, palette, levels, shapes, offsets, cover, sizes, apart, reach, rimmed,
                np.uint32(0xFF102030),
            )  # fmt: skip
        return picture, owner

    for crowded, lone in zip(drawn(count), drawn(raster_kernels.CROWDED // 2), strict=True):
        assert np.array_equal(crowded, lone)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 2.0]), st.sampled_from([2.5, 3.5, 6.0]))
def test_shapes_change_no_owners_outside_their_boxes(seed: int, ratio: float, radius: float) -> None:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(-40, 40, (20, 2)).astype(np.float32)
    shapes = np.zeros(20, np.uint8)
    other = int(rng.integers(20))
    shapes[other] = rng.integers(1, 3)
    view = View(width=120, height=100)
    plain = RASTER.draw(still(xy), style_of(20, radius), view, ratio=ratio).owners().copy()
    shaped = RASTER.draw(still(xy), style_of(20, radius, shapes=shapes), view, ratio=ratio).owners()
    rows, columns = np.nonzero(plain != shaped)
    left, top = view.to_canvas(xy[other]) * ratio
    reach = CORNER * radius * ratio + 1
    assert (np.abs(rows + 0.5 - top) <= reach).all()
    assert (np.abs(columns + 0.5 - left) <= reach).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 1.25, 2.0, 3.0]))
def test_the_middle_of_every_lone_point_picks_it_at_any_density(seed: int, ratio: float) -> None:
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.arange(8), np.arange(6)), -1).reshape(-1, 2) * 12.0
    xy = (grid - [42, 30] + rng.uniform(-2, 2, grid.shape)).astype(np.float32)
    style = style_of(len(xy), 3.0, shapes=rng.integers(0, 3, len(xy)).astype(np.uint8))
    picture = RASTER.draw(still(xy), style, View(width=100, height=80), ratio=ratio)
    assert [picture.pick(float(x), float(y), 0.0) for x, y in xy] == list(range(len(xy)))
    RASTER.recycle(picture)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 99), st.floats(0, 79))
def test_picking_equals_brute_force_where_points_do_not_overlap(seed: int, left: float, top: float) -> None:
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.arange(8), np.arange(6)), -1).reshape(-1, 2) * 12.0
    xy = (grid - [42, 30] + rng.uniform(-2, 2, grid.shape)).astype(np.float32)
    picture = RASTER.draw(still(xy), style_of(len(xy), 2.0), View(width=100, height=80))
    away = np.hypot(*(picture.view.to_canvas(xy) - [left, top]).T)
    found = picture.pick(*picture.view.to_map(left, top), tolerance=3.0)
    nearest = int(np.argmin(away))
    if away[nearest] < 1.4:
        assert found == nearest
    elif away[nearest] > 2.0 + 3.0 + 2.5:
        assert found == -1
    elif found >= 0:
        assert away[found] <= away[nearest] + 1.5
    RASTER.recycle(picture)


def test_nothing_is_picked_outside_the_picture() -> None:
    picture = RASTER.draw(still([[0, 0]]), style_of(1), View(width=20, height=20))
    assert picture.pick(0.0, 0.0) == 0
    assert picture.pick(500.0, 0.0) == -1


def test_hidden_unplaced_and_distant_points_are_not_drawn() -> None:
    xy = np.array([[0, 0], [5, 5], [np.nan, np.nan], [1e9, 0], [np.inf, 0]])
    style = style_of(5, visible=np.array([False, True, True, True, True]))
    picture = RASTER.draw(still(xy), style, View(width=40, height=40))
    assert set(np.unique(picture.owners())) == {-1, 1}
    assert picture.in_sight == 1


def test_no_class_hides_another_by_coming_later_in_the_data() -> None:
    rng = np.random.default_rng(0)
    xy = rng.normal(size=(20_000, 2)).astype(np.float32) * 8
    owners = RASTER.draw(still(xy), style_of(20_000, 2.0), View(width=100, height=100)).owners()
    later = (owners[owners >= 0] >= 10_000).mean()
    assert 0.4 < later < 0.6  # the last few hundred blocks are on top of the crowd: a share of 0.5 ± 0.03


def test_the_order_of_overlap_stays_when_points_move_a_little() -> None:
    rng = np.random.default_rng(0)
    xy = rng.uniform(-40, 40, (3000, 2)).astype(np.float32)
    first = RASTER.draw(still(xy), style_of(3000, 2.0), View(width=100, height=100)).owners()
    second = RASTER.draw(still(xy + 0.01), style_of(3000, 2.0), View(width=100, height=100)).owners()
    assert (first == second).mean() > 0.98


def test_points_on_the_same_pixel_show_one_of_them() -> None:
    picture = RASTER.draw(still(np.zeros((50, 2))), style_of(50), View(width=20, height=20))
    assert len(np.unique(picture.owners())) == 2


def test_a_selection_lies_on_top_and_the_rest_is_dimmed() -> None:
    xy = np.zeros((64, 2), np.float32)
    xy[0] = (12, 0)
    plain = RASTER.draw(still(xy), style_of(64, 3.0), View(width=50, height=30))
    bright = int(red(plain).max())
    style = style_of(64, 3.0).with_highlight(np.array([7]))
    picture = RASTER.draw(still(xy), style, View(width=50, height=30))
    assert picture.pick(0.0, 0.0) == 7
    assert int(red(picture)[:, 34:40].max()) < bright / 2
    assert int(red(picture)[:, 20:30].max()) > bright * 0.8


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_selected_points_of_every_colour_are_clear_of_the_backdrop(theme: Theme) -> None:
    backdrop, ink = theme.rgb("background"), theme.rgb("text")
    dark = np.concatenate([class_colours(256), np.array([backdrop, (20, 20, 24), (250, 250, 251)], np.uint8)])
    shown = clear_of(dark, backdrop, ink)
    assert min(contrast(colour, backdrop) for colour in shown.tolist()) >= CLEAR - 0.1
    kept = [k for k, colour in enumerate(dark.tolist()) if contrast(colour, backdrop) >= CLEAR]
    assert (shown[kept] == dark[kept]).all()
    style = Style(np.zeros(2, np.uint16), np.array([(20, 20, 24)], np.uint8), backdrop, ink, radius=3.0)
    xy = still([[-10, 0], [10, 0]])
    picture = RASTER.draw(xy, style.with_highlight(np.array([1])), View(width=50, height=30))
    owners = picture.owners()
    pixels = picture.pixels[: (picture.height + 2 * picture.margin) * picture.stride].reshape(-1, picture.stride)
    middle = int(pixels[picture.margin + 15, picture.margin + 35])
    assert contrast((middle >> 16 & 255, middle >> 8 & 255, middle & 255), backdrop) >= CLEAR - 0.5
    assert np.count_nonzero(owners == 1) > np.count_nonzero(owners == 0)


@pytest.mark.parametrize("theme", [DARK, LIGHT, PAPER], ids=["dark", "light", "white"])
@pytest.mark.parametrize("radius", [2.0, 3.5])
def test_points_of_the_first_classes_can_be_seen_where_they_are_drawn(theme: Theme, radius: float) -> None:
    count = len(FIRST_COLOURS)
    palette = palette_of(by_class(np.arange(count), [str(k) for k in range(count)]), theme)
    backdrop = theme.rgb("background")
    style = Style(np.arange(count, dtype=np.uint16), palette, backdrop, theme.rgb("text"), radius=radius)
    picture = RASTER.draw(still([[12 * k - 54, 0] for k in range(count)]), style, View(width=130, height=30))
    pixels = picture.pixels[: (picture.height + 2 * picture.margin) * picture.stride].reshape(-1, picture.stride)
    for item in range(count):
        middle = int(pixels[picture.margin + 15, picture.margin + 11 + 12 * item])
        shown = (middle >> 16 & 255, middle >> 8 & 255, middle & 255)
        assert contrast(shown, backdrop) >= 3.0, (item, shown)


def contrast(one: Sequence[int], other: Sequence[int]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Sequence[int]) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_rings_and_diamonds_can_be_picked_in_the_middle() -> None:
    xy = [[-20, 0], [0, 0], [20, 0]]
    picture = RASTER.draw(still(xy), style_of(3, 5.0, shapes=np.arange(3).astype(np.uint8)), View(width=60, height=40))
    assert red(picture)[20, 10] > 250
    assert red(picture)[20, 30] < 30
    assert red(picture)[20, 50] < 30
    assert [picture.pick(x, 0.0, 0.5) for x, _ in xy] == [0, 1, 2]
    owners = picture.owners()
    assert (owners[23, 6], owners[23, 46]) == (0, -1)  # a disc is round
    assert (owners[20, 16], owners[20, 56]) == (-1, 2)  # a diamond has corners


def test_small_points_are_all_discs() -> None:
    shapes = np.array([0, 1, 2], np.uint8)
    xy = [[-10, 0], [0, 0], [10, 0]]
    picture = RASTER.draw(still(xy), style_of(3, 2.0, shapes=shapes), View(width=60, height=40))
    discs = RASTER.draw(still(xy), style_of(3, 2.0), View(width=60, height=40))
    assert (picture.owners() == discs.owners()).all()
    assert (red(picture) == red(discs)).all()


def test_crowded_parts_are_brighter_than_single_points() -> None:
    rng = np.random.default_rng(0)
    crowd = rng.normal(size=(30_000, 2)) * 6
    xy = np.vstack([crowd, [[80, 30]]]).astype(np.float32)
    style = Style.plain(len(xy), (150, 90, 60), BLACK, WHITE)
    picture = RASTER.draw(still(xy), style, View(width=200, height=100))
    shades = red(picture)
    assert shades[50, 100] > 150
    single = picture.view.to_canvas(np.array([80.0, 30.0])).astype(int)
    assert 60 < shades[single[1], single[0]] < 140


def test_the_density_is_that_of_two_blurs() -> None:
    cells = np.random.default_rng(0).poisson(0.3, (40, 70)).astype(np.float32)
    cells[[0, -1]] = cells[:, [0, -1]] = 0
    scratch, occupied = np.zeros((3, *cells.shape), np.float32), np.empty(cells.size, np.int32)
    occupied = occupied[: raster_kernels.occupied_cells(cells.ravel(), occupied)]
    assert occupied.tolist() == np.flatnonzero(cells).tolist()
    peak = raster_kernels.smooth_cells(cells, occupied, scratch, np.zeros(128, np.int64))
    blurred = cells
    for _ in range(2):
        blurred = np.pad(np.lib.stride_tricks.sliding_window_view(blurred, (3, 3)).sum((2, 3)), 1)
    assert (scratch[0, 2:-2, 2:-2] == blurred[2:-2, 2:-2]).all()
    dense = scratch[0].ravel()[occupied] / 81 + 1
    assert np.quantile(dense, 0.95) <= (peak + 1) * 1.001
    assert np.quantile(dense, 0.95) >= (peak + 1) / 2**0.125 * 0.999


def test_few_points_keep_their_own_colours() -> None:
    style = Style.plain(3, (150, 90, 60), BLACK, WHITE)
    assert (shaded_palette(style, 0.0, dimmed=False) == 0xFF965A3C).all()
    assert shaded_palette(style, 1.0, dimmed=True).shape == (SHADES, 1)


def inside(polygon: npt.NDArray[np.float64], x: float, y: float) -> bool:
    """The even-odd rule by the sum of edge crossings, written in another way than the kernel."""
    after = np.roll(polygon, -1, axis=0)
    spans = (polygon[:, 1] <= y) != (after[:, 1] <= y)
    edges, ends = polygon[spans], after[spans]
    at = edges[:, 0] + (y - edges[:, 1]) / (ends[:, 1] - edges[:, 1]) * (ends[:, 0] - edges[:, 0])
    return bool((at > x).sum() % 2)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 60))
def test_a_lasso_equals_an_independent_point_in_polygon(seed: int, corners: int) -> None:
    rng = np.random.default_rng(seed)
    polygon = rng.normal(size=(corners, 2)) * 5
    xy = (rng.normal(size=(200, 2)) * 5).astype(np.float32)
    found = RASTER.caught(still(xy), style_of(200), Outline(polygon), 0.0)
    assert found.tolist() == [inside(polygon, float(x), float(y)) for x, y in xy]


def test_a_lasso_catches_only_what_is_visible_and_placed() -> None:
    xy = np.array([[0, 0], [1, 1], [np.nan, np.nan], [50, 50]])
    square = np.array([[-5, -5], [5, -5], [5, 5], [-5, 5]], np.float64)
    style = style_of(4, visible=np.array([True, False, True, True]))
    assert RASTER.caught(still(xy), style, Outline(square), 0.0).tolist() == [True, False, False, False]
    assert not RASTER.caught(still(xy), style, Outline(square[:2]), 0.0).any()


def near(path: npt.NDArray[np.float64], x: float, y: float, radius: float) -> bool:
    """Whether a point is near a path, one piece after the other."""
    ends = path[1:] if len(path) > 1 else path
    for a, b in zip(path[: len(ends)], ends, strict=True):
        along, to = b - a, np.array([x, y]) - a
        square = float(along @ along)
        nearest = a + along * (min(max(float(along @ to) / square, 0.0), 1.0) if square else 0.0)
        if np.linalg.norm(nearest - [x, y]) <= radius:
            return True
    return False


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.floats(0.01, 4.0), st.floats(0.0, 3.0))
def test_a_brush_equals_brute_force(seed: int, corners: int, radius: float, length: float) -> None:
    rng = np.random.default_rng(seed)
    path = np.cumsum(rng.normal(size=(corners, 2)) * length, axis=0)
    xy = (path[rng.integers(0, corners, 150)] + rng.normal(size=(150, 2)) * 2 * radius).astype(np.float32)
    found = RASTER.caught(still(xy), style_of(150), Outline(path, radius), 0.0)
    assert found.tolist() == [near(path, float(x), float(y), radius) for x, y in xy]


def test_a_brush_catches_only_what_is_visible_and_placed() -> None:
    xy = np.array([[0, 0], [1, 1], [np.nan, np.nan], [50, 50]])
    style = style_of(4, visible=np.array([True, False, True, True]))
    path = np.array([[-2, 0], [2, 0]], np.float64)
    assert RASTER.caught(still(xy), style, Outline(path, 3.0), 0.0).tolist() == [True, False, False, False]
    assert not RASTER.caught(still(xy), style, Outline(path[:0], 3.0), 0.0).any()


def test_bounds_are_those_of_visible_placed_points() -> None:
    xy = np.array([[0, 0], [1, 2], [50, 50], [np.nan, np.nan], [np.inf, 0]])
    assert RASTER.bounds(still(xy), style_of(5)) == (0.0, 0.0, 50.0, 50.0)
    hidden = style_of(5, visible=np.array([True, True, False, True, True]))
    assert RASTER.bounds(still(xy), hidden) == (0.0, 0.0, 1.0, 2.0)
    assert RASTER.bounds(Motion.nowhere(4), style_of(4)) is None


def test_recycled_buffers_hold_nothing_of_the_picture_before() -> None:
    raster = Rasteriser()
    first = raster.draw(still([[0, 0]]), style_of(1), View(width=30, height=30))
    raster.recycle(first)
    second = raster.draw(Motion.nowhere(1), style_of(1), View(width=30, height=30))
    assert second.pixels is first.pixels
    assert (second.owners() == -1).all()
    assert (red(second) == 0).all()


def test_blocks_are_drawn_in_one_fixed_shuffled_order() -> None:
    order = raster_kernels.block_order(1000)
    assert sorted(order.tolist()) == list(range(125))
    assert order.tolist() != sorted(order.tolist())
    assert (order == raster_kernels.block_order(1000)).all()
