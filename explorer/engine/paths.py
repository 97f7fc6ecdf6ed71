"""Where the application keeps what it was given no place for."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from explorer.core.data_in_use import refuse_within
from explorer.core.errors import UserError, printable
from explorer.runs.own_files import refuse_closed_folder, refuse_own_file, refuse_unwritable

RUNS_VARIABLE = "EMBEDDING_EXPLORER_RUNS"
"""The environment variable that moves the folder of runs."""

RECIPES_VARIABLE = "EMBEDDING_EXPLORER_RECIPES"
"""The environment variable that moves the folder of saved recipes."""

DATA_VARIABLE = "EMBEDDING_EXPLORER_DATA"
"""The environment variable that moves the folder of what is kept of data without a run."""

TABLE = ".csv"
"""The ending of a table of text that is written."""

_giving = threading.Lock()
_given: set[Path] = set()


def runs_folder() -> Path:
    """Return the folder in which runs are created that were given none."""
    given = os.environ.get(RUNS_VARIABLE, "")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_data_dir("embedding-explorer", appauthor=False)) / "runs"


def recipes_folder() -> Path:
    """Return the folder in which recipes lie that were saved under a name; it need not be there."""
    given = os.environ.get(RECIPES_VARIABLE, "")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_data_dir("embedding-explorer", appauthor=False)) / "recipes"


def folder_of_data(uri: str) -> Path:
    """Return where that is kept which belongs to the data ``uri`` and to no run; it need not exist."""
    given = os.environ.get(DATA_VARIABLE, "")
    name = hashlib.sha256(os.fsencode(uri)).hexdigest()[:32]
    if given:
        return Path(given) / name
    import platformdirs

    return Path(platformdirs.user_data_dir("embedding-explorer", appauthor=False)) / "data" / name


def made_recipes_folder() -> Path:
    """Return the folder of saved recipes, made where that is possible: to be looked into by a person."""
    folder = recipes_folder()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def new_run_path(folder: Path, name: str) -> Path:
    """Return a path in ``folder`` for a new run on the dataset ``name``, which does not exist yet.

    No path is given twice: of two runs that begin in the same second neither has made its folder. The name becomes
    plain letters, digits and dashes, so that no class or file name can lead elsewhere.
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "run"
    return free_path(folder, f"{plain}-{datetime.now():%Y%m%d-%H%M%S}")


def free_path(folder: Path, name: str) -> Path:
    """Return a path in ``folder`` of this name, or with a number after it, that does not exist and was not given."""
    names = itertools.chain((name,), (f"{name}-{number}" for number in itertools.count(2)))
    with _giving:
        path = next(path for path in map(folder.joinpath, names) if path not in _given and not path.exists())
        _given.add(path)
    return path


def check_folder_of(path: Path) -> None:
    """Check, before anything takes long, that a file can be written where it is to be.

    Raises
    ------
    UserError: if its folder is missing, a folder has its name, or it belongs to a run or to data in use.
    """
    _folder_to_write_in(path)
    if path.is_dir():
        raise UserError(f"{printable(str(path))} is a folder", remedy="Choose the name of a file")
    refuse_own_file(path)


def check_table_name(path: Path) -> None:
    """Check, before anything takes long, that a table of text can be written to a file: by its ending and its folder.

    Raises
    ------
    UserError: if its name ends otherwise, or see ``check_folder_of``.
    """
    if path.suffix.lower() != TABLE and not path.is_dir():
        instead = f"{printable(path.stem)}{TABLE}"
        raise UserError(f"{printable(path.name)} does not end in {TABLE}", remedy=f"Call it {instead}")
    check_folder_of(path)


def check_new_folder(path: Path, data: str = "") -> None:
    """Check, before anything takes long, that a new folder can be made where it is to be.

    Parameters
    ----------
    data: the source that is read meanwhile, in which nothing is to appear.

    Raises
    ------
    UserError: if the folder above is missing, there is something of its name, or it would lie in a run or in the data.
    """
    _folder_to_write_in(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UserError(
            f"{printable(str(path))} is there already", remedy="Choose the name of a new folder, or an empty one"
        )
    refuse_own_file(path)
    if data:
        refuse_within(path, [Path(data)])


def _folder_to_write_in(path: Path) -> None:
    """Check that the folder is there which is to hold a file or a folder."""
    refuse_unwritable(path)
    folder = path.absolute().parent
    if not folder.is_dir():
        raise UserError(f"The folder {printable(str(folder))} does not exist", remedy="Make it, or choose another one")
    refuse_closed_folder(path, folder)
