"""What every picture of a set becomes, by a sample of them, and decoding them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.core.recipe import DataOptions
from explorer.core.types import ByteArray
from explorer.data.decoding import decode_picture
from explorer.data.decoding.decode_apart import Decoders
from explorer.data.decoding.decode_each import Reporter, cores, decode_each, decode_threaded, spread
from explorer.data.decoding.quiet import quiet_decoders
from explorer.data.listing import Watch
from explorer.data.pictures import WHITE, PictureError, Pictures, ReadCall

HEADERS_SAMPLED = 200
COLOURS_SAMPLED_OF_MANY, MANY = 2000, 100_000
"""Of a large set more are looked at, whether they are grey: it may be used before one in colour is found."""
COLOURS_SAMPLED = SIZES_SAMPLED = 24
RANGES_SAMPLED = 200

AT_ONCE = 64
"""Pictures that go to another process together."""

Result = ByteArray | PictureError
Sink = Callable[[int, Result], None]
"""Takes each picture's position and its (S, S, C) pixels or why there are none; called in order, in one thread."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What every picture of a dataset becomes: (size, size, channels).

    ``white``: that value of 16-bit pictures; ``guessed``: grey by a sample, so that colour elsewhere must be told.
    """

    size: int
    channels: int
    white: int = WHITE
    guessed: bool = False


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
        white = options.white or _white(pictures, read, watch, decoders)
    return Shape(size, 1 if grey else 3, white, guessed=options.colour == "auto")


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


def _white(pictures: Pictures, read: ReadCall, watch: Watch, decoders: Decoders) -> int:
    """Return what is white: the range belongs to the set, and most cameras and scanners use part of 16 bits."""
    if not any(_sampled(pictures, read, watch, SIZES_SAMPLED, decoders.greatest)):
        return WHITE
    most = max(_sampled(pictures, read, watch, RANGES_SAMPLED, decoders.greatest))
    return next(white for white in decode_picture.WHITES if most <= white)


def _all_grey(pictures: Pictures, read: ReadCall, watch: Watch, decoders: Decoders) -> bool:
    seen = False
    for index in spread(len(pictures), COLOURS_SAMPLED if len(pictures) < MANY else COLOURS_SAMPLED_OF_MANY):
        watch.check()
        try:
            if not decoders.is_grey(read(index)):
                return False
            seen = True
        except PictureError:
            continue
    return seen


def decode_beside(pictures: Pictures, shape: Shape, sink: Sink, watch: Watch) -> None:
    """Decode every picture as ``decode_all`` does, but in other processes, since this one trains or paints meanwhile.

    Raises
    ------
    As ``decode_all``. No process is left behind.
    """
    with pictures.reading() as read, Decoders(cancelled=watch.cancelled) as decoders:

        def content(index: int) -> bytes | PictureError:
            try:
                return read(index)
            except PictureError as error:
                return error

        def some(indices: Sequence[int]) -> list[Result]:
            found: list[bytes | PictureError] = [content(index) for index in indices]
            whole = [data for data in found if isinstance(data, bytes)]
            decoded = iter(decoders.decode_many(whole, shape.size, shape.channels, shape.white, watchful=shape.guessed))
            return [next(decoded) if isinstance(data, bytes) else data for data in found]

        report = Reporter(watch, len(pictures), "Reading pictures")
        decode_threaded(len(pictures), max(1, cores() - 1), some, sink, report, AT_ONCE)


def decode_all(pictures: Pictures, shape: Shape, sink: Sink, watch: Watch) -> None:
    """Decode every picture and hand each to ``sink``, in order.

    Raises
    ------
    Cancelled: if the user cancels. ColourFoundError: if one has colour, and grey was a guess. No thread is left behind.
    """
    quiet_decoders()

    with Decoders(cancelled=watch.cancelled) as decoders:

        def decode(encoded: bytes) -> ByteArray:
            return decoders.decode(encoded, shape.size, shape.channels, shape.white, watchful=shape.guessed)

        decode_each(pictures, decode, sink, watch)
