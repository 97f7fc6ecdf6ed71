from __future__ import annotations

import threading

import numpy as np

from explorer.core.types import IntArray
from explorer.ui.map.canvas.album import Album
from explorer.ui.map.canvas.raster_thread import RasterThread
from explorer.ui.map.canvas.scene import Outline, Picture, Style
from explorer.ui.map.canvas.viewport import View

VIEW = View(width=60, height=40)
PATIENCE = 60.0


class Bell:
    """Counts how often it is rung, and lets a test wait for the next ring."""

    def __init__(self) -> None:
        self.rung = threading.Semaphore(0)

    def __call__(self) -> None:
        self.rung.release()

    def wait(self) -> None:
        assert self.rung.acquire(timeout=PATIENCE), "the raster thread did not ring"


def plain(count: int) -> Style:
    return Style.plain(count, (255, 255, 255), (0, 0, 0), (255, 255, 255))


def until(thread: RasterThread, bell: Bell, wanted: int) -> Picture:
    """Return the first picture in which item ``wanted`` has come to rest in sight."""
    shown = None
    while True:
        bell.wait()
        picture = thread.take(shown)
        if picture is not None:
            shown = picture
            assert thread.crashed is None
            if picture.share >= 1.0 and (picture.owners() == wanted).any():
                return picture


def caught_by(thread: RasterThread, bell: Bell) -> IntArray:
    found = None
    while found is None:
        bell.wait()
        found = thread.take_selection()
    return found


def test_the_newest_frame_is_drawn_and_the_thread_ends() -> None:
    bell = Bell()
    thread = RasterThread(bell)
    thread.look(VIEW, 1.0)
    thread.reset(3, plain(3))
    for step in range(20):
        thread.move(np.arange(3), np.full((3, 2), 100.0 + step, np.float32))
    thread.move(np.array([2]), np.array([[5.0, 5.0]], np.float32))
    picture = until(thread, bell, 2)
    assert picture.positions([2]).tolist() == [[5.0, 5.0]]
    assert picture.bounds == (5.0, 5.0, 5.0, 5.0)
    thread.close()
    assert not thread.alive


def test_points_pass_through_places_between_two_frames() -> None:
    bell = Bell()
    thread = RasterThread(bell)
    thread.look(VIEW, 1.0, hasty=True)
    thread.reset(1, plain(1))
    thread.move(np.arange(1), np.array([[-20.0, 0.0]], np.float32))
    until(thread, bell, 0)
    thread.move(np.arange(1), np.array([[20.0, 0.0]], np.float32))
    shown: Picture | None = None
    places: set[float] = set()
    while not places or max(places) < 20.0:
        bell.wait()
        picture = thread.take(shown)
        if picture is not None:
            shown = picture
            places.add(float(picture.positions([0])[0, 0]))
    thread.close()
    assert any(-20.0 < place < 20.0 for place in places)


def test_a_selection_is_answered_once_with_the_items_inside() -> None:
    bell = Bell()
    thread = RasterThread(bell)
    thread.look(VIEW, 1.0)
    thread.reset(4, plain(4))
    thread.move(np.arange(4), np.array([[0, 0], [1, 1], [9, 9], [-1, 0]], np.float32))
    until(thread, bell, 0)
    thread.select(Outline(np.array([[-2, -2], [2, -2], [2, 2], [-2, 2]], np.float64)))
    assert caught_by(thread, bell).tolist() == [0, 1, 3]
    assert thread.take_selection() is None
    thread.select(Outline(np.array([[0, 0], [9, 8]], np.float64), 1.1))
    assert caught_by(thread, bell).tolist() == [0, 1, 2, 3]
    thread.close()


def test_other_items_replace_the_old_ones_and_no_old_picture_comes_through() -> None:
    bell = Bell()
    thread = RasterThread(bell)
    thread.look(VIEW, 1.0)
    thread.reset(50, plain(50))
    thread.move(np.arange(50), np.zeros((50, 2), np.float32))
    bell.wait()
    thread.reset(2, plain(2))
    assert thread.take(None) is None
    thread.move(np.arange(2), np.array([[0, 0], [10, 0]], np.float32))
    picture = until(thread, bell, 1)
    thread.close()
    assert len(picture.motion.end) == 2


def test_originals_are_drawn_when_they_come_and_their_thread_ends_too() -> None:
    bell = Bell()
    thread = RasterThread(bell)
    thread.look(View(width=200, height=150), 1.0)
    album = Album(np.zeros((1, 40, 40, 3), np.uint8), lambda item: np.full((90, 90, 3), 250, np.uint8))
    thread.reset(1, plain(1), album)
    thread.move(np.arange(1), np.zeros((1, 2), np.float32))
    shown = None
    while shown is None or shown.pixels[shown.offset + 75 * shown.stride + 100] != 0xFFFAFAFA:
        bell.wait()
        shown = thread.take(shown) or shown
    thread.close()
    assert not any(other.name == "originals" for other in threading.enumerate())


def test_it_ends_at_once_when_it_never_had_anything_to_draw() -> None:
    thread = RasterThread(lambda: None)
    thread.close()
    assert not thread.alive


def test_a_failure_is_kept_and_rung_for() -> None:
    bell = Bell()
    thread = RasterThread(bell)
    thread.look(VIEW, 1.0)
    thread.reset(2, plain(2))
    thread.move(np.array([7]), np.zeros((1, 2), np.float32))
    while thread.crashed is None:
        bell.wait()
    thread.close()
    assert isinstance(thread.crashed, IndexError)


def shown_by(thread: RasterThread, bell: Bell, shown: Picture | None = None) -> Picture:
    """Return the next picture."""
    while True:
        bell.wait()
        picture = thread.take(shown)
        assert thread.crashed is None
        if picture is not None:
            return picture


def test_many_points_stay_until_they_are_sorted_and_then_jump_to_the_newest_frame() -> None:
    bell, count = Bell(), 5000
    thread = RasterThread(bell, many=100, gliding=1000)
    thread.look(VIEW, 1.0)
    thread.reset(count, plain(count))
    xy = np.random.default_rng(0).uniform(-15, 15, (count, 2)).astype(np.float32)
    thread.move(np.arange(count), xy)
    picture = shown_by(thread, bell)
    while not np.array_equal(picture.motion.end, xy):
        picture = shown_by(thread, bell, picture)
    assert picture.in_sight == picture.drawn == count
    for step in range(1, 6):
        thread.move(np.arange(count), xy + np.float32(100 * step))
    thread.move(np.arange(count), xy[::-1].copy())
    while not np.array_equal(picture.motion.end, xy[::-1]):
        picture = shown_by(thread, bell, picture)
        assert picture.motion.start is picture.motion.end  # no gliding
    assert picture.drawn == count
    assert thread.take_selection() is None
    thread.select(Outline(np.array([[-30.0, -30.0], [30.0, -30.0], [30.0, 30.0], [-30.0, 30.0]])))
    assert caught_by(thread, bell).tolist() == list(range(count))
    thread.close()
    assert not thread.alive


def test_a_portrait_has_all_points_and_fewer_items_are_drawn_after_many() -> None:
    bell, count = Bell(), 3000
    thread = RasterThread(bell, many=100, gliding=1000)
    thread.look(VIEW, 1.0)
    thread.reset(count, plain(count))
    thread.move(np.arange(count), np.random.default_rng(0).uniform(-15, 15, (count, 2)).astype(np.float32))
    picture = shown_by(thread, bell)
    thread.portray(VIEW, 2.0)
    portrait = None
    while portrait is None:
        bell.wait()
        portrait = thread.take_portrait()
    assert portrait[0].drawn == count
    thread.reset(3, plain(3))
    thread.move(np.arange(3), np.array([[0, 0], [5, 5], [-5, -5]], np.float32))
    picture = until(thread, bell, 2)
    assert picture.drawn == 3
    thread.close()
