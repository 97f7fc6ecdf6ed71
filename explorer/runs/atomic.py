"""Writing so that a crash, a full disk or a power cut leaves either the old file or the new one, never half of one.

Same-folder temporary name, write, fsync, rename, fsync of the folder; after any error the temporary file is dropped
and nothing is retried.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import UserError, printable

TEMPORARY = ".tmp-"
"""What the name of an unfinished file or folder contains; such a name is never read and may be swept."""

Chunk = bytes | memoryview


@dataclass(frozen=True, slots=True)
class FileRecord:
    """Size in bytes and SHA-256 (hex) of a file as it was written."""

    size: int
    sha256: str


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """Turn an operating system error into one that says what could not be saved and what is still intact."""
    try:
        yield
    except OSError as error:
        lost = lost_with(path, error)
        if lost is not None:
            raise lost from error
        raise UserError(
            f"{printable(str(path))} cannot be written: {error.strerror or error}",
            remedy="Free some space or mend the permissions; what was saved before is intact",
        ) from error


def gone(folder: Path) -> UserError:
    """Say that a folder of what is being saved is not there any more."""
    return UserError(
        f"{printable(str(folder))} is gone: it was deleted, moved or unmounted",
        remedy="Put it back, or save the run in another place",
    )


def lost_with(path: Path, error: Exception) -> UserError | None:
    """Say which folder of a path that was not found is gone, the highest one; None where all of them are there."""
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        return None
    return next((gone(folder) for folder in reversed(path.parents) if not folder.is_dir()), None)


def flush_to_disk(descriptor: int) -> None:
    """Force a file to the disk itself (macOS keeps it in the drive's cache without F_FULLFSYNC)."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def flush_folder(folder: Path) -> None:
    """Force the names in a folder to the disk; Windows does so by itself and cannot open a folder."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def temporary_name(path: Path) -> Path:
    """Return an unused temporary path beside ``path``."""
    return path.with_name(f".{path.name}{TEMPORARY}{uuid.uuid4().hex[:12]}")


def write_synced(path: Path, chunks: Iterable[Chunk]) -> FileRecord:
    """Write a new file and force it to the disk; for files inside a folder that is renamed as a whole."""
    digest, size = hashlib.sha256(), 0
    with open(path, "xb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        file.flush()
        flush_to_disk(file.fileno())
    return FileRecord(size, digest.hexdigest())


def write_file(path: Path, chunks: Iterable[Chunk]) -> FileRecord:
    """Write or replace a file atomically and durably.

    Raises
    ------
    UserError: if it cannot be written; the old file is then as it was.
    """
    temporary = temporary_name(path)
    with saving(path):
        try:
            record = write_synced(temporary, chunks)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        flush_folder(path.parent)
    return record


def write_folder(path: Path, fill: Callable[[Path], None]) -> None:
    """Make a folder that appears at once with everything in it.

    ``fill`` gets a temporary folder beside ``path`` and writes its files with ``write_synced``. ``path`` must not
    exist, or be an empty folder.

    Raises
    ------
    UserError: if it cannot be written; ``path`` is then as it was.
    """
    temporary = temporary_name(path)
    with saving(path):
        try:
            temporary.mkdir()  # never the folders above: one that was moved away must not come back empty
            fill(temporary)
            flush_folder(temporary)
            if path.is_dir():
                path.rmdir()
            os.rename(temporary, path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        flush_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder so that a crash half-way leaves only a temporary name: rename first, then delete."""
    doomed = temporary_name(path)
    os.rename(path, doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder; none where there is no such folder.

    Raises
    ------
    UserError: if it cannot be listed.
    """
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UserError(
            f"{printable(str(folder))} cannot be read: {error.strerror or error}",
            remedy="Mend its permissions, or the disk; what is in it was not changed",
        ) from error


def sweep(folder: Path) -> None:
    """Remove what an interrupted writer left in ``folder``; only the holder of the run's lock may call this."""
    with os.scandir(folder) as entries:
        leftovers = [Path(entry.path) for entry in entries if TEMPORARY in entry.name and entry.name.startswith(".")]
    for path in leftovers:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def digest_of(path: Path) -> FileRecord:
    """Return size and SHA-256 of a file as it is now."""
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
    return FileRecord(size, digest.hexdigest())
