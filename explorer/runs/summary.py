"""``summary.json``: how a run ended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer.runs.atomic import write_file
from explorer.runs.sealed import sealed, unsealed

SUMMARY_NAME = "summary.json"
SUMMARY_LIMIT = 1 << 20


def write_summary(folder: Path, summary: Mapping[str, Any]) -> None:
    """Write the summary of the run in a folder, in place of an earlier one."""
    write_file(folder / SUMMARY_NAME, [sealed(summary)])


def read_summary(folder: Path) -> dict[str, Any] | None:
    """Return the summary of the run in a folder, or None where there is none (or it is damaged)."""
    path = folder / SUMMARY_NAME
    try:
        return unsealed(path.read_bytes()) if path.stat().st_size <= SUMMARY_LIMIT else None
    except (OSError, ValueError, RecursionError):
        return None
