"""``manifest.json``: sizes and SHA-256 of all of a finished run but what may change in it later, written last."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import parse_json
from explorer.runs.atomic import TEMPORARY, FileRecord, digest_of, write_file
from explorer.runs.gallery import GALLERY_LOCK_NAME, GALLERY_NAME
from explorer.runs.item_sets import SETS_LOCK_NAME, SETS_NAME
from explorer.runs.label_file import LABELS_LOCK_NAME, LABELS_NAME
from explorer.runs.lock import LOCK_NAME
from explorer.runs.notes import NOTES_NAME
from explorer.runs.places import PLACES_NAME
from explorer.runs.threshold import THRESHOLD_NAME

MANIFEST_NAME = "manifest.json"
THUMBNAIL_NAME = "map.png"
"""The last map of the run, small: drawn above this room, and drawn again where it is missing."""

UNNAMED = (
    MANIFEST_NAME, LOCK_NAME, GALLERY_NAME, GALLERY_LOCK_NAME, LABELS_NAME, LABELS_LOCK_NAME, THRESHOLD_NAME,
    NOTES_NAME, PLACES_NAME, SETS_NAME, SETS_LOCK_NAME, THUMBNAIL_NAME,
)  # fmt: skip
"""Files that may change in a finished run."""


def _files(folder: Path) -> list[str]:
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(
        path.as_posix() for path in paths if TEMPORARY not in path.as_posix() and path.as_posix() not in UNNAMED
    )


def write_manifest(folder: Path, known: Mapping[str, FileRecord]) -> None:
    """Write the manifest of every file of the run; ``known``: what was hashed when it was written is not read again."""
    records = {name: known.get(name) or digest_of(folder / name) for name in _files(folder)}
    files = {name: {"size": record.size, "sha256": record.sha256} for name, record in records.items()}
    write_file(folder / MANIFEST_NAME, [json.dumps({"files": files}, indent=1).encode("ascii")])


def size_in_manifest(folder: Path, name: str) -> int:
    """Return how many bytes a file had when the run was finished; 0 where no manifest can say so."""
    try:
        size = parse_json((folder / MANIFEST_NAME).read_bytes())["files"][name]["size"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return size if isinstance(size, int) else 0


def is_untouched(folder: Path, name: str) -> bool:
    """Return whether a file is as long as when the run was finished, and older: its bytes are not compared."""
    try:
        found, written = os.stat(folder / name), os.stat(folder / MANIFEST_NAME).st_mtime_ns
    except OSError:
        return False
    return found.st_mtime_ns < written and found.st_size == size_in_manifest(folder, name)


def verify(folder: Path) -> tuple[str, ...] | None:
    """Return the files that are missing or are not what the manifest says; None where there is no manifest.

    Raises
    ------
    UserError: if the manifest itself is damaged.
    """
    path = folder / MANIFEST_NAME
    if not path.exists():
        return None
    try:
        entries = parse_json(path.read_bytes())["files"].items()
        expected = {str(name): FileRecord(int(e["size"]), str(e["sha256"])) for name, e in entries}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{printable(str(path))} is damaged", remedy="Compare the run with a copy of it") from error
    present = set(_files(folder))
    return tuple(n for n, record in expected.items() if n not in present or digest_of(folder / n) != record)
