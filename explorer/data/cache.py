"""What items became on disk, memory-mapped: pixels, waveforms, points. A set is decoded once.

An entry is ``KEY.json``, which names its file of raw bytes and is written last, so that a half-written entry does not
exist. Entries least recently used go first when all of them together grow beyond a limit. The index holds checksums of
itself and of every block of the file, and an entry that is not what was written is no entry.
"""

from __future__ import annotations

import json
import os
import secrets
import time
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

from explorer.core.cache_folder import FOLDER_VARIABLE, default_folder
from explorer.core.errors import UserError
from explorer.core.plain_json import parse_json
from explorer.core.types import ByteArray, FloatArray
from explorer.data.listing import Watch
from explorer.data.pictures import WHITE

LIMIT_BYTES = 16 * 2**30
STALE_SECONDS = 3600.0
COPIED_AT_ONCE = 4096
FLUSH_BYTES = 4 * 2**20
BLOCK_BYTES = 4 * 2**20
"""What one checksum stands for."""
CHECKERS = 4
"""Threads that compute checksums; each lets the others run meanwhile."""
BLOCKS_AT_ONCE = 16
SAME_AS, LONGEST_LINK = "same_as", 200
"""What an index says that only names another entry, and how many bytes it has at most."""
DTYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype(np.uint8), "float32": np.dtype(np.float32)}
"""What items may be made of, by name."""
NOBODY = Watch()


@dataclass(frozen=True, slots=True)
class Entry:
    """One cached set: ``pixels`` (M, H, W, C) read-only, uint8 or float32, and why items are missing, by position.

    ``white``: the value of 16-bit pictures that is white in it; ``notes``: what was found while they were decoded.
    """

    pixels: ByteArray | FloatArray
    skipped: Mapping[int, str]
    white: int = WHITE
    notes: tuple[str, ...] = ()


class PixelCache:
    """The cached sets below ``folder`` / pixels. ``damaged``: one that was looked for is not what was written."""

    def __init__(self, folder: Path | None = None, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = (folder or default_folder()) / "pixels"
        self.limit_bytes = limit_bytes
        self.damaged = False

    def load(self, key: str, watch: Watch = NOBODY) -> Entry | None:
        """Return an entry, after its checksums were compared, and mark it as used; None: there is none that is whole.

        Raises
        ------
        Cancelled: if the user cancels.
        """
        named = self.folder / f"{key}.json"
        index = self._meant(named)
        if not index.exists():
            return None
        entry = self._checked(index, watch)
        if entry is None:
            self.damaged = True
            return None
        for used in {named, index}:
            with suppress(OSError):
                os.utime(used)
        return entry

    def link(self, key: str, to: str) -> None:
        """Let the entry ``to`` be found by another ``key`` as well: of the same items, asked for in other words."""
        meant = self._meant(self.folder / f"{to}.json")
        if meant.stem == key or not meant.exists():
            return
        temporary = self.folder / f"{key}-{secrets.token_hex(4)}.tmp"
        with suppress(OSError):  # it is made anew then
            temporary.write_text(json.dumps({SAME_AS: meant.stem}), encoding="utf-8")
            temporary.replace(self.folder / f"{key}.json")

    def _meant(self, index: Path) -> Path:
        """Return the index of the entry that an index says to be the same; itself, where it is one."""
        try:
            if index.stat().st_size <= LONGEST_LINK:
                return self.folder / Path(f"{parse_json(index.read_text(encoding='utf-8'))[SAME_AS]}.json").name
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return index

    def notes(self, what: str) -> tuple[str, ...]:
        """Return what is to be said where the kept ``what``, a plural, could not be used."""
        return (f"The decoded {what} that were kept are damaged: decoded anew",) if self.damaged else ()

    def _checked(self, index: Path, watch: Watch) -> Entry | None:
        try:
            found = parse_json(index.read_text(encoding="utf-8"))
            if found.pop("check") != _check(found):
                return None
            shape = tuple(int(n) for n in found["shape"])
            file = self.folder / Path(str(found["pixels"])).name
            dtype = DTYPES[str(found.get("dtype", "uint8"))]
            if len(shape) != 4 or min(shape) < 1 or file.stat().st_size != int(np.prod(shape)) * dtype.itemsize:
                return None
            pixels = np.memmap(file, dtype=dtype, mode="r", shape=shape)
            white = int(found.get("white", WHITE))
            skipped = {int(position): str(reason) for position, reason in found["skipped"].items()}
            notes = tuple(map(str, found.get("notes", ())))
            whole = _same_blocks(pixels, list(found["blocks"]), watch)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        return Entry(pixels, skipped, white, notes) if whole else None

    def write(self, key: str, shape: tuple[int, int, int], dtype: str = "uint8") -> Writer:
        """Begin an entry of items of ``shape`` (H, W, C), uint8 or float32; use it in ``with``.

        Raises
        ------
        UserError: if the cache folder cannot be written.
        """
        try:
            self.prepare()
            return Writer(self, key, shape, dtype)
        except OSError as error:
            raise unwritable(self.folder, error) from error

    def prepare(self) -> None:
        """Make the folder and clear it of what was left there.

        Raises
        ------
        OSError: if it cannot be made.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def enter(self, key: str, file: Path, entry: Entry, blocks: Blocks) -> None:
        """Write the index of an entry, whose ``file`` is complete and on the disk; from now on it is found.

        Raises
        ------
        OSError: if that cannot be written.
        """
        temporary = file.with_suffix(".tmp")
        index = {
            "pixels": file.name,
            "shape": entry.pixels.shape,
            "dtype": entry.pixels.dtype.name,
            "skipped": {str(position): reason for position, reason in entry.skipped.items()},
            "white": entry.white,
            "notes": list(entry.notes),
            "blocks": blocks.all(),
        }
        index["check"] = _check(index)
        temporary.write_text(json.dumps(index), encoding="utf-8")
        temporary.replace(self.folder / f"{key}.json")

    def evict(self, keep: str) -> None:
        """Remove entries least recently used until the limit is kept; never ``keep``."""
        used = sum(file.stat().st_size for file in self.folder.glob("*.pixels"))
        for index in sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime):
            if used <= self.limit_bytes:
                return
            if index.stem != keep:
                used -= self._remove(index)

    def size(self) -> int:
        """Return the bytes of all entries."""
        total = 0
        for file in self.folder.glob("*"):
            with suppress(OSError):
                total += file.stat().st_size
        return total

    def clear(self) -> int:
        """Remove every entry; return their bytes. What is open now stays in use, and is gone when it is closed."""
        return sum(self._remove(index) for index in list(self.folder.glob("*.json")))

    def _remove(self, index: Path) -> int:
        with suppress(OSError, ValueError, KeyError, TypeError):
            if self._meant(index) != index:
                index.unlink()
                return 0
            file = self.folder / Path(str(parse_json(index.read_text(encoding="utf-8"))["pixels"])).name
            index.unlink()
            size = file.stat().st_size
            file.unlink()  # refused on Windows while it is mapped; then it is swept later
            return size
        return 0

    def _sweep(self) -> None:
        """Remove what an interrupted process left: files that no entry names, an hour old; and links to none."""
        named = set()
        for index in self.folder.glob("*.json"):
            with suppress(OSError, ValueError, KeyError, TypeError):
                if not self._meant(index).exists():
                    index.unlink()
                    continue
                named.add(str(parse_json(index.read_text(encoding="utf-8"))["pixels"]))
        for file in (*self.folder.glob("*.pixels"), *self.folder.glob("*.tmp")):
            with suppress(OSError):
                if file.name not in named and time.time() - file.stat().st_mtime > STALE_SECONDS:
                    file.unlink()


def _check(index: Mapping[str, Any]) -> int:
    """Return the checksum of an index, in which the checksums of the blocks stand."""
    return zlib.crc32(json.dumps(index, sort_keys=True).encode("utf-8"))


def _same_blocks(pixels: ByteArray | FloatArray, expected: list[int], watch: Watch) -> bool:
    """Whether a file is what was written, block by block."""
    flat = pixels.reshape(-1).view(np.uint8)
    starts = range(0, len(flat), BLOCK_BYTES)
    if len(starts) != len(expected):
        return False
    with ThreadPoolExecutor(CHECKERS, thread_name_prefix="checksum") as pool:
        for first in range(0, len(starts), BLOCKS_AT_ONCE):
            watch.check()
            watch.progress("Checking what was kept", first, len(starts))
            some = starts[first : first + BLOCKS_AT_ONCE]
            found = pool.map(lambda start: zlib.crc32(flat[start : start + BLOCK_BYTES].data), some)
            if list(found) != expected[first : first + BLOCKS_AT_ONCE]:
                return False
    return True


class Blocks:
    """The checksums of what is written, block by block."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self._open, self._filled = 0, 0

    def add(self, data: memoryview) -> None:
        """Go on with more bytes."""
        while data:
            part = data[: BLOCK_BYTES - self._filled]
            self._open, self._filled = zlib.crc32(part, self._open), self._filled + len(part)
            data = data[len(part) :]
            if self._filled == BLOCK_BYTES:
                self.done.append(self._open)
                self._open = self._filled = 0

    def all(self) -> list[int]:
        """Return the checksums up to here."""
        return [*self.done, self._open] if self._filled else list(self.done)


def unwritable(folder: Path, error: OSError) -> UserError:
    """Return what to say where the cache cannot be written."""
    return UserError(
        f"Decoded pictures cannot be written to {folder}: {error.strerror or error}",
        remedy=f"Free some space there, or set {FOLDER_VARIABLE} to another folder",
    )


def joined(first: ByteArray | FloatArray, second: ByteArray | FloatArray, key: str, folder: Path | None) -> Entry:
    """Return the items (N, H, W, C) of two sets in one, mapped from the cache; ``key`` stands for both.

    Raises
    ------
    UserError: if the cache folder cannot be written.
    """
    cache = PixelCache(folder)
    entry = cache.load(key)
    if entry is not None and len(entry.pixels) == len(first) + len(second):
        return entry
    _, height, width, channels = first.shape
    with cache.write(key, (height, width, channels), first.dtype.name) as writer:
        both: tuple[ByteArray | FloatArray, ...] = (first, second)
        for part in both:
            for start in range(0, len(part), COPIED_AT_ONCE):
                writer.append(part[start : start + COPIED_AT_ONCE])
        return writer.commit({})


class EntryFile:
    """The file of an entry of items (H, W, C) that is being written; used in ``with``, it goes unless it is finished.

    Raises
    ------
    OSError: if it cannot be made.
    """

    def __init__(self, cache: PixelCache, key: str, shape: tuple[int, int, int], buffering: int) -> None:
        self._cache, self._key, self._shape = cache, key, shape
        self._path = cache.folder / f"{key}-{secrets.token_hex(4)}.pixels"
        # Plain writes, not a mapping: where the disk is full a write fails, a mapping kills the process.
        self._file: BinaryIO = self._path.open("xb", buffering=buffering)
        self._committed = False

    def __enter__(self) -> Self:
        return self

    def _finish(self, entry: Entry, blocks: Blocks, *, lasting: bool) -> Entry:
        """Put the file on the disk and its entry, where it is ``lasting``, into the cache."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            if lasting:
                self._cache.enter(self._key, self._path, entry, blocks)
        except OSError as error:
            raise unwritable(self._cache.folder, error) from error
        self._committed = True
        with suppress(OSError):
            self._cache.evict(self._key)
        return entry

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._committed:
            self._discard()

    def _discard(self) -> None:
        with suppress(OSError):
            self._file.close()
        for path in (self._path.with_suffix(".tmp"), self._path):
            with suppress(OSError):  # refused on Windows while it is mapped; then it is swept later
                path.unlink(missing_ok=True)


class Writer(EntryFile):
    """Writes one entry, item after item. Without ``commit`` it leaves nothing behind."""

    def __init__(self, cache: PixelCache, key: str, shape: tuple[int, int, int], dtype: str) -> None:
        super().__init__(cache, key, shape, FLUSH_BYTES)
        self._dtype = DTYPES[dtype]
        self._count = 0
        self._blocks = Blocks()
        self._waiting = bytearray()

    def append(self, pixels: ByteArray | FloatArray) -> None:
        """Write one item (H, W, C), or several (M, H, W, C)."""
        if pixels.shape[-3:] != self._shape or pixels.dtype != self._dtype:
            raise ValueError(f"items {pixels.shape} {pixels.dtype} are not of {self._shape} {self._dtype}")
        self._waiting += np.ascontiguousarray(pixels).data
        self._count += len(pixels) if pixels.ndim == 4 else 1
        if len(self._waiting) >= FLUSH_BYTES:
            self._write()

    def _write(self) -> None:
        """Write what waits: small items go to the disk, and into the checksums, many at a time."""
        data, self._waiting = memoryview(self._waiting), bytearray()
        try:
            self._file.write(data)
        except OSError as error:
            raise unwritable(self._cache.folder, error) from error
        self._blocks.add(data)

    def commit(
        self, skipped: Mapping[int, str], *, lasting: bool = True, white: int = WHITE, notes: Sequence[str] = ()
    ) -> Entry:
        """Finish the entry. Not ``lasting``: some picture could not be read for now, so that it is read again later."""
        shape = (self._count, *self._shape)
        self._write()
        try:
            self._file.flush()
            pixels = np.memmap(self._path, dtype=self._dtype, mode="r", shape=shape)
        except OSError as error:
            raise unwritable(self._cache.folder, error) from error
        entry = Entry(pixels, dict(skipped), white, tuple(notes))
        return self._finish(entry, self._blocks, lasting=lasting)
