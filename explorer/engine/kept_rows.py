"""The rows of saved runs, kept from one look to the next: of a run whose files did not change nothing is read.

The file lies in the cache, is taken by its hash alone, and may be thrown away at any time. Parts of recipes that many
runs share stand in it once.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import explorer
from explorer.core.cache_folder import default_folder
from explorer.core.plain_json import parse_json
from explorer.engine.run_rows import RunRow
from explorer.runs.header import HEADER_NAME
from explorer.runs.journal import METRICS_NAME
from explorer.runs.notes import NOTES_NAME

Stamp = list[list[int] | None]
"""Times and sizes of what a row is read from."""

WATCHED = (HEADER_NAME, METRICS_NAME, NOTES_NAME, "checkpoints", "snapshots")
NAMES = tuple(field.name for field in fields(RunRow))
VERSION = f"8 {explorer.__version__}"


def stamp_of(run: str) -> Stamp:
    """Return the times and sizes of the files of a run that a row follows from."""
    return [_stamp(f"{run}{os.sep}{name}") for name in WATCHED]


def _stamp(path: str) -> list[int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return [found.st_mtime_ns, found.st_size]


def kept_file(folder: Path) -> Path:
    """Return where the rows of the runs of a folder are kept."""
    name = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:24]
    return default_folder() / "runs" / f"{name}.json"


def read_rows(path: Path) -> dict[str, tuple[Stamp, RunRow | None]]:
    """Return what was kept, by the folders of the runs; None for one that could not be read. Nothing if damaged."""
    try:
        content = path.read_bytes()
        digest, _, text = content.partition(b"\n")
        if digest != hashlib.sha256(text).hexdigest().encode():
            return {}
        found = parse_json(text)
        if found["version"] != VERSION:
            return {}
        parts = found["parts"]
        return {run: (stamp, _unpacked(row, parts)) for run, stamp, row in found["rows"]}
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return {}


def write_rows(path: Path, rows: Iterable[tuple[str, Stamp, RunRow | None]]) -> None:
    """Keep rows in place of earlier ones; where that is not possible the runs are read again."""
    places: dict[str, int] = {}
    packed = [(run, stamp, _packed(row, places)) for run, stamp, row in rows]
    parts = [parse_json(part) for part in places]
    text = json.dumps({"version": VERSION, "parts": parts, "rows": packed}, separators=(",", ":")).encode()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _packed(row: RunRow | None, places: dict[str, int]) -> Mapping[str, Any] | None:
    """Return a row whose parts are numbers of places; ``places``: those of all parts so far, by their JSON."""
    if row is None:
        return None
    recipe = {head: places.setdefault(json.dumps(part), len(places)) for head, part in row.recipe.items()}
    return {**{name: getattr(row, name) for name in NAMES}, "recipe": recipe}


def _unpacked(row: dict[str, Any] | None, parts: list[Any]) -> RunRow | None:
    if row is None:
        return None
    recipe = {head: parts[place] for head, place in row["recipe"].items()}
    return RunRow(**{**row, "recipe": recipe, "tags": tuple(row["tags"])})
