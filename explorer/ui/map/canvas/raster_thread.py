"""The thread that draws the canvas, so that the window never waits for a picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.priority import step_back
from explorer.core.types import FloatArray, IntArray
from explorer.ui.map.canvas.album import Album
from explorer.ui.map.canvas.scene import Motion, Outline, Picture, Style
from explorer.ui.map.canvas.tree_builder import TreeBuilder
from explorer.ui.map.canvas.viewport import Bounds, View
from explorer.ui.session.selections import tidy

if TYPE_CHECKING:
    from explorer.ui.map.canvas.quadtree import Quadtree
    from explorer.ui.map.canvas.raster import Rasteriser
    from explorer.ui.map.canvas.thumbnails import Thumbnails

CALM_HZ, HASTY_HZ = 30.0, 60.0
"""Pictures a second at most, at rest and while the user drags."""

REST = 2.0
"""Seconds of rest for each second of drawing while nothing is dragged: a million points do not starve the trainer."""

MANY, GLIDING = 500_000, 1_000_000
"""Points above which those in sight are looked up, and above which they jump to their places, sorted before."""

SHORTEST, LONGEST = 0.06, 0.4
"""Bounds in seconds of the motion from one frame of the map to the next."""


class RasterThread:
    """Draws the newest scene into a back buffer. Every method returns at once and may be called from any thread.

    ``doorbell`` is rung, from the raster thread, when ``take`` or ``take_selection`` has something new. Nothing is kept
    waiting: the newest frame, look and style win. ``crashed`` holds the exception if drawing failed. Of more
    than ``many`` points at rest those in sight are looked up, so that a picture costs what is seen; more than
    ``gliding`` stay where they are until they are sorted for that in a new frame, and jump there.
    """

    def __init__(self, doorbell: Callable[[], None], *, many: int = MANY, gliding: int = GLIDING) -> None:
        self._doorbell, self._many, self._gliding = doorbell, many, gliding
        self._trees = TreeBuilder(self._draw_again)
        self._tree: Quadtree | None = None
        self._sorted: Motion | None = None  # while it is
        self._newest: Motion | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._dirty = False
        self._moving = False
        self._hasty = False
        self._urgent = False
        self._count: int | None = None
        self._frame: tuple[IntArray, FloatArray] | None = None
        self._style: Style | None = None
        self._album: Album | None = None
        self._view: tuple[View, float] | None = None
        self._outline: Outline | None = None
        self._picture: Picture | None = None
        self._selection: IntArray | None = None
        self._returned: list[Picture] = []
        self._portrayed: tuple[View, float, Style | None] | None = None
        self._portrait: tuple[Picture, Style] | None = None
        self._motion = Motion.nowhere(0)
        self._thumbnails: Thumbnails | None = None
        self._pasting = True
        self._bounds: Bounds | None = None
        self._bounds_of: tuple[Motion, object, bool] | None = None
        self._frame_at = float("-inf")
        self.still = False  # points jump to their places
        self.preparing = False  # the kernels are compiled, for the first time
        self._interval = SHORTEST
        self.crashed: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="raster", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def reset(self, count: int, style: Style, album: Album | None = None) -> None:
        """Start over with ``count`` items without a place, styled in ``style``; ``album`` has their pictures."""
        with self._changed:
            self._count, self._style, self._album, self._frame = count, style, album, None
            self._outline = self._selection = None
            self._withdraw()
            self._wake()

    def move(self, indices: IntArray, xy: FloatArray) -> None:
        """Send the points to a new frame of the map; only ``indices`` (sorted, unique) have a place in it."""
        with self._changed:
            self._frame = (indices, xy)
            self._wake()

    def set_style(self, style: Style) -> None:
        """Draw the points in another style (of as many items)."""
        with self._changed:
            self._style, self._urgent = style, True
            self._wake()

    def paste(self, on: bool) -> None:
        """Paste the pictures of the album over the points where there is room for them, or do not."""
        with self._changed:
            self._pasting, self._urgent = on, True
            self._wake()

    def look(self, view: View, ratio: float, *, hasty: bool = False) -> None:
        """Look elsewhere; ``hasty`` while the user drags or the view glides."""
        with self._changed:
            self._view, self._hasty = (view, ratio), hasty
            self._wake()

    def calm(self) -> None:
        """Say that nothing is dragged any more: pictures come at their calm pace."""
        with self._changed:
            self._hasty = False

    def select(self, outline: Outline) -> None:
        """Find the visible items inside a polygon or under the path of a brush; ``take_selection`` will have them."""
        with self._changed:
            self._outline, self._urgent = outline, True
            self._wake()

    def take(self, shown: Picture | None) -> Picture | None:
        """Return the newest picture if there is a new one, and hand back the one that was ``shown`` until now."""
        with self._changed:
            picture, self._picture = self._picture, None
            if picture is not None and shown is not None:
                self._returned.append(shown)
            return picture

    def take_selection(self) -> IntArray | None:
        """Return the items found by the last ``select``, once."""
        with self._changed:
            found, self._selection = self._selection, None
            return found

    def portray(self, view: View, ratio: float, style: Style | None = None) -> None:
        """Draw all points once more, ``ratio`` physical pixels to a logical one; ``take_portrait`` will have that.

        ``style``: another than on screen, of as many items; None: the same.
        """
        with self._changed:
            self._portrayed, self._urgent = (view, ratio, style), True
            self._wake()

    def take_portrait(self) -> tuple[Picture, Style] | None:
        """Return what the last ``portray`` asked for, once, and the style of its points."""
        with self._changed:
            found, self._portrait = self._portrait, None
            return found

    def close(self, deadline: float = 5.0) -> None:
        """End the thread and wait for it."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(deadline)

    def _withdraw(self) -> None:
        if self._picture is not None:
            self._returned.append(self._picture)
            self._picture = None

    def _wake(self) -> None:
        self._dirty = True
        self._changed.notify()

    def _run(self) -> None:
        step_back()
        try:
            rasteriser = self._prepared()
            while self._wait():
                self._work(rasteriser)
        except Exception as error:  # noqa: BLE001  reported by the canvas; the window must live on
            self.crashed = error
            self._doorbell()
        finally:
            if self._thumbnails is not None:
                self._thumbnails.close()
            self._trees.close()

    def _prepared(self) -> Rasteriser:
        """Load the kernels; say so where they have to be compiled, which takes half a minute and more once."""
        from explorer.measure.compiling import told_of_compiling  # numba: a second, so not before the first map

        with told_of_compiling(partial(self._prepare, True)):
            from explorer.ui.map.canvas import thumbnails  # noqa: F401  its kernels, before there are pictures
            from explorer.ui.map.canvas.raster import Rasteriser

            rasteriser = Rasteriser()
        if self.preparing:
            self._prepare(False)
        return rasteriser

    def _prepare(self, on: bool) -> None:
        self.preparing = on
        self._doorbell()

    def _wait(self) -> bool:
        """Wait for something to draw, at most as often as is useful; return False at the end."""
        with self._changed:
            while not self._closing:
                ready = self._view is not None and self._style is not None
                if ready and (self._dirty or self._moving):
                    return True
                self._changed.wait()
            return False

    def _work(self, rasteriser: Rasteriser) -> None:
        began = time.monotonic()
        with self._changed:
            self._dirty = self._urgent = False
            count, frame, outline = self._count, self._frame, self._outline
            self._count = self._frame = self._outline = None
            style, look, album = self._style, self._view, self._album
            for picture in self._returned:
                rasteriser.recycle(picture)
            self._returned.clear()
            hasty = self._hasty
        assert style is not None
        assert look is not None
        if count is not None:
            self._motion, self._interval, self._frame_at = Motion.nowhere(count), SHORTEST, float("-inf")
            self._tree = self._sorted = self._newest = None
            self._trees.forget()
            self._open(album)
        if frame is not None:
            self._follow(frame, began)
        self._jump()
        if len(style.colours) != len(self._motion.end):
            return
        if outline is not None:
            caught = rasteriser.caught(self._motion, style, outline, began, self._tree)
            found = tidy(np.flatnonzero(caught))  # here, so that the window need not look at millions of them
            with self._changed:
                self._selection = None if self._count is not None else found
        self._draw(rasteriser, style, look)
        self._draw_portrait(rasteriser, style)
        with self._changed:
            spent = time.monotonic() - began
            rest = 1.0 / HASTY_HZ - spent if hasty else max(1.0 / CALM_HZ - spent, REST * spent)
            if rest > 0 and not self._closing and not self._urgent:
                self._pause(rest)

    def _pause(self, seconds: float) -> None:
        """Keep the pace; what the user does and the end cut it short."""
        until = time.monotonic() + seconds
        calm = not self._hasty
        while (rest := until - time.monotonic()) > 0:
            self._changed.wait(rest)
            if self._closing or self._urgent or (calm and self._hasty):
                return

    def _open(self, album: Album | None) -> None:
        from explorer.ui.map.canvas.thumbnails import Thumbnails

        if self._thumbnails is not None:
            self._thumbnails.close()
        self._thumbnails = Thumbnails(album, self._draw_again) if album is not None else None

    def _draw_again(self) -> None:
        with self._changed:
            self._wake()

    def _follow(self, frame: tuple[IntArray, FloatArray], now: float) -> None:
        """Head for a new frame, as fast as frames have been coming of late, so that the motion never stops between."""
        since = now - self._frame_at
        self._frame_at = now
        if since < 2.0:
            self._interval += 0.4 * (since - self._interval)
        duration = float(np.clip(1.15 * self._interval, SHORTEST, LONGEST)) if since < 2.0 else 0.25
        crowd = len(self._motion.end) > self._gliding
        if crowd and self._tree is not None:
            self._newest = self._motion.towards(*frame, now, 0.0)
            return
        self._motion = self._motion.towards(*frame, now, 0.0 if self.still or crowd else duration)
        self._tree = None

    def _jump(self) -> None:
        """Go where many points are next, if these are sorted by now; see that they will be."""
        if self._sorted is None:
            self._sorted, self._newest = self._newest, None
        if self._sorted is None:
            return
        tree = self._trees.tree(self._sorted.end)
        if tree is not None:
            self._motion, self._tree = self._sorted, tree
            self._sorted, self._newest = self._newest, None
            if self._sorted is not None:
                self._trees.tree(self._sorted.end)

    def _look_up(self, now: float) -> Quadtree | None:
        """Return what the points are looked up in, if they are many, at rest, and it is there."""
        if self._tree is None and len(self._motion.end) > self._many and self._motion.share(now) >= 1.0:
            self._tree = self._trees.tree(self._motion.end)
        return self._tree

    def _draw(self, rasteriser: Rasteriser, style: Style, look: tuple[View, float]) -> None:
        bounded = (self._motion, style.visible, style.ghosts)
        if self._bounds_of is None or any(a is not b for a, b in zip(self._bounds_of, bounded, strict=True)):
            self._bounds = rasteriser.bounds(self._motion, style)
            self._bounds_of = bounded
        view, ratio = look
        now = time.monotonic()
        picture = rasteriser.draw(
            self._motion, style, view, ratio=ratio, now=now, bounds=self._bounds, tree=self._look_up(now)
        )
        self._moving = picture.share < 1.0  # as drawn: the picture at rest must still come
        if self._thumbnails is not None and self._pasting:
            self._thumbnails.paste(picture, style, rasteriser.flags(style))
        with self._changed:
            if self._count is not None:  # of the items before
                rasteriser.recycle(picture)
                return
            self._withdraw()
            self._picture = picture
        self._doorbell()

    def _draw_portrait(self, rasteriser: Rasteriser, style: Style) -> None:
        with self._changed:
            look, self._portrayed = self._portrayed, None
        if look is None:
            return
        view, ratio, own = look
        style = own if own is not None and len(own.colours) == len(style.colours) else style
        picture = rasteriser.draw(self._motion, style, view, ratio=ratio, now=time.monotonic(), bounds=self._bounds)
        if self._thumbnails is not None and self._pasting:
            self._thumbnails.paste(picture, style, rasteriser.flags(style))
        with self._changed:
            self._portrait = picture, style
        self._doorbell()
