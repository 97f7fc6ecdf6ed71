"""Writes metrics, a checkpoint, a snapshot and its map a step, for ever or so many, and says each step it has saved."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from explorer.core.errors import UserError
from explorer.core.events import RunStarted
from explorer.runs.folder import RunFolder
from tests.helpers.runs import checkpoint, metrics, projection, snapshot


def write(path: Path, rows: int, steps: int) -> None:
    with RunFolder.open(path, writable=True) as run:
        last = run.latest_checkpoint()
        step = last.step if last else 0
        run.rewind(step)
        run.append([RunStarted("r", step, 10**9, 1, "cpu", 1, 1)])
        while step < steps:
            step += 1
            run.append([metrics(step)])
            run.write_checkpoint(checkpoint(step, rows))
            sys.stdout.write(f"{step}\n")
            sys.stdout.flush()
            run.write_snapshot(snapshot(step))
            run.write_projection(projection(step))


if __name__ == "__main__":
    try:
        write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 10**9)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
