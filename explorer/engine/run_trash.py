"""Runs that were deleted lie in a folder of the folder of runs until the program starts next, and can be taken back."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.engine.paths import free_path
from explorer.runs.atomic import names_in
from explorer.runs.header import is_run
from explorer.runs.lock import WriterLock, writer_of

TRASH, LOCK = ".trash", "trash.lock"
"""A name that no list of runs and no other program takes for a run."""


class RunTrash:
    """The deleted runs of a folder of runs.

    Whoever deletes holds a lock until ``close``, or until its process ends, so that another start of the program
    meanwhile leaves them where they are.
    """

    def __init__(self, runs: Path) -> None:
        self._runs = runs.absolute()
        self.folder = self._runs / TRASH
        self._lock: WriterLock | None = None

    def put(self, run: Path) -> Path:
        """Move a run into the trash and return where it is now.

        Raises
        ------
        UserError: if it lies elsewhere, is being written, or cannot be moved.
        """
        run = run.absolute()
        if run.parent != self._runs:
            raise UserError(
                f"{printable(str(run))} does not lie in the folder of runs",
                remedy="Delete it where it is, by your file manager",
            )
        if (writer := writer_of(run)) is not None:
            who = "open here" if writer.is_this else f"being written by {writer}"
            raise UserError(f"{printable(run.name)} is {who}", remedy="Open another run or data, and delete it then")
        try:
            self.folder.mkdir(exist_ok=True)
            self._hold()
            moved = free_path(self.folder, run.name)
            os.rename(run, moved)
        except OSError as error:
            raise UserError(
                f"{printable(run.name)} cannot be deleted: {error.strerror or error}",
                remedy="Mend the permissions of the folder of runs",
            ) from error
        return moved

    def take_back(self, moved: Path, run: Path) -> Path:
        """Move a run back from the trash, beside what has its place by now, and return where it is.

        Raises
        ------
        UserError: if it is not there any more, or cannot be moved.
        """
        back = run if not run.exists() else free_path(run.parent, run.name)
        try:
            os.rename(moved, back)
        except OSError as error:
            gone = not is_run(moved)
            reason = "it was removed for good" if gone else error.strerror or str(error)
            raise UserError(f"{printable(run.name)} cannot be brought back: {reason}") from error
        return back

    def empty(self) -> None:
        """Remove for good what lies in the trash, unless a window that could bring it back is open."""
        names = [name for name in names_in(self.folder) if name != LOCK]
        if not names:
            return
        try:
            lock = WriterLock(self.folder, LOCK)
        except UserError:
            return
        for name in names:
            doomed = self.folder / name
            if doomed.is_symlink() or not doomed.is_dir():
                doomed.unlink(missing_ok=True)
            else:
                shutil.rmtree(doomed, ignore_errors=True)
        lock.release()

    def close(self) -> None:
        """Let the next start remove for good what lies here; doing so twice is harmless."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _hold(self) -> None:
        if self._lock is None:
            with suppress(UserError):  # another window holds it: it keeps the trash for both
                self._lock = WriterLock(self.folder, LOCK)
