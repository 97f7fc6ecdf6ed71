"""Decodes original pictures for large thumbnails, in a thread of its own and only those that are in sight."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from explorer.core.errors import UserError
from explorer.core.types import ByteArray

MOST_BYTES = 64 << 20
"""Memory for decoded pictures; those unused for longest go first."""

TRIED = 8
"""Pictures after which it is known whether the originals are larger than what is cached."""

DEADLINE = 5.0


def squared(picture: ByteArray) -> ByteArray:
    """Return a picture (H, W, C) centred on a square of the median colour of its border, as cached pixels are."""
    height, width, channels = picture.shape
    if height == width:
        return picture
    size = max(height, width)
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    square = np.empty((size, size, channels), np.uint8)
    square[:] = np.median(border, axis=0).astype(np.uint8)
    top, left = (size - height) // 2, (size - width) // 2
    square[top : top + height, left : left + width] = picture
    return square


def reduced(picture: ByteArray, side: int) -> ByteArray:
    """Return a square picture reduced to ``side`` pixels by area; unchanged if it is not larger."""
    if len(picture) <= side:
        return np.ascontiguousarray(picture)
    from explorer.ui.map.canvas.thumbnail_kernels import shrink

    tile = np.empty((side, side), np.uint32)
    shrink(np.ascontiguousarray(picture), tile)
    return np.stack([tile >> 16 & 255, tile >> 8 & 255, tile & 255], -1).astype(np.uint8)


class OriginalPictures:
    """Original pictures of items: ``want`` names those in sight, ``take_fresh`` says which have come, ``get`` has them.

    ``decode`` (item) -> (H, W, 3) uint8 is called on the thread, which starts with the first request; ``ready`` is
    called on it too. What cannot be decoded is not asked for again: the cached pixels stay.
    """

    def __init__(self, decode: Callable[[int], ByteArray], cached_side: int, ready: Callable[[], None]) -> None:
        self._decode, self._cached_side, self._ready = decode, cached_side, ready
        self._changed = threading.Condition()
        self._wanted: list[int] = []
        self._side = cached_side
        self._kept: OrderedDict[int, ByteArray] = OrderedDict()
        self._bytes = 0
        self._fresh: list[int] = []
        self._failed: set[int] = set()
        self._native = 0
        self._decoded = 0
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def native(self) -> int:
        """The longest side in pixels of the originals seen so far; 0 before the first."""
        return self._native

    @property
    def useful(self) -> bool:
        """Whether originals are larger than the cached pixels, as far as is known."""
        return self._decoded < TRIED or self._native > self._cached_side

    def want(self, items: Sequence[int], side: int) -> None:
        """Ask for these items, the most urgent first, and for no others, at ``side`` pixels."""
        with self._changed:
            if side > self._side:
                self._side = side
                self._forget()
            wished = items[: MOST_BYTES // (3 * self._side**2)]
            self._wanted = [item for item in wished if item not in self._kept and item not in self._failed]
            for item in wished:
                if item in self._kept:
                    self._kept.move_to_end(item)
            if self._wanted and not self._closing:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="originals", daemon=True)
                    self._thread.start()
                self._changed.notify()

    def get(self, item: int) -> ByteArray | None:
        """Return the original of an item, (S, S, 3) uint8, if it is there."""
        with self._changed:
            return self._kept.get(item)

    def take_fresh(self) -> list[int]:
        """Return the items whose originals have come since the last call."""
        with self._changed:
            fresh, self._fresh = self._fresh, []
            return fresh

    def close(self) -> None:
        """End the thread and wait for it."""
        with self._changed:
            self._closing = True
            self._wanted.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(DEADLINE)

    def _forget(self) -> None:
        self._kept.clear()
        self._bytes = 0

    def _next(self) -> tuple[int, int] | None:
        with self._changed:
            while not self._closing and not (self._wanted and self.useful):
                self._changed.wait()
            return None if self._closing else (self._wanted.pop(0), self._side)

    def _run(self) -> None:
        while (job := self._next()) is not None:
            item, side = job
            try:
                picture = squared(self._decode(item))
            except (UserError, OSError):
                with self._changed:
                    self._failed.add(item)
                continue
            self._keep(item, len(picture), reduced(picture, side), side)
            self._ready()

    def _keep(self, item: int, native: int, picture: ByteArray, side: int) -> None:
        with self._changed:
            self._native, self._decoded = max(self._native, native), self._decoded + 1
            if side != self._side:
                return  # larger ones are wanted by now
            self._kept[item] = picture
            self._bytes += picture.nbytes
            self._fresh.append(item)
            while self._bytes > MOST_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
