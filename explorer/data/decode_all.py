"""Decoding many pictures: in order, a few at a time, with progress, and stopped within a picture."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from explorer.core.errors import Cancelled
from explorer.core.recipe import DataOptions
from explorer.core.types import ByteArray
from explorer.data import decode_picture
from explorer.data.listing import Watch
from explorer.data.pictures import WHITE, PictureError, Pictures, ReadCall
from explorer.data.quiet import quiet_decoders

HEADERS_SAMPLED = 200
COLOURS_SAMPLED = SIZES_SAMPLED = 24
RANGES_SAMPLED = 200
TINY_BYTES = 4096
"""Below this mean size threads only hinder each other: most of the work holds the interpreter's lock."""
MOST_THREADS = 8
BATCH = 16
REPORT_SECONDS = 0.1

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


def _spread(count: int, wanted: int) -> list[int]:
    return sorted({round(float(at)) for at in np.linspace(0, count - 1, min(count, wanted))})


def choose_shape(pictures: Pictures, options: DataOptions, watch: Watch) -> Shape:
    """Return the size, channels and white for pictures: as asked for, else from a sample spread over them."""
    quiet_decoders()
    size, grey = options.size, options.colour == "grey"
    with pictures.reading() as read:
        if options.colour == "auto":
            grey = _all_grey(pictures, read, watch)
        if not size:
            sides = _sampled(pictures, read, watch, HEADERS_SAMPLED, decode_picture.longer_side)
            size = decode_picture.chosen_size(np.array(sides, dtype=np.int64), grey=grey)
        white = options.white or _white(pictures, read, watch)
    return Shape(size, 1 if grey else 3, white, guessed=options.colour == "auto")


def _sampled(pictures: Pictures, read: ReadCall, watch: Watch, wanted: int, ask: Callable[[bytes], int]) -> list[int]:
    """Return what ``ask`` finds in pictures that are spread over all; not of those that cannot be read."""
    found = []
    for index in _spread(len(pictures), wanted):
        watch.check()
        try:
            found.append(ask(read(index)))
        except PictureError:
            continue  # found again, and reported, when it is decoded
    return found


def _white(pictures: Pictures, read: ReadCall, watch: Watch) -> int:
    """Return what is white: the range belongs to the set, and most cameras and scanners use part of 16 bits."""
    if not any(_sampled(pictures, read, watch, SIZES_SAMPLED, decode_picture.greatest)):
        return WHITE
    most = max(_sampled(pictures, read, watch, RANGES_SAMPLED, decode_picture.greatest))
    return next(white for white in decode_picture.WHITES if most <= white)


def _all_grey(pictures: Pictures, read: ReadCall, watch: Watch) -> bool:
    seen = False
    for index in _spread(len(pictures), COLOURS_SAMPLED):
        watch.check()
        try:
            if not decode_picture.is_grey(read(index)):
                return False
            seen = True
        except PictureError:
            continue
    return seen


def thread_count(pictures: Pictures, read: ReadCall) -> int:
    """Return how many threads decode pictures fastest, by the bytes of some that are spread over them."""
    sizes = []
    for index in _spread(len(pictures), SIZES_SAMPLED):
        try:
            sizes.append(len(read(index)))
        except PictureError:
            continue
    if not sizes or float(np.mean(sizes)) < TINY_BYTES:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, MOST_THREADS))


def decode_all(pictures: Pictures, shape: Shape, sink: Sink, watch: Watch) -> None:
    """Decode every picture and hand each to ``sink``, in order.

    Raises
    ------
    Cancelled: if the user cancels. ColourFoundError: if one has colour, and grey was a guess. No thread is left behind.
    """
    quiet_decoders()
    report = _Reporter(watch, len(pictures))
    with pictures.reading() as read:

        def one(index: int) -> Result:
            try:
                return decode_picture.decode(
                    read(index), shape.size, shape.channels, shape.white, watchful=shape.guessed
                )
            except PictureError as error:
                return error

        threads = thread_count(pictures, read)
        if threads == 1:
            for index in range(len(pictures)):
                sink(index, one(index))
                report(index + 1)
        else:
            _decode_threaded(len(pictures), threads, one, sink, report)


@dataclass(slots=True)
class _Reporter:
    """Passes progress on, and looks whether the user has cancelled, ten times a second."""

    watch: Watch
    total: int
    last: float = float("-inf")

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if now - self.last >= REPORT_SECONDS or done == self.total:
            self.last = now
            self.watch.check()
            self.watch.progress("Reading pictures", done, self.total)


def _decode_threaded(count: int, threads: int, one: Callable[[int], Result], sink: Sink, report: _Reporter) -> None:
    stopped = False

    def batch(indices: Sequence[int]) -> list[Result]:
        results: list[Result] = []
        for index in indices:
            if stopped:
                raise Cancelled
            results.append(one(index))
        return results

    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        waiting: deque[tuple[range, Future[list[Result]]]] = deque()
        try:
            for start in range(0, count, BATCH):
                indices = range(start, min(start + BATCH, count))
                waiting.append((indices, pool.submit(batch, indices)))
                if len(waiting) >= 4 * threads:
                    _pass_on(waiting.popleft(), sink, report)
            while waiting:
                _pass_on(waiting.popleft(), sink, report)
        finally:
            stopped = True  # threads end with the picture that they are at
            for _, future in waiting:
                future.cancel()


def _pass_on(batch: tuple[range, Future[list[Result]]], sink: Sink, report: _Reporter) -> None:
    indices, future = batch
    while True:
        try:
            results = future.result(timeout=REPORT_SECONDS)
            break
        except TimeoutError:
            report(indices.start)  # large pictures: keep looking for Cancel
    for index, result in zip(indices, results, strict=True):
        sink(index, result)
    report(indices.stop)
