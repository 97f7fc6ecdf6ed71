"""Decoding many items: in order, a few at a time, with progress, and stopped within an item."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from explorer.core.errors import Cancelled
from explorer.data.listing import Watch
from explorer.data.pictures import PictureError, Pictures, ReadCall

SIZES_SAMPLED = 24
TINY_BYTES = 4096
"""Below this mean size threads only hinder each other: most of the work holds the interpreter's lock."""
MOST_THREADS = 8
BATCH = 16
REPORT_SECONDS = 0.1

T = TypeVar("T")


def spread(count: int, wanted: int) -> list[int]:
    """Return at most ``wanted`` positions that are spread over ``count``."""
    return sorted({round(float(at)) for at in np.linspace(0, count - 1, min(count, wanted))})


def mean_bytes(pictures: Pictures, read: ReadCall) -> float:
    """Return how large pictures are, by some that are spread over them; 0 where none of these can be read."""
    sizes = []
    for index in spread(len(pictures), SIZES_SAMPLED):
        try:
            sizes.append(len(read(index)))
        except PictureError:
            continue
    return float(np.mean(sizes)) if sizes else 0.0


def thread_count(size: float) -> int:
    """Return how many threads decode pictures of so many bytes fastest."""
    return 1 if size < TINY_BYTES else max(1, min(cores(), MOST_THREADS))


def cores() -> int:
    """Return how many processor cores there are for this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def decode_each(
    items: Pictures,
    decode: Callable[[bytes], T],
    sink: Callable[[int, T | PictureError], None],
    watch: Watch,
    doing: str = "Reading pictures",
) -> None:
    """Decode every item and hand each, or why there is none, to ``sink``, in order and in one thread.

    Raises
    ------
    Cancelled: if the user cancels. What ``decode`` raises, but ``PictureError``. No thread is left behind.
    """
    report = Reporter(watch, len(items), doing)
    with items.reading() as read:

        def one(index: int) -> T | PictureError:
            try:
                return decode(read(index))
            except PictureError as error:
                return error

        threads = thread_count(mean_bytes(items, read))
        if threads == 1:
            for index in range(len(items)):
                sink(index, one(index))
                report(index + 1)
        else:
            decode_threaded(len(items), threads, lambda indices: map(one, indices), sink, report)


@dataclass(slots=True)
class Reporter:
    """Passes progress on, and looks whether the user has cancelled, ten times a second."""

    watch: Watch
    total: int
    doing: str
    last: float = float("-inf")

    def __call__(self, done: int) -> None:
        """Note how many are done.

        Raises
        ------
        Cancelled: if the user has cancelled.
        """
        now = time.monotonic()
        if now - self.last >= REPORT_SECONDS or done == self.total:
            self.last = now
            self.watch.check()
            self.watch.progress(self.doing, done, self.total)


def decode_threaded(
    count: int,
    threads: int,
    some: Callable[[Sequence[int]], Iterable[T | PictureError]],
    sink: Callable[[int, T | PictureError], None],
    report: Reporter,
    at_once: int = BATCH,
) -> None:
    """Hand what ``some`` makes of each of ``count`` positions, ``at_once`` of them, to ``sink``, in order.

    ``some`` is called in ``threads``, ``sink`` in this one. Raises ``Cancelled``, and what ``some`` raises.
    """
    stopped = False

    def batch(indices: Sequence[int]) -> list[T | PictureError]:
        results: list[T | PictureError] = []
        if stopped:
            raise Cancelled
        for result in some(indices):
            results.append(result)
            if stopped:
                raise Cancelled
        return results

    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        waiting: deque[tuple[range, Future[list[T | PictureError]]]] = deque()
        try:
            for start in range(0, count, at_once):
                indices = range(start, min(start + at_once, count))
                waiting.append((indices, pool.submit(batch, indices)))
                if len(waiting) >= 4 * threads:
                    _pass_on(waiting.popleft(), sink, report)
            while waiting:
                _pass_on(waiting.popleft(), sink, report)
        finally:
            stopped = True  # threads end with the item that they are at
            for _, future in waiting:
                future.cancel()


def _pass_on(
    batch: tuple[range, Future[list[T | PictureError]]],
    sink: Callable[[int, T | PictureError], None],
    report: Reporter,
) -> None:
    indices, future = batch
    while True:
        try:
            results = future.result(timeout=REPORT_SECONDS)
            break
        except TimeoutError:
            report(indices.start)  # large items: keep looking for Cancel
    for index, result in zip(indices, results, strict=True):
        sink(index, result)
    report(indices.stop)
