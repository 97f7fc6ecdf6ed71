"""One writer a run: an advisory lock that the operating system releases when its process dies."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.core.errors import UserError, printable

LOCK_NAME = "writer.lock"


class WriterLock:
    """Holds the lock of a run folder until ``release``; a lock of a dead process never stays behind."""

    def __init__(
        self,
        folder: Path,
        name: str = LOCK_NAME,
        *,
        remedy: str = "Stop that training first, or open the run without continuing it",
    ) -> None:
        """Take the lock ``name``; ``remedy``: what is said to do where it is taken.

        Raises
        ------
        UserError: if another process (or this one) is writing the run, or the folder cannot be written.
        """
        self._path = folder / name
        self._remedy = remedy
        self._descriptor = -1
        while self._descriptor < 0:
            self._descriptor = self._take(folder)

    def _take(self, folder: Path) -> int:
        """Return the locked descriptor, or -1 if the file was removed by its last holder in the meantime."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UserError(
                f"{printable(str(folder))} cannot be written: {error.strerror or error}",
                remedy="Mend the permissions or choose another folder",
            ) from error
        try:
            _lock(descriptor)
            current = self._path.exists() and os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EACCES, errno.EAGAIN):
                raise UserError(
                    f"{printable(str(folder))} is being written by another process",
                    remedy=self._remedy,
                ) from error
            raise
        if not current:
            os.close(descriptor)
            return -1
        return descriptor

    def release(self) -> None:
        """Give the lock back; doing so twice is harmless."""
        if self._descriptor < 0:
            return
        if sys.platform != "win32":  # an open file cannot be removed there; an unlocked leftover is harmless
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = -1

    def moved_to(self, folder: Path) -> None:
        """Tell the lock that the folder it lies in was renamed."""
        self._path = folder / self._path.name


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """Hold the lock ``name`` of a run folder for one short change, also while the run itself is written.

    Raises
    ------
    UserError: if another process holds it, or the folder cannot be written.
    """
    lock = WriterLock(folder, name, remedy="Try again in a moment")
    try:
        yield
    finally:
        lock.release()


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        return
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP):  # some network drives have no locks
            raise
