"""What belongs to a run in its folder, so that nothing else is ever written over it."""

from __future__ import annotations

from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.runs.header import HEADER_NAME

OWN = frozenset({
    "alive.json", "checkpoints", "checksums.json", "gallery.lock", "gallery.npz", "inputs.json", "items.csv",
    "labels.csv", "labels.lock", "layouts", "manifest.json", "map.png", "metrics.csv", "metrics.jsonl", "notes.json",
    "run.json", "sets.json", "sets.lock", "snapshots", "summary.json", "threshold.json", "weights", "writer.lock",
})  # fmt: skip
"""The names in a run folder that are the run's."""


def run_of(path: Path) -> Path | None:
    """Return the folder of the run that a file or folder belongs to; None where it belongs to none."""
    whole = path.absolute()
    for folder in whole.parents:
        if whole.relative_to(folder).parts[0] in OWN and (folder / HEADER_NAME).is_file():
            return folder
    return None


def refuse_own_file(path: Path) -> None:
    """Check that what is about to be written is not in the place of something that belongs to a run.

    Raises
    ------
    UserError: it is.
    """
    if run_of(path) is not None or run_of(path.resolve()) is not None:
        raise UserError(
            f"{printable(str(path))} belongs to a run and is not written over",
            remedy="Choose another name, or another folder",
        )
