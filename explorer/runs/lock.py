"""One writer a run: an advisory lock that the operating system releases when its process dies.

The file of the lock says who holds it and since when. Where the file system knows no locks (some network drives) that
decides alone: a process of this computer that is not there any more holds nothing.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import parse_json

LOCK_NAME = "writer.lock"

LARGEST = 4096
LATEST = 1e11
"""A time after this many seconds is none."""
LOCKED_BYTE = 1 << 30
"""Which byte is locked on Windows: far behind the text, which others may read."""

TRIES, PAUSE = 10, 0.01
"""How often, and after how many seconds, it is tried again: who only looks holds the lock for a moment."""


@dataclass(frozen=True, slots=True)
class Writer:
    """The process that writes a run.

    ``pid`` on the computer ``host``, ``since`` (seconds since 1970) when it does; ``born``: when the process began,
    in the words of its system, so that another one with its number is not taken for it; 0 and empty where not known.
    """

    pid: int
    host: str
    since: float
    born: str

    @classmethod
    def this(cls) -> Writer:
        """Return this process, from now on."""
        return cls(os.getpid(), socket.gethostname(), time.time(), _born(os.getpid()))

    @property
    def is_this(self) -> bool:
        """Whether it is this process."""
        return (self.pid, self.host) == (os.getpid(), socket.gethostname())

    @property
    def gone(self) -> bool:
        """Whether it is known not to run any more: a process of this computer that has ended."""
        if self.host != socket.gethostname() or self.pid <= 0 or sys.platform == "win32":
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return bool(self.born) and _born(self.pid) != self.born

    def __str__(self) -> str:
        """Return who it is and since when it writes: ``process 4711 since 14:02:11 on 28 November``."""
        if not self.pid:
            return "another process"
        who = "this program" if self.is_this else f"process {self.pid}"
        where = "" if self.host == socket.gethostname() else f" on {printable(self.host)}"
        return f"{who}{where} since {time.strftime('%H:%M:%S on %d %B', time.localtime(self.since))}"


NOBODY_KNOWN = Writer(0, "", 0.0, "")


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
            holder = _held(descriptor)
            if holder is not None:
                raise UserError(f"{printable(str(folder))} is being written by {holder}", remedy=self._remedy)
            current = self._path.exists() and os.path.samestat(os.fstat(descriptor), os.stat(self._path))
            if current:
                with suppress(OSError):  # a full disk: who holds it is then not known
                    _write(descriptor, Writer.this())
        except BaseException:
            os.close(descriptor)
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
            with suppress(OSError):  # and so it is in a folder that became read-only meanwhile
                self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = -1

    def moved_to(self, folder: Path) -> None:
        """Tell the lock that the folder it lies in was renamed."""
        self._path = folder / self._path.name


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """Hold the lock ``name`` of a run folder for one short change, also while this process writes the run itself.

    Raises
    ------
    UserError: if another process holds it or writes the run, or the folder cannot be written.
    """
    check_not_elsewhere(folder)
    lock = WriterLock(folder, name, remedy="Try again in a moment")
    try:
        yield
    finally:
        lock.release()


def writer_of(folder: Path) -> Writer | None:
    """Return who writes the run in a folder now, None where nobody does; nothing is changed."""
    path = folder / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except OSError:
        return None
    try:
        return _held(descriptor, shared=True)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def check_not_elsewhere(folder: Path) -> None:
    """Check that no other process writes the run in a folder.

    Raises
    ------
    UserError: if one does.
    """
    writer = writer_of(folder)
    if writer is not None and not writer.is_this:
        raise UserError(
            f"{printable(str(folder))} is being written by {writer}, and can only be read here",
            remedy="Wait until that training has ended",
        )


def _held(descriptor: int, *, shared: bool = False) -> Writer | None:
    """Lock an open file; return who has locked it already, None where it is locked now.

    Raises
    ------
    OSError: if it cannot be read.
    """
    for _ in range(TRIES):
        try:
            if _lock(descriptor, shared=shared):
                return None
            found = _read(descriptor)  # no locks here: the text decides
            return None if not found.pid or found.gone else found
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise
        found = _read(descriptor)
        if found.pid and not found.gone:
            break
        time.sleep(PAUSE)  # it was taken a moment ago, or somebody looks
    return found


def _lock(descriptor: int, *, shared: bool) -> bool:
    """Lock an open file, ``shared`` with others that only look; return False where its file system knows no locks.

    Raises
    ------
    OSError: if another one has locked it.
    """
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP):
            raise
        return False
    return True


def _write(descriptor: int, writer: Writer) -> None:
    text = json.dumps({"pid": writer.pid, "host": writer.host, "since": writer.since, "born": writer.born})
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, text.encode("utf-8", "backslashreplace"))


def _read(descriptor: int) -> Writer:
    """Return who has written the text of a lock; nobody known where it says nothing that could be so."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        said = parse_json(os.read(descriptor, LARGEST))
        found = Writer(int(said["pid"]), str(said["host"])[:255], float(said["since"]), str(said["born"])[:64])
    except (ValueError, KeyError, TypeError, OverflowError):
        return NOBODY_KNOWN
    return found if 0 < found.pid < 1 << 32 and 0 <= found.since < LATEST else NOBODY_KNOWN


def _born(pid: int) -> str:
    """Return when a process of this computer began, as Linux counts it; empty where that is not told."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read(LARGEST).rpartition(b")")[2].split()[19].decode("ascii")
    except (OSError, IndexError, ValueError):
        return ""
