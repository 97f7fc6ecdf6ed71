"""An entry of the cache whose items are written in any order and read meanwhile."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np

from explorer.core.types import ByteArray
from explorer.data.cache import BLOCK_BYTES, COPIED_AT_ONCE, Blocks, Entry, EntryFile, PixelCache, unwritable
from explorer.data.modalities.base import Shape
from explorer.data.pictures import WHITE


class AnyOrderWriter(EntryFile):
    """Writes an entry of ``count`` items (H, W, C) uint8; use it in ``with``. Without ``commit`` it leaves no file.

    ``pixels`` (count, H, W, C), read-only: what was written by now, zeros elsewhere; it may be read from any thread,
    also after the end.

    Raises
    ------
    UserError: if there is no room for it, or the cache folder cannot be written.
    """

    def __init__(self, cache: PixelCache, key: str, count: int, shape: Shape) -> None:
        self._size = int(np.prod(shape))
        try:
            cache.prepare()
            super().__init__(cache, key, shape, buffering=0)
            try:
                self._reserve(count * self._size)
                self.pixels: ByteArray = np.memmap(self._path, dtype=np.uint8, mode="r", shape=(count, *shape))
            except OSError:
                self._discard()
                raise
        except OSError as error:
            raise unwritable(cache.folder, error) from error

    def _reserve(self, size: int) -> None:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self._file.fileno(), 0, size)
        self._file.truncate(size)

    def put(self, first: int, pixels: Sequence[ByteArray]) -> None:
        """Write items (H, W, C) that follow one another from ``first`` on."""
        if any(one.shape != self._shape or one.dtype != np.uint8 for one in pixels):
            raise ValueError(f"an item is not of {self._shape} uint8")
        try:
            self._file.seek(first * self._size)
            self._file.write(b"".join(np.ascontiguousarray(one).data for one in pixels))
        except OSError as error:
            raise unwritable(self._cache.folder, error) from error

    def commit(
        self, skipped: Mapping[int, str], *, lasting: bool = True, white: int = WHITE, notes: Sequence[str] = ()
    ) -> Entry:
        """Finish the entry; where items are missing it is written anew, without their places. See ``Writer.commit``."""
        if skipped:
            return self._without(skipped, lasting=lasting, white=white, notes=notes)
        entry, blocks = Entry(self.pixels, {}, white, tuple(notes)), Blocks()
        flat = self.pixels.reshape(-1)
        for start in range(0, len(flat), BLOCK_BYTES):
            blocks.add(flat[start : start + BLOCK_BYTES].data)
        return self._finish(entry, blocks, lasting=lasting)

    def _without(self, skipped: Mapping[int, str], *, lasting: bool, white: int, notes: Sequence[str]) -> Entry:
        kept = np.ones(len(self.pixels), np.bool_)
        kept[list(skipped)] = False
        rows = np.flatnonzero(kept)
        with self._cache.write(self._key, self._shape) as writer:
            for start in range(0, len(rows), COPIED_AT_ONCE):
                writer.append(self.pixels[rows[start : start + COPIED_AT_ONCE]])
            return writer.commit(skipped, lasting=lasting, white=white, notes=notes)
