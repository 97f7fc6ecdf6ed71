"""Decoding on all cores: in threads here, or in other processes where this one is better left alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.data.decoding.decode_apart import Decoders
from explorer.data.decoding.decode_together import Result, content, decode_together
from explorer.data.pictures import Pictures, ReadCall

PIECE, TINY_PIECE = 8, 64
"""Pictures, and tiny ones, after which it is looked again where the next ones are decoded."""

WAIT_SECONDS, LOOK_SECONDS = 2.0, 0.01
"""So long after its begin a process is waited for, and how often it is looked whether it has started."""


class Divided:
    """Decodes parts of ``pictures``, which ``read`` reads; for several threads.

    A thread decodes here where one of ``seats`` is free: tiny pictures hold the interpreter's lock for most of their
    time, so that a second thread is of no use. The others ask a process, or wait for a seat while none is free: what
    they are at is needed next, and a process that starts would hold up all. So do all while this one is ``occupied``,
    to leave it alone: each picture asks for the lock a dozen times, which whoever paints, trains or is imported here
    lets go of only now and then. Until such a process has started, in a fraction of a second, they decode here after
    all; but where ``soon``, this one will be occupied before the end: processes, behind it, are started
    at once and waited for.

    ``piece``: so many are decoded before it is looked again; ``threads``: how many call it; ``how``: size,
    channels and so on, as ``Decoders.decode`` is given them.
    """

    def __init__(
        self,
        pictures: Pictures,
        read: ReadCall,
        decoders: Decoders,
        how: Mapping[str, Any],
        *,
        seats: int,
        threads: int,
        piece: int = PIECE,
        occupied: Callable[[], bool],
        soon: bool = False,
    ) -> None:
        self._pictures, self._read, self._decoders, self._how = pictures, read, decoders, how
        self._seats = threading.Semaphore(seats)
        self._threads, self._piece = threads, piece
        self._occupied = occupied
        self._starting = threading.Lock()
        self._started = False
        self._soon, self._began = soon, time.monotonic()
        if seats < threads or soon or occupied():
            self._start(threads if soon or occupied() else threads - seats)

    def __call__(self, indices: Sequence[int]) -> Iterable[Result]:
        """Decode the pictures at ``indices``, which lie side by side."""
        at = 0
        while at < len(indices):
            occupied = self._occupied()
            if occupied and not self._awaited():
                yield from self.here(indices[at : at + self._piece])
            elif not occupied and self._seats.acquire(blocking=not self._decoders.ready()):
                yield from self._seated(indices[at : at + self._piece])
            else:
                yield from self._apart(indices[at:])
                return
            at += self._piece

    def here(self, indices: Sequence[int]) -> Iterator[Result]:
        """Decode pictures in this process."""
        contents = (content(self._read, index) for index in indices)
        size, channels = self._how["size"], self._how["channels"]
        return decode_together(contents, lambda data: self._decoders.decode(data, **self._how), size, channels)

    def _seated(self, indices: Sequence[int]) -> Iterator[Result]:
        try:
            yield from self.here(indices)
        finally:
            self._seats.release()

    def _apart(self, indices: Sequence[int]) -> list[Result]:
        first = indices[0]
        some = self._pictures.subset(np.arange(first, first + len(indices), dtype=np.int64))
        return self._decoders.decode_many(some, lambda index: self._read(first + index), **self._how)

    def _awaited(self) -> bool:
        """Whether a process can be asked; waits a while for one where that pays."""
        while not self._ready():
            if not self._soon or time.monotonic() - self._began > WAIT_SECONDS:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def _ready(self) -> bool:
        self._start(self._threads)
        return self._decoders.ready()

    def _start(self, processes: int) -> None:
        with self._starting:
            if not self._started:
                self._started = True
                self._decoders.begin(processes, behind=self._soon)
