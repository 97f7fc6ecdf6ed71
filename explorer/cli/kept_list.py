"""What ``list`` writes, kept from one call to the next: no part, and so neither torch nor numba, is imported for it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import explorer
from explorer.core.cache_folder import default_folder
from explorer.core.plain_json import parse_json

FILE_NAME = "list.json"


def kept(name: str, make: Callable[[], tuple[list[Any], bool]]) -> list[Any]:
    """Return the list of a name as it was made before, or made now and kept.

    Parameters
    ----------
    make: returns the list, of plain JSON values, and whether it may be kept: parts of others may change unseen.
    """
    path, stamp = default_folder() / FILE_NAME, _stamp()
    lists = _read(path, stamp)
    if isinstance(found := lists.get(name), list):
        return found
    made, ours = make()
    if ours:
        lists = {**lists, name: made}
        _write(path, {"stamp": stamp, "lists": lists, "hash": _hash(lists)})
    return made


def _stamp() -> str:
    """Return a hash of what the parts follow from: our modules, and the names of the packages that are installed."""
    said = hashlib.sha256(f"{explorer.__version__} {sys.version} {sys.executable}\n".encode())
    for place in sorted(_modules(explorer.__path__[0])):
        said.update(f"{place}\n".encode(errors="surrogateescape"))
    for folder in sys.path[1:]:  # the first one is where the command is called, or where it lies
        with suppress(OSError):
            names = (name for name in sorted(os.listdir(folder)) if not name.startswith((".", "__pycache__")))
            said.update(f"{folder} {'/'.join(names)}\n".encode(errors="surrogateescape"))
    with suppress(OSError):  # of a program that was frozen, which holds them all
        said.update(str(os.stat(sys.executable).st_mtime_ns).encode())
    return said.hexdigest()


def _modules(folder: str) -> Iterator[str]:
    """Yield the path, size and time of each module below a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _modules(entry.path)
            elif entry.name.endswith(".py"):
                found = entry.stat()
                yield f"{entry.path} {found.st_size} {found.st_mtime_ns}"


def _read(path: Path, stamp: str) -> dict[str, Any]:
    """Return the lists of a file, if they were made of what there is now and are what was written."""
    try:
        found = parse_json(path.read_bytes())
    except (OSError, ValueError):
        return {}
    lists = found.get("lists") if isinstance(found, dict) and found.get("stamp") == stamp else None
    return lists if isinstance(lists, dict) and found.get("hash") == _hash(lists) else {}


def _hash(lists: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(lists, sort_keys=True).encode()).hexdigest()


def _write(path: Path, value: dict[str, Any]) -> None:
    """Write the file whole; where that is not possible the parts are asked again."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(value), encoding="utf-8")
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
