"""Decoding a large set in an order that spreads over its classes, so that it can be used before all of it is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from explorer.core.types import ByteArray
from explorer.core.words import several
from explorer.data import growth
from explorer.data.cache import Entry, PixelCache
from explorer.data.cache_any_order import AnyOrderWriter
from explorer.data.decoding.decode_all import Shape, decode_all
from explorer.data.decoding.decode_together import Result
from explorer.data.growth import Growth, enough, spread_order
from explorer.data.listing import Listing, Watch
from explorer.data.pictures import FilePictures, PictureError, Pictures, ZipPictures

ASKED_EVERY = 1024
"""How often it is asked whether one can begin, in pictures."""

BegunCall = Callable[[Entry, Growth], None]
"""Called with the places of all items, and which of them are filled."""


def grows(listing: Listing, *, soon: bool) -> bool:
    """Whether a listing is so large that one begins before all of it is there, and is read as fast in any order."""
    large = growth.GROWS_FROM if soon else growth.GROWS_UNWATCHED
    return len(listing) >= large and isinstance(listing.items, FilePictures | ZipPictures)


def decode_growing(
    listing: Listing, shape: Shape, watch: Watch, cache: PixelCache, key: str, begun: BegunCall
) -> Entry:
    """Decode all pictures into the cache, and call ``begun`` once there are enough to begin with.

    Raises
    ------
    As ``decode_all``; ``UserError`` also where the cache cannot be written.
    """
    size = (shape.size, shape.size, shape.channels)
    with AnyOrderWriter(cache, key, len(listing), size) as writer:
        filling = _Filling(
            listing, writer, watch, lambda some: begun(Entry(writer.pixels, {}, shape.white, shape.notes), some)
        )
        try:
            filling.decode(shape)
            if len(filling.reasons) == len(listing):
                return Entry(np.empty((0, *size), np.uint8), filling.reasons)
            entry = writer.commit(filling.reasons, lasting=filling.lasting, white=shape.white, notes=shape.notes)
        except BaseException:
            filling.growth.end(cancelled=True)
            raise
        filling.growth.end()
        return entry


class _Filling:
    """The items of a listing on their way into the cache. ``reasons``: why some have no pixels, by position."""

    def __init__(self, listing: Listing, writer: AnyOrderWriter, watch: Watch, begun: Callable[[Growth], None]) -> None:
        self.growth = Growth(len(listing))
        self.reasons: dict[int, str] = {}
        self.lasting = True
        self._labels, self._writer, self._begun = listing.labels, writer, begun
        self._order = spread_order(listing.labels, together=growth.TOGETHER)
        self._first = growth.FIRST if len(listing) >= growth.GROWS_UNWATCHED else growth.FIRST_SOON
        self._items: Pictures = listing.items
        self._watch = watch
        self._using, self._began = False, time.monotonic()
        self._waiting: list[ByteArray] = []
        self._next = 0

    def decode(self, shape: Shape) -> None:
        """Decode all; once somebody begins, this process has something else to do."""
        self._began = time.monotonic()
        occupied = self._watch.occupied
        watch = replace(self._watch, progress=self._progress, occupied_soon=True)
        watch = replace(watch, occupied=lambda: self._using or occupied())
        decode_all(self._items.subset(self._order), shape, self._sink, watch)
        self._write()

    def _sink(self, at: int, result: Result) -> None:
        item = int(self._order[at])
        if isinstance(result, PictureError):
            self.reasons[item] = result.reason
            self.lasting = self.lasting and result.lasting
        else:
            self._put(item, result)
        if not self._using and at + 1 >= self._first and (at + 1) % min(ASKED_EVERY, self._first) == 0:
            self._write()
            self._using = self._worth(at + 1) and enough(self._labels, self.growth.ready)
            if self._using:
                self._begun(self.growth)

    def _worth(self, done: int) -> bool:
        """Whether the rest takes so long that one begins before."""
        pace = (time.monotonic() - self._began) / done
        return pace * (len(self._order) - done) >= growth.WORTH_SECONDS

    def _put(self, item: int, pixels: ByteArray) -> None:
        """Write an item, together with those that follow it: runs of items of a class come one after the other."""
        if item != self._next:
            self._write()
        self._waiting.append(pixels)
        self._next = item + 1

    def _write(self) -> None:
        if self._waiting:
            first = self._next - len(self._waiting)
            self._writer.put(first, self._waiting)
            self.growth.add(first, len(self._waiting))
            self._waiting = []

    def _progress(self, text: str, done: int, total: int) -> None:
        if self._using:
            text = f"Decoding {done:,} of {several(total, 'picture')}; what is there can be trained on"
        self._watch.progress(text, done, total)
