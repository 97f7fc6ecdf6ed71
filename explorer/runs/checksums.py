"""``checksums.json``: sizes and SHA-256 of what is written once when a run begins: ``run.json`` and its items.

They are compared when a run is opened: without that a damaged letter would be another recipe or another class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.runs.atomic import FileRecord, digest_of, write_synced
from explorer.runs.sealed import sealed, unsealed

CHECKSUMS_NAME = "checksums.json"
CHECKSUMS_LIMIT = 1 << 16


def write_checksums(folder: Path, records: Mapping[str, FileRecord]) -> None:
    """Write what the files of a new run are, by their names."""
    files = {name: asdict(record) for name, record in records.items()}
    write_synced(folder / CHECKSUMS_NAME, [sealed({"files": files})])


def check_written(folder: Path, name: str) -> None:
    """Check that a file of a run is what was written when it began; runs of older versions have nothing to tell by.

    Raises
    ------
    UserError: if it is not, or what tells is itself damaged.
    """
    path, shown = folder / CHECKSUMS_NAME, printable(str(folder / name))
    try:
        if path.stat().st_size > CHECKSUMS_LIMIT:
            raise ValueError("it is too large")
        entry = unsealed(path.read_bytes())["files"][name]
        expected = FileRecord(int(entry["size"]), str(entry["sha256"]))
        same = digest_of(folder / name) == expected
    except FileNotFoundError as error:
        if error.filename == str(path):
            return
        raise UserError(f"{shown} is missing", remedy="Restore it from a copy of the run") from error
    except OSError as error:
        raise UserError(f"{shown} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{printable(str(path))} is damaged, so that nobody can tell whether the run is what was written",
            remedy="Restore it from a copy of the run, or delete it to open the run unchecked",
        ) from error
    if not same:
        raise UserError(
            f"{shown} is not what was written when the run began: it was damaged or changed",
            remedy=f"Restore it from a copy of the run; who changed it on purpose deletes {CHECKSUMS_NAME}",
        )
