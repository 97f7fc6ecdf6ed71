"""Runs that were deleted lie in a folder of the folder of runs for a week, and can be taken back until then."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.engine.paths import free_path
from explorer.runs.atomic import names_in
from explorer.runs.disk_use import bytes_below
from explorer.runs.header import is_run
from explorer.runs.lock import writer_of

TRASH, GOING = ".trash", ".going-"
"""Names that no list of runs and no other program takes for a run: of the folder, and how those begin that go."""

KEPT_DAYS = 7
KEPT_SECONDS = KEPT_DAYS * 86_400.0
"""How long a deleted run can be brought back, whether the program runs meanwhile or not."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A run that was deleted: where it lies now, since when (seconds since the epoch), and its bytes."""

    moved: Path
    seconds: float
    size: int

    @property
    def until(self) -> float:
        """When it is removed for good, in seconds since the epoch."""
        return self.seconds + KEPT_SECONDS


class RunTrash:
    """The deleted runs of a folder of runs. When one was deleted is the time of its folder, which is set then."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs.absolute()
        self.folder = self._runs / TRASH

    def put(self, run: Path) -> Path:
        """Move a run into the trash and return where it is now.

        Raises
        ------
        UserError: if it lies elsewhere, is being written, or cannot be moved.
        """
        run = run.absolute()
        if self._runs not in (run.parent, run.parent.parent):  # in it, or in a sweep that lies in it
            raise UserError(
                f"{printable(str(run))} does not lie in the folder of runs",
                remedy="Delete it where it is, by your file manager",
            )
        if (writer := writer_of(run)) is not None:
            who = "open here" if writer.is_this else f"being written by {writer}"
            raise UserError(f"{printable(run.name)} is {who}", remedy="Open another run or data, and delete it then")
        try:
            self.folder.mkdir(exist_ok=True)
            moved = _named(self.folder, run.name)
            _date(run)  # before it lies there: another window may look for what is old at any time
            os.rename(run, moved)
        except OSError as error:
            raise UserError(
                f"{printable(run.name)} cannot be deleted: {error.strerror or error}",
                remedy="Mend the permissions of the folder of runs",
            ) from error
        return moved

    def take_back(self, moved: Path) -> Path:
        """Move a run back from the trash, beside what has its place by now, and return where it is.

        Raises
        ------
        UserError: if it is not there any more, or cannot be moved.
        """
        back = _named(self._runs, moved.name)
        try:
            os.rename(moved, back)
        except OSError as error:
            gone = not is_run(moved)
            reason = "it was removed for good" if gone else error.strerror or str(error)
            raise UserError(f"{printable(moved.name)} cannot be brought back: {reason}") from error
        return back

    def deleted(self) -> tuple[Deleted, ...]:
        """Return what can be brought back, that which was deleted last first."""
        found = []
        for name in names_in(self.folder):
            moved = self.folder / name
            if is_run(moved) and not name.startswith(GOING):
                with suppress(OSError):  # another window took it back meanwhile
                    found.append(Deleted(moved, os.lstat(moved).st_mtime, bytes_below(moved)))
        return tuple(sorted(found, key=lambda run: (-run.seconds, run.moved.name)))

    def expire(self) -> None:
        """Remove for good what was deleted longer ago than it is kept."""
        self._remove(time.time() - KEPT_SECONDS)

    def empty(self) -> int:
        """Remove for good all that lies in the trash; return how many bytes that has freed."""
        before = bytes_below(self.folder)
        self._remove(float("inf"))
        return max(0, before - bytes_below(self.folder))

    def _remove(self, before: float) -> None:
        """Remove what was deleted before a time; under another name, so that nobody brings back the half of a run."""
        for name in names_in(self.folder):
            lying = self.folder / name
            with suppress(OSError):
                if not name.startswith(GOING) and os.lstat(lying).st_mtime >= before:
                    continue
                doomed = lying if name.startswith(GOING) else _named(self.folder, GOING + name)
                os.rename(lying, doomed)
                if doomed.is_symlink() or not doomed.is_dir():
                    doomed.unlink(missing_ok=True)
                else:
                    shutil.rmtree(doomed, ignore_errors=True)


def _named(folder: Path, name: str) -> Path:
    """Return where something of this name can lie in a folder: beside what has its place."""
    return free_path(folder, name) if os.path.lexists(folder / name) else folder / name


def _date(run: Path) -> None:
    """Let a run, or a link to one, be of now; where links cannot be dated they are kept by the time they have."""
    if not run.is_symlink():
        os.utime(run)
    elif os.utime in os.supports_follow_symlinks:
        os.utime(run, follow_symlinks=False)
