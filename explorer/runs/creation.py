"""The folder of a new run: it appears under its name at once and whole, and locked for its writer."""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.recipe import Recipe
from explorer.runs.arrow_items import ARROW_NAME, as_arrow, write_arrow_items
from explorer.runs.atomic import TEMPORARY, flush_folder, saving, temporary_name, write_file, write_folder, write_synced
from explorer.runs.checksums import CHECKSUMS_NAME, write_checksums
from explorer.runs.header import HEADER_NAME, DataRecord, RunHeader, header_bytes, is_run
from explorer.runs.items import ITEMS_NAME, RunItems, write_items
from explorer.runs.journal import METRICS_NAME
from explorer.runs.lock import LOCK_NAME, WriterLock
from explorer.runs.manifest import MANIFEST_NAME
from explorer.runs.own_files import OWN, refuse_closed_folder, refuse_run, refuse_unwritable

BY_NUMBER = ("snapshots", "projections")
"""What is kept by the numbers of items."""

MADE_ANEW = frozenset({HEADER_NAME, ITEMS_NAME, ARROW_NAME, CHECKSUMS_NAME, MANIFEST_NAME, LOCK_NAME})
"""What a copy of a run does not take from it."""


def check_free(path: Path) -> None:
    """Check that a new run can be put at a path.

    Raises
    ------
    UserError: if something is in the way.
    """
    shown = printable(str(path))
    if is_run(path):
        raise UserError(f"{shown} already holds a run", remedy="Continue it, or choose another folder")
    refuse_unwritable(path)
    refuse_run(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UserError(f"{shown} exists and is not empty", remedy="Choose another folder")
    there = next((folder for folder in path.absolute().parents if folder.exists()), None)
    if there is not None and not there.is_dir():
        raise UserError(f"{shown} cannot be made: {printable(str(there))} is a file", remedy="Choose another folder")
    if there is not None:
        refuse_closed_folder(path, there)


def new_id() -> str:
    """Return an id for a new run."""
    return uuid.uuid4().hex[:12]


def new_header(run: str, recipe: Recipe, data: DataRecord, script: str = "") -> RunHeader:
    """Return the header of a run that begins now; its id is made up when empty. ``script``: see ``RunHeader``."""
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return RunHeader(run=run or new_id(), created=moment, recipe=recipe, data=data, script=script)


def write_new(path: Path, header: RunHeader, items: RunItems) -> WriterLock:
    """Write the folder of a run that has not measured anything yet; return the lock that is held on it.

    Raises
    ------
    UserError: if the folder cannot be written.
    """
    locks: list[WriterLock] = []

    def fill(folder: Path) -> None:
        locks.append(WriterLock(folder))
        name, write = (ARROW_NAME, write_arrow_items) if as_arrow(len(items)) else (ITEMS_NAME, write_items)
        written = {name: write(folder / name, items, header.data.class_names)}
        write_synced(folder / METRICS_NAME, [])
        written[HEADER_NAME] = write_synced(folder / HEADER_NAME, [header_bytes(header)])
        write_checksums(folder, written)

    with saving(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_folder(path, fill)
    except BaseException:
        for lock in locks:
            lock.release()
        raise
    locks[0].moved_to(path)
    return locks[0]


def remove_new(path: Path) -> None:
    """Remove the folder of a run that has nothing; what cannot be removed, or is not the run's, stays."""
    for name in sorted(OWN):
        own = path / name
        if own.is_dir() and not own.is_symlink():
            shutil.rmtree(own, ignore_errors=True)
        else:
            with suppress(OSError):
                own.unlink()
    with suppress(OSError):
        path.rmdir()


def copy_readable(source: Path, dest: Path, *, apart_from: frozenset[str] = MADE_ANEW) -> None:
    """Copy what a run has written into the folder of the same run elsewhere; what cannot be read is left out.

    ``apart_from``: the names in ``source`` itself that are not taken.

    Raises
    ------
    UserError: if it cannot be written there.
    """
    try:
        entries = sorted(source.iterdir())
    except OSError:
        return
    dest.mkdir(exist_ok=True)
    for entry in entries:
        if entry.name in apart_from or TEMPORARY in entry.name:
            continue
        if entry.is_dir() and not entry.is_symlink():
            copy_readable(entry, dest / entry.name, apart_from=frozenset())  # a checkpoint has a manifest too
            continue
        with suppress(OSError):
            content = entry.read_bytes()
            write_file(dest / entry.name, [content])


def replace_items(path: Path, header: RunHeader, items: RunItems) -> None:
    """Write a run anew with other items, without what was kept of it by the numbers of the items before.

    Should the power fail between the two renames, the run lies beside, as ``NAME.before``.

    Raises
    ------
    UserError: if it cannot be written; the run is then as it was.
    """
    beside, before = temporary_name(path), path.with_name(f"{path.name}.before")
    with saving(path):
        try:
            write_new(beside, header, items).release()
            copy_readable(path, beside)
            for name in BY_NUMBER:
                shutil.rmtree(beside / name, ignore_errors=True)
            os.rename(path, before)
            os.rename(beside, path)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        flush_folder(path.parent)
        shutil.rmtree(before, ignore_errors=True)
