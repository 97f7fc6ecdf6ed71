"""A portrait: what is on screen, drawn once more and finer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.ui.map.canvas.raster_thread import RasterThread
from explorer.ui.map.canvas.viewport import View
from tests.ui.map.canvas.test_raster_thread import Bell, plain, until

VIEW = View(width=60, height=40)


def test_it_has_its_own_resolution_and_what_is_on_screen_stays() -> None:
    bell = Bell()
    thread = RasterThread(bell)
    thread.look(VIEW, 1.0)
    thread.reset(3, plain(3))
    thread.move(np.arange(3), np.array([[0, 0], [9, 3], [-9, 3]], np.float32))
    shown = until(thread, bell, 0)
    assert thread.take_portrait() is None
    thread.portray(VIEW, 3.0)
    portrait = None
    while portrait is None:
        bell.wait()
        portrait = thread.take_portrait()
    picture, style = portrait
    assert (picture.width, picture.height, picture.ratio) == (180, 120, 3.0)
    assert (shown.width, shown.height) == (60, 40)
    assert set(np.unique(picture.owners())) == {-1, 0, 1, 2}
    assert len(style.colours) == 3
    assert thread.take_portrait() is None
    thread.close()
    assert not thread.alive


def test_it_has_another_style_than_what_is_on_screen_where_one_is_given() -> None:
    bell = Bell()
    thread = RasterThread(bell)
    thread.look(VIEW, 1.0)
    thread.reset(3, plain(3))
    thread.move(np.arange(3), np.array([[0, 0], [9, 3], [-9, 3]], np.float32))
    until(thread, bell, 0)
    for count in (3, 4):  # the second is of items that are gone
        white = replace(plain(count), backdrop=(255, 255, 255))
        thread.portray(VIEW, 1.0, white)
        while (portrait := thread.take_portrait()) is None:
            bell.wait()
        picture, style = portrait
        assert (style is white) is (count == 3)
        assert (picture.ground == 0xFFFFFFFF) is (count == 3)
    thread.close()
