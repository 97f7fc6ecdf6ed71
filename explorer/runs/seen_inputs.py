"""``inputs.json``: what the encoder read of some items when the run began, as one digest an item.

Names and labels stay where a picture is replaced by another one; by these it is seen. The file is written once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer.runs.atomic import write_file
from explorer.runs.sealed import read_sealed, sealed

INPUTS_NAME = "inputs.json"
INPUTS_LIMIT = 64 << 20


def write_inputs(folder: Path, digests: Mapping[str, str]) -> None:
    """Write the digests of the inputs of some items, by their ids.

    Raises
    ------
    UserError: if they cannot be written.
    """
    write_file(folder / INPUTS_NAME, [sealed({"items": dict(digests)})])


def read_inputs(folder: Path) -> dict[str, str]:
    """Return the digests of the inputs of some items, by their ids; none where a run keeps none, as older ones.

    Raises
    ------
    UserError: if the file cannot be read or is damaged.
    """
    remedy = "Restore it from a copy of the run, or delete it to go on unchecked"
    so = ", so that nobody can tell whether the data are those of the run"

    def digests(document: dict[str, Any]) -> dict[str, str]:
        return {str(name): str(digest) for name, digest in document["items"].items()}

    return read_sealed(folder / INPUTS_NAME, INPUTS_LIMIT, digests, remedy, so) or {}
