"""Decoded pixels on disk, memory-mapped: a picture set is decoded once.

An entry is ``KEY.json``, which names its file of raw bytes and is written last, so that a half-written entry does not
exist. Entries least recently used go first when all of them together grow beyond a limit.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
import platformdirs

from explorer.core.errors import UserError
from explorer.core.types import ByteArray
from explorer.data.pictures import WHITE

FOLDER_VARIABLE = "EMBEDDING_EXPLORER_CACHE"
LIMIT_BYTES = 16 * 2**30
STALE_SECONDS = 3600.0
FLUSH_BYTES = 4 * 2**20


def default_folder() -> Path:
    """Return the cache folder: of the environment variable, else of the user's cache directory."""
    asked = os.environ.get(FOLDER_VARIABLE)
    return Path(asked) if asked else Path(platformdirs.user_cache_dir("embedding-explorer", appauthor=False))


@dataclass(frozen=True, slots=True)
class Entry:
    """One cached set: ``pixels`` (M, S, S, C) read-only, and why pictures are missing, by position in the listing.

    ``white``: the value of 16-bit pictures that is white in it.
    """

    pixels: ByteArray
    skipped: Mapping[int, str]
    white: int = WHITE


class PixelCache:
    """The cached picture sets below ``folder`` / pixels."""

    def __init__(self, folder: Path | None = None, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = (folder or default_folder()) / "pixels"
        self.limit_bytes = limit_bytes

    def load(self, key: str) -> Entry | None:
        """Return an entry and mark it as used, or None where there is none that is whole."""
        index = self.folder / f"{key}.json"
        try:
            found = json.loads(index.read_text(encoding="utf-8"))
            shape = tuple(int(n) for n in found["shape"])
            file = self.folder / Path(str(found["pixels"])).name
            if len(shape) != 4 or min(shape) < 1 or file.stat().st_size != int(np.prod(shape)):
                return None
            pixels = np.memmap(file, dtype=np.uint8, mode="r", shape=shape)
            white = int(found.get("white", WHITE))
            skipped = {int(position): str(reason) for position, reason in found["skipped"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        with suppress(OSError):
            os.utime(index)
        return Entry(pixels, skipped, white)

    def write(self, key: str, shape: tuple[int, int, int]) -> Writer:
        """Begin an entry of pictures of ``shape`` (S, S, C); use it in ``with``.

        Raises
        ------
        UserError: if the cache folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            return Writer(self, key, shape)
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def evict(self, keep: str) -> None:
        """Remove entries least recently used until the limit is kept; never ``keep``."""
        used = sum(file.stat().st_size for file in self.folder.glob("*.pixels"))
        for index in sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime):
            if used <= self.limit_bytes:
                return
            if index.stem != keep:
                used -= self._remove(index)

    def _remove(self, index: Path) -> int:
        with suppress(OSError, ValueError, KeyError, TypeError):
            file = self.folder / Path(str(json.loads(index.read_text(encoding="utf-8"))["pixels"])).name
            index.unlink()
            size = file.stat().st_size
            file.unlink()  # refused on Windows while it is mapped; then it is swept later
            return size
        return 0

    def _sweep(self) -> None:
        """Remove what an interrupted process left: files that no entry names, an hour old."""
        named = set()
        for index in self.folder.glob("*.json"):
            with suppress(OSError, ValueError, KeyError, TypeError):
                named.add(str(json.loads(index.read_text(encoding="utf-8"))["pixels"]))
        for file in (*self.folder.glob("*.pixels"), *self.folder.glob("*.tmp")):
            with suppress(OSError):
                if file.name not in named and time.time() - file.stat().st_mtime > STALE_SECONDS:
                    file.unlink()


def _unwritable(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"decoded pictures cannot be written to {folder}: {error.strerror or error}",
        remedy=f"Free some space there, or set {FOLDER_VARIABLE} to another folder",
    )


class Writer:
    """Writes one entry, picture after picture. Without ``commit`` it leaves nothing behind."""

    def __init__(self, cache: PixelCache, key: str, shape: tuple[int, int, int]) -> None:
        self._cache, self._key, self._shape = cache, key, shape
        self._path = cache.folder / f"{key}-{secrets.token_hex(4)}.pixels"
        # Plain writes, not a mapping: where the disk is full a write fails, a mapping kills the process.
        self._file: BinaryIO = self._path.open("xb", buffering=FLUSH_BYTES)
        self._count = 0
        self._committed = False

    def __enter__(self) -> Writer:
        return self

    def append(self, pixels: ByteArray) -> None:
        """Write pictures (S, S, C) or (M, S, S, C)."""
        if pixels.shape[-3:] != self._shape:
            raise ValueError(f"pixels {pixels.shape} are not of {self._shape}")
        try:
            self._file.write(pixels.data if pixels.flags.c_contiguous else pixels.tobytes())
        except OSError as error:
            raise _unwritable(self._cache.folder, error) from error
        self._count += len(pixels) if pixels.ndim == 4 else 1

    def commit(self, skipped: Mapping[int, str], *, lasting: bool = True, white: int = WHITE) -> Entry:
        """Finish the entry. Not ``lasting``: some picture could not be read for now, so that it is read again later."""
        shape = (self._count, *self._shape)
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            if lasting:
                self._write_index(shape, skipped, white)
            pixels = np.memmap(self._path, dtype=np.uint8, mode="r", shape=shape)
        except OSError as error:
            raise _unwritable(self._cache.folder, error) from error
        self._committed = True
        with suppress(OSError):
            self._cache.evict(self._key)
        return Entry(pixels, dict(skipped), white)

    def _write_index(self, shape: tuple[int, ...], skipped: Mapping[int, str], white: int) -> None:
        index = self._cache.folder / f"{self._key}.json"
        temporary = self._path.with_suffix(".tmp")
        reasons = {str(position): reason for position, reason in skipped.items()}
        text = json.dumps({"pixels": self._path.name, "shape": shape, "skipped": reasons, "white": white})
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(index)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._committed:
            with suppress(OSError):
                self._file.close()
            self._path.with_suffix(".tmp").unlink(missing_ok=True)
            self._path.unlink(missing_ok=True)
