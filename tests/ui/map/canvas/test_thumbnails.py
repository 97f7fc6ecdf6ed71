from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.types import ByteArray
from explorer.ui.map.canvas import original_pictures, thumbnail_kernels, thumbnails
from explorer.ui.map.canvas.album import Album
from explorer.ui.map.canvas.original_pictures import OriginalPictures
from explorer.ui.map.canvas.raster import Rasteriser
from explorer.ui.map.canvas.scene import Motion, Picture, Style
from explorer.ui.map.canvas.thumbnails import Thumbnails
from explorer.ui.map.canvas.viewport import View

RASTER = Rasteriser()
WIDE = View(width=240, height=120)
PATIENCE = 60.0


def white(count: int) -> Style:
    return replace(Style.plain(count, (255, 255, 255), (0, 0, 0), (255, 255, 255)), radius=3.0)


def still(xy: npt.ArrayLike) -> Motion:
    points = np.asarray(xy, np.float32)
    return Motion(points, points)


def shown(
    album: Thumbnails, xy: npt.ArrayLike, style: Style, view: View = WIDE, ratio: float = 1.0
) -> tuple[Picture, set[int]]:
    """Draw points with thumbnails; return the picture and which items have one (these own a whole square)."""
    picture = RASTER.draw(still(xy), style, view, ratio=ratio)
    count = album.paste(picture, style, RASTER.flags(style))
    items, pixels = np.unique(picture.owners(), return_counts=True)
    large = {int(item) for item, size in zip(items, pixels, strict=True) if item >= 0 and size > 100 * ratio**2}
    assert len(large) <= count
    return picture, large


def greens(count: int, side: int = 12) -> ByteArray:
    """Pictures (N, side, side, 3), each of one green that tells the item."""
    pixels = np.zeros((count, side, side, 3), np.uint8)
    pixels[..., 1] = (np.arange(count) % 256)[:, None, None]
    return pixels


def colours(picture: Picture) -> npt.NDArray[np.uint32]:
    rows = picture.pixels[: (picture.height + 2 * picture.margin) * picture.stride].reshape(-1, picture.stride)
    return rows[picture.margin : picture.margin + picture.height, picture.margin : picture.margin + picture.width]


def test_thumbnails_appear_when_there_is_room_and_never_overlap() -> None:
    xy = [[-60, 0], [-58, 0], [0, 0], [60, 20], [119, 0]]
    picture, items = shown(Thumbnails(Album(np.full((5, 12, 12, 1), 200, np.uint8)), lambda: None), xy, white(5))
    assert items in ({0, 2, 3, 4}, {1, 2, 3, 4})
    owners = picture.owners()
    assert (owners == 2).sum() == 34 * 34 - 4  # 30 pixels and a frame of 2, without its corners
    assert picture.pick(12.0, 12.0, 1.0) == 2
    assert colours(picture)[60, 120] == 0xFFC8C8C8
    assert colours(picture)[60, 120 - 16] == 0xFFFFFFFF  # the frame has the colour of the point


def test_there_are_none_where_points_are_close_together() -> None:
    xy = np.random.default_rng(0).normal(size=(400, 2)) * 20
    album = Thumbnails(Album(np.zeros((400, 8, 8, 3), np.uint8)), lambda: None)
    assert shown(album, xy, white(400))[1] == set()
    far = View(width=240, height=120, scale=30.0)
    assert shown(album, xy, white(400), far)[1] != set()


def test_a_small_cloud_is_not_covered_and_has_its_pictures_in_a_closer_look() -> None:
    rng = np.random.default_rng(0)
    xy = np.concatenate([rng.normal(size=(12, 2)) * 14 + middle for middle in ([-250, 0], [0, 0], [250, -40])])
    bounds = (-300.0, -150.0, 300.0, 150.0)
    album = Thumbnails(Album(greens(36, 96)), lambda: None)
    whole = View(width=900, height=700).fitted(bounds)
    shares, sides = [], []
    for zoom in (1.0, 3.0, 9.0):
        view = whole.zoomed(zoom, 450, 350)
        picture = RASTER.draw(still(xy), white(36), view, bounds=bounds)
        album.paste(picture, white(36), RASTER.flags(white(36)))
        sides.append(album._side)
        seen = set(np.unique(picture.owners()).tolist()) - {-1}
        shares.append(len(album.items) / max(len(seen), 1))
    assert sides[0] < 48, "each of three clouds of a dozen would be one picture"
    assert sides[0] <= sides[1] <= sides[2]
    assert sides[2] >= 72
    assert min(shares[1:]) > 0.3, "what is in sight is not left to a few"


def test_as_a_whole_thumbnails_leave_most_of_the_map_to_its_points() -> None:
    xy = np.stack(np.meshgrid(np.arange(10), np.arange(6)), axis=-1).reshape(-1, 2) * 80.0
    bounds = (0.0, 0.0, 720.0, 400.0)
    view = View(width=900, height=600).fitted(bounds)
    album = Thumbnails(Album(greens(60, 96)), lambda: None)
    picture = RASTER.draw(still(xy), white(60), view, bounds=bounds)
    count = album.paste(picture, white(60), RASTER.flags(white(60)))
    assert count == 60
    assert count * album._side**2 < 0.45 * 900 * 600
    closer = RASTER.draw(still(xy), white(60), view.zoomed(1.6, 450, 300), bounds=bounds)
    before = album._side
    album.paste(closer, white(60), RASTER.flags(white(60)))
    assert album._side > before


def test_small_thumbnails_wait_for_a_closer_look() -> None:
    rng = np.random.default_rng(0)
    xy = rng.uniform(-300, 300, (600, 2)).astype(np.float32)
    album = Thumbnails(Album(greens(600, 30)), lambda: None)
    whole = View(width=600, height=600).fitted((-300.0, -300.0, 300.0, 300.0))
    counts = []
    for zoom in (1.0, 1.3, 1.6):
        view = whole.zoomed(zoom, 300, 300)
        picture = RASTER.draw(still(xy), white(600), view, bounds=(-300.0, -300.0, 300.0, 300.0))
        counts.append(album.paste(picture, white(600), RASTER.flags(white(600))))
    assert counts[:2] == [0, 0]
    assert counts[2] > 50


def test_sizes_are_in_physical_pixels() -> None:
    album = Thumbnails(Album(greens(2, 96)), lambda: None)
    picture, _ = shown(album, [[0, 0], [90, 0]], white(2), ratio=2.0)
    assert (picture.owners() == 0).sum() == (2 * 96 + 2 * 6) ** 2 - 4


def test_small_pictures_are_not_blown_up() -> None:
    album = Thumbnails(Album(greens(1, 20)), lambda: None)
    picture, _ = shown(album, [[0, 0]], white(1))
    assert (picture.owners() == 0).sum() == 34 * 34 - 4  # 48 would be more than twice as large as it is


def test_what_is_selected_comes_first_and_the_rest_is_faded() -> None:
    pixels = np.full((40, 12, 12, 1), 200, np.uint8)
    xy = np.concatenate([np.repeat([[0.0, 0.0]], 20, axis=0), np.repeat([[60.0, 0.0]], 20, axis=0)])
    view = View(width=400, height=300, scale=2.0)
    for item in (3, 7, 19):
        album = Thumbnails(Album(pixels), lambda: None)
        shown(album, xy, white(40), view)
        picture, items = shown(album, xy, white(40).with_highlight(np.array([item])), view)
        assert item in items
        assert int(colours(picture)[150, 200]) & 255 == 200
        assert int(colours(picture)[150, 320]) & 255 < 100


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 90), st.sampled_from([1.0, 2.0]))
def test_none_goes_away_while_points_move_a_little(seed: int, count: int, ratio: float) -> None:
    rng = np.random.default_rng(seed)
    view = View(width=800, height=400, scale=40.0)
    xy = (rng.normal(size=(count, 2)) * [4.0, 2.0]).astype(np.float32)
    album = Thumbnails(Album(greens(count, 32)), lambda: None)
    picture = RASTER.draw(still(xy), white(count), view, ratio=ratio)
    album.paste(picture, white(count), RASTER.flags(white(count)))
    before = set(album.items.tolist())
    moved = xy + rng.uniform(-0.5, 0.5, xy.shape).astype(np.float32) / 40
    picture = RASTER.draw(still(moved), white(count), view, ratio=ratio)
    album.paste(picture, white(count), RASTER.flags(white(count)))
    at = view.to_canvas(moved)
    inside = {k for k in before if 20 < at[k, 0] < 780 and 20 < at[k, 1] < 380}
    assert inside <= set(album.items.tolist())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 200))
def test_every_thumbnail_owns_its_whole_square_and_shows_its_own_item(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    view = View(width=500, height=300, scale=20.0)
    xy = (rng.normal(size=(count, 2)) * [10.0, 6.0]).astype(np.float32)
    album = Thumbnails(Album(greens(count)), lambda: None)
    picture = RASTER.draw(still(xy), white(count), view)
    assert album.paste(picture, white(count), RASTER.flags(white(count))) == len(album.items)
    at = np.floor(view.to_canvas(xy)).astype(int)
    for item in album.items.tolist():
        column, row = at[item]
        if 0 <= column < 500 and 0 <= row < 300:
            assert picture.owners()[row, column] == item
            assert colours(picture)[row, column] == 0xFF000000 | item % 256 << 8
        if 25 <= column < 475 and 25 <= row < 275:
            assert (picture.owners() == item).sum() in {whole**2 - 4 for whole in (18, 26, 34)}


def test_the_side_does_not_flicker_at_a_limit() -> None:
    album = Thumbnails(Album(greens(1, 96)), lambda: None)
    picture = RASTER.draw(still([[0, 0]]), white(1), View(width=1000, height=1000))
    flags = RASTER.flags(white(1))

    def side(in_sight: int) -> int:
        album.paste(replace(picture, in_sight=in_sight), white(1), flags)
        return int(np.sqrt((picture.owners() == 0).sum() + 4))

    sides = [side(count) for count in range(1000, 0, -1)]
    limits = [1000 - k for k in range(1, 1000) if sides[k] != sides[k - 1]]
    assert len(limits) == 3  # 30, 48, 72 and 96: the smaller ones need a closer look
    for limit in limits:
        side(limit)
        assert len({side(count) for _ in range(3) for count in (limit, round(1.1 * limit))}) == 1


def test_tiles_that_were_not_shown_for_long_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "SHEET_BYTES", 4 * 30 * 30 * 3)
    xy = np.stack([np.arange(40) * 60.0, np.zeros(40)], -1)
    album = Thumbnails(Album(greens(40)), lambda: None)
    for centre in (0, 300, 1200, 600, 0, 2300, 300):
        view = View(x=float(centre), width=240, height=60)
        picture, items = shown(album, xy, white(40), view)
        assert items
        for item in items:
            column = int(view.to_canvas(xy[item])[0])
            assert int(colours(picture)[30, min(max(column, 0), 239)]) >> 8 & 255 in (item, 255)


def test_it_takes_colour_or_grey_pixels_and_any_scale() -> None:
    rng = np.random.default_rng(0)
    source = rng.integers(0, 256, (24, 24, 3)).astype(np.uint8)
    tile = np.empty((8, 8), np.uint32)
    thumbnail_kernels.shrink(source, tile)
    mean = source.reshape(8, 3, 8, 3, 3).mean(axis=(1, 3))
    for channel, shift in enumerate((16, 8, 0)):
        np.testing.assert_allclose(tile >> shift & 255, mean[..., channel], atol=0.51)
    thumbnail_kernels.shrink(np.ascontiguousarray(source[..., :1]), tile)
    assert ((tile & 255) == (tile >> 8 & 255)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 50), st.integers(0, 10_000))
def test_scaling_keeps_the_mean_of_a_picture(height: int, width: int, side: int, seed: int) -> None:
    source = np.random.default_rng(seed).integers(0, 256, (height, width, 1)).astype(np.uint8)
    tile = np.empty((side, side), np.uint32)
    thumbnail_kernels.shrink(source, tile)
    assert (tile & 255).mean() == pytest.approx(source.mean(), abs=0.51)
    assert (tile & 255).max() <= source.max()
    assert (tile & 255).min() >= source.min()


class Ready:
    """Lets a test wait until so many originals have come."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)

    def __call__(self) -> None:
        self.came.release()

    def wait(self, times: int = 1) -> None:
        for _ in range(times):
            assert self.came.acquire(timeout=PATIENCE), "no original came"


@pytest.fixture
def closing() -> object:
    opened: list[OriginalPictures | Thumbnails] = []
    yield opened.append
    for one in opened:
        one.close()


SessionClosing = Callable[[OriginalPictures | Thumbnails], None]


def test_large_thumbnails_show_the_original_once_it_is_decoded(closing: SessionClosing) -> None:
    ready = Ready()
    blue = np.zeros((200, 200, 3), np.uint8)
    blue[..., 2] = 77
    seen = threading.Event()

    def original(item: int) -> ByteArray:
        seen.wait(60)  # not before the cached pixels were looked at
        return blue

    album = Thumbnails(Album(greens(2, 30), original), ready)
    closing(album)
    xy = [[-50, 0], [60, 0]]
    picture, _ = shown(album, xy, white(2))
    assert (picture.owners() == 1).sum() == 52 * 52 - 4
    assert colours(picture)[60, 180] == 0xFF000100  # the cached pixels
    seen.set()
    ready.wait(2)
    picture, _ = shown(album, xy, white(2))
    assert (picture.owners() == 1).sum() > 70 * 70  # it may be larger now
    assert colours(picture)[60, 180] == 0xFF00004D


def test_an_original_that_is_lost_leaves_the_cached_pixels(closing: SessionClosing) -> None:
    ready = Ready()
    asked: list[int] = []

    def decode(item: int) -> ByteArray:
        asked.append(item)
        if item == 0:
            raise UserError("gone")
        return np.full((100, 50, 3), 9, np.uint8)

    source = OriginalPictures(decode, 20, ready)
    closing(source)
    source.want([0, 1], 96)
    ready.wait()
    source.want([0, 1], 96)
    source.want([2], 96)
    ready.wait()
    assert asked == [0, 1, 2]
    assert source.get(0) is None
    picture = source.get(1)
    assert picture is not None
    assert picture.shape == (96, 96, 3)
    assert (picture == 9).all()
    assert source.native == 100
    assert source.take_fresh() == [1, 2]
    assert source.take_fresh() == []


def test_originals_no_larger_than_the_cache_are_not_decoded_for_ever(closing: SessionClosing) -> None:
    ready = Ready()
    asked: list[int] = []

    def decode(item: int) -> ByteArray:
        asked.append(item)
        return np.zeros((28, 28, 3), np.uint8)

    source = OriginalPictures(decode, 28, ready)
    closing(source)
    assert source.useful
    source.want(list(range(50)), 96)
    ready.wait(original_pictures.TRIED)
    assert not source.useful
    assert asked == list(range(original_pictures.TRIED))


def test_decoded_pictures_keep_to_their_memory(closing: SessionClosing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(original_pictures, "MOST_BYTES", 5 * 3 * 64 * 64)
    ready = Ready()
    source = OriginalPictures(lambda item: np.full((64, 64, 3), item, np.uint8), 10, ready)
    closing(source)
    source.want(range(4), 64)
    ready.wait(4)
    source.want([3, 0, 7, 8, 9, 10, 11], 64)
    ready.wait(3)
    kept = [item for item in range(12) if source.get(item) is not None]
    assert kept == [0, 3, 7, 8, 9]


def test_the_sides_are_filled_up_as_cached_pixels_are() -> None:
    tall = np.full((30, 10, 3), 200, np.uint8)
    square = original_pictures.squared(tall)
    assert square.shape == (30, 30, 3)
    assert (square == 200).all()
    assert original_pictures.reduced(square, 40).shape == (30, 30, 3)
