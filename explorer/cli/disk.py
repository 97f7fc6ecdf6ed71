"""``disk [RUN]``: how much room a run, or all that the program keeps, takes, and freeing some of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.console import Console
from explorer.core.errors import UserError, printable

if TYPE_CHECKING:
    from explorer.engine.disk_use import Row
    from explorer.runs.folder import Part


def main(options: argparse.Namespace, console: Console) -> int:
    """Free what is asked for, then write what is left."""
    if options.run:
        document, lines = _of_run(Path(options.run), options.free)
    else:
        document, lines = _of_places(options.free)
    if options.json:
        console.json(document)
    else:
        console.result("\n".join(lines))
    return 0


def _of_run(path: Path, free: str) -> tuple[dict[str, Any], list[str]]:
    from explorer.engine.disk_use import megabytes, rows_of_run
    from explorer.runs.disk_use import PARTS, give_up, run_use
    from explorer.runs.folder import RunFolder

    chosen: Part | None = next((part for part in PARTS if part == free), None)
    if free and chosen is None:
        raise UserError(f"A run has no {free}", remedy="Choose one of: " + ", ".join(PARTS))
    freed = 0
    if chosen is not None:
        with RunFolder.open(path, writable=True) as written:
            freed = give_up(written, chosen)
    run = RunFolder.open(path)
    use = run_use(run)
    rows = rows_of_run(use)
    parts = [
        {
            "part": p.part,
            "steps": p.steps,
            "bytes": p.size,
            "spare_steps": p.spare,
            "spare_bytes": p.spare_size,
            "spare_weights_bytes": p.spare_weights,
        }
        for p in use.parts
    ]
    document = {"run": str(run.path), "bytes": use.size, "freed": freed, "parts": parts}
    head = f"{printable(str(run.path))}: {megabytes(use.size)}"
    return document, [*_freed(freed, free), head, *_lines(rows)]


def _of_places(free: str) -> tuple[dict[str, Any], list[str]]:
    from explorer.engine.disk_use import LOST, free_place, places, rows_of_places

    if free and free not in LOST:
        raise UserError(f"{free} are of one run", remedy="Name the run: disk RUN --free " + free)
    freed = free_place(free) if free else 0
    found = places()
    document = {
        "freed": freed,
        "places": [{"name": p.name, "folder": str(p.folder), "bytes": p.size, "policy": p.policy} for p in found],
    }
    lines = _lines(rows_of_places(found))
    return document, [*_freed(freed, free), *(f"{line}  {p.folder}" for line, p in zip(lines, found, strict=True))]


def _freed(freed: int, free: str) -> list[str]:
    from explorer.engine.disk_use import megabytes

    return [f"{megabytes(freed)} of {free} freed"] if free else []


def _lines(rows: Sequence[Row]) -> list[str]:
    from explorer.engine.disk_use import megabytes

    lines = []
    for row in rows:
        spare = f"; --free {row.free} gives {row.spare_told}" if row.free else ""
        lines.append(f"  {row.title:30} {megabytes(row.size):>12}  {row.policy}{spare}")
    return lines
