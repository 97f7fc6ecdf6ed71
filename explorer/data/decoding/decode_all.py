"""What every picture of a set becomes, by a sample of them, and decoding them all."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.core.recipe import DataOptions
from explorer.data.decoding import decode_picture
from explorer.data.decoding.decode_apart import Decoders
from explorer.data.decoding.decode_divided import PIECE, TINY_PIECE, Divided
from explorer.data.decoding.decode_each import (
    BATCH,
    TINY_BYTES,
    Reporter,
    decode_threaded,
    mean_bytes,
    spread,
    thread_count,
)
from explorer.data.decoding.decode_together import Result
from explorer.data.decoding.quiet import quiet_decoders
from explorer.data.listing import Watch, never
from explorer.data.pictures import WHITE, PictureError, Pictures, ReadCall

HEADERS_SAMPLED = 200
COLOURS_SAMPLED_OF_MANY, MOST = 2000, 100_000
"""Of a large set more are looked at, whether they are grey: it may be used before one in colour is found."""
COLOURS_SAMPLED = SIZES_SAMPLED = 24
RANGES_SAMPLED = 200
OF_ANOTHER_RANGE = 0.05
"""Of the 16-bit pictures looked at so many, at most, may go beyond what is white."""

MANY, MANY_TINY = 512, 10_000
"""Pictures, and tiny ones, of which it pays to start a process."""
TOGETHER, TINY_TOGETHER, LARGE_BYTES = 64, 512, 1 << 17
"""Pictures that are decoded together, tiny ones, and from which size of one on they are few."""

Sink = Callable[[int, Result], None]
"""Takes each picture's position and its (S, S, C) pixels or why there are none; called in order, in one thread."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What every picture of a dataset becomes: (size, size, channels).

    ``white``: that value of 16-bit pictures; ``guessed``: grey by a sample, so that colour elsewhere must be told.
    ``notes``: what is to be said of how it was chosen.
    """

    size: int
    channels: int
    white: int = WHITE
    guessed: bool = False
    notes: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        """Return it as ``Decoders.decode`` takes it."""
        return {"size": self.size, "channels": self.channels, "white": self.white, "watchful": self.guessed}


def choose_shape(pictures: Pictures, options: DataOptions, watch: Watch) -> Shape:
    """Return the size, channels and white for pictures: as asked for, else from a sample spread over them."""
    quiet_decoders()
    size, grey = options.size, options.colour == "grey"
    with pictures.reading() as read, Decoders(cancelled=watch.cancelled) as decoders:
        if options.colour == "auto":
            grey = _all_grey(pictures, read, watch, decoders)
        if not size:
            sides = _sampled(pictures, read, watch, HEADERS_SAMPLED, decode_picture.longer_side)
            size = decode_picture.chosen_size(np.array(sides, dtype=np.int64), grey=grey)
        white, notes = (options.white, ()) if options.white else _white(pictures, read, watch, decoders)
    return Shape(size, 1 if grey else 3, white, guessed=options.colour == "auto", notes=notes)


def _sampled(pictures: Pictures, read: ReadCall, watch: Watch, wanted: int, ask: Callable[[bytes], int]) -> list[int]:
    """Return what ``ask`` finds in pictures that are spread over all; not of those that cannot be read."""
    found = []
    for index in spread(len(pictures), wanted):
        watch.check()
        try:
            found.append(ask(read(index)))
        except PictureError:
            continue  # found again, and reported, when it is decoded
    return found


def _white(pictures: Pictures, read: ReadCall, watch: Watch, decoders: Decoders) -> tuple[int, tuple[str, ...]]:
    """Return what is white: the range belongs to the set, and most cameras and scanners use part of 16 bits.

    Few pictures of another range do not make all others dark; that these lose what is above it is told.
    """
    if not any(_sampled(pictures, read, watch, SIZES_SAMPLED, decoders.greatest)):
        return WHITE, ()
    deep = [most for most in _sampled(pictures, read, watch, RANGES_SAMPLED, decoders.greatest) if most]
    ranges = sorted(next(white for white in decode_picture.WHITES if most <= white) for most in deep)
    white = ranges[len(ranges) - 1 - int(len(ranges) * OF_ANOTHER_RANGE)]
    if white == ranges[-1]:
        return white, ()
    brighter = len(ranges) - bisect.bisect_right(ranges, white)
    return white, (
        f"{brighter} of {len(ranges)} 16-bit pictures looked at go beyond {white:,} and are white there: "
        f"data.white={ranges[-1]} keeps that and darkens all",
    )


def _all_grey(pictures: Pictures, read: ReadCall, watch: Watch, decoders: Decoders) -> bool:
    seen = False
    for index in spread(len(pictures), COLOURS_SAMPLED if len(pictures) < MOST else COLOURS_SAMPLED_OF_MANY):
        watch.check()
        try:
            if not decoders.is_grey(read(index)):
                return False
            seen = True
        except PictureError:
            continue
    return seen


def decode_all(pictures: Pictures, shape: Shape, sink: Sink, watch: Watch) -> None:
    """Decode every picture and hand each to ``sink``, in order; on all cores where there are enough of them.

    Raises
    ------
    Cancelled: if the user cancels. ColourFoundError: if one has colour, and grey was a guess. No thread is left behind.
    """
    quiet_decoders()
    report = Reporter(watch, len(pictures), "Reading pictures")
    with pictures.reading() as read, Decoders(cancelled=watch.cancelled) as decoders:
        size = mean_bytes(pictures, read)
        seats, many = thread_count(size), len(pictures) >= (MANY_TINY if size < TINY_BYTES else MANY)
        threads = thread_count(TINY_BYTES) if many else seats
        occupied = watch.occupied if many else never
        how, soon = shape.values(), many and watch.occupied_soon
        piece = TINY_PIECE if size < TINY_BYTES else PIECE
        dealt = {"seats": seats, "threads": threads, "piece": piece}
        divided = Divided(pictures, read, decoders, how, **dealt, occupied=occupied, soon=soon)
        if threads == 1:
            for start in range(0, len(pictures), piece):
                some = range(start, min(start + piece, len(pictures)))
                for index, result in zip(some, divided.here(some), strict=True):
                    sink(index, result)
                    report(index + 1)
        else:
            decode_threaded(len(pictures), threads, divided, sink, report, _together(size))


def _together(size: float) -> int:
    """Return how many pictures of so many bytes are decoded together: each hand-over of some costs as much."""
    return TINY_TOGETHER if size < TINY_BYTES else TOGETHER if size < LARGE_BYTES else BATCH
