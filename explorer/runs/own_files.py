"""What belongs to a run in its folder, so that nothing else is ever written over it."""

from __future__ import annotations

import os
import stat
import uuid
from pathlib import Path

from explorer.core.data_in_use import refuse_data
from explorer.core.errors import UserError, printable
from explorer.runs.atomic import TEMPORARY
from explorer.runs.header import BESIDE, HEADER_NAME

OWN = frozenset({
    "alive.json", "checkpoints", "checksums.json", "commands", "data.npz", "gallery.lock", "gallery.npz", "given",
    "given.json", "inputs.json", "items.arrow", "items.csv", "labels.csv", "labels.lock", "layouts", "manifest.json",
    "map.png", "metrics.csv", "metrics.jsonl", "notes.json", "parent.json", "places.json", "projections", "run.json",
    "sets.json", "sets.lock", "snapshots", "summary.json", "threshold.json", "weights", "writer.lock",
})  # fmt: skip
"""The names in a run folder that are the run's: of one that was copied in part as well."""

LONGEST_SHOWN = 120
"""Characters of a path that cannot be written which are shown: one whose names are too long would fill the screen."""


def run_of(path: Path) -> Path | None:
    """Return the folder of the run that a file or folder belongs to or lies in; None where it is in none.

    A folder that only has a ``run.json``, of whatever else, is no more than that: it has what is called as in a run.
    """
    whole = Path(os.path.abspath(path))
    for folder in whole.parents:
        if not (folder / HEADER_NAME).is_file():
            continue
        if whole.relative_to(folder).parts[0] in OWN or any((folder / name).is_file() for name in BESIDE):
            return folder
    return None


def refuse_unwritable(path: Path) -> None:
    """Check that a file or folder can be put in the place of what a path names, before anything takes long.

    Raises
    ------
    UserError: if a name in it is too long, it may not be looked at, or a device or a pipe is there, which a file that
    is renamed would take the place of.
    """
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return
    except OSError as error:
        shown = printable(str(path))
        cut = shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 1]}…"
        raise UserError(
            f"{cut} cannot be written: {error.strerror or error}", remedy="Choose another name, or another folder"
        ) from error
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise UserError(
            f"{printable(str(path))} is a device or a pipe, and no file", remedy="Choose the name of a file"
        )


def refuse_closed_folder(path: Path, folder: Path) -> None:
    """Check that a file can be made in the ``folder`` of what is to be written to ``path``: one is, and taken away.

    What may be written is not to be had from permissions alone: a disk may be there to be read only, or be full.

    Raises
    ------
    UserError: if none can be made.
    """
    probe = folder / f".{uuid.uuid4().hex[:12]}{TEMPORARY}"
    try:
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.unlink(probe)
    except OSError as error:
        raise UserError(
            f"{printable(str(path))} cannot be written: {printable(str(folder))}: {error.strerror or error}",
            remedy="Mend the permissions of the folder, or choose another one",
        ) from error


def refuse_run(path: Path) -> None:
    """Check that what is about to be written lies in no run, by whatever links it is named.

    Raises
    ------
    UserError: it does.
    """
    for whole in (Path(os.path.abspath(path)), path.resolve()):
        run = run_of(whole)
        if run is not None and whole.relative_to(run).parts[0] in OWN:
            raise UserError(
                f"{printable(str(path))} belongs to a run and is not written over",
                remedy="Choose another name, or another folder",
            )
        if run is not None:
            raise UserError(
                f"{printable(str(path))} lies in the folder of a run", remedy="Choose a folder outside of it"
            )


def refuse_own_file(path: Path) -> None:
    """Check that what is about to be written lies in no run, and takes the place of nothing of data in use.

    What lies in the folder of a run is copied, counted and deleted with it.

    Raises
    ------
    UserError: it is, or nothing can be written there: see ``refuse_unwritable``.
    """
    refuse_unwritable(path)
    refuse_run(path)
    refuse_data(path)
