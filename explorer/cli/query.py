"""``query RUN IMAGE``: the nearest neighbours of a picture among the items of a run."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from explorer.cli.console import Console


def main(options: argparse.Namespace, console: Console) -> int:
    """Write the neighbours, nearest first."""
    from explorer.engine.offline import OfflineRun

    found = OfflineRun(Path(options.run), console.progress).query(Path(options.image), options.k)
    console.clear()
    if options.json:
        console.json({"neighbours": [asdict(neighbour) for neighbour in found]})
        return 0
    console.result("\n".join(f"{item.distance:10.4f}  {item.label}  {item.path}" for item in found))
    return 0
