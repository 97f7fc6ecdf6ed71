"""Writes a step into a run now and then, as a training on the same machine does, until its input ends.

``python -m tests.faults.held_run RUN``; it says a word once the run is its own.
"""

from __future__ import annotations

import select
import sys
from dataclasses import replace
from pathlib import Path

from explorer.core.errors import UserError
from explorer.runs.folder import RunFolder
from tests.helpers.runs import metrics

PAUSE = 0.3


def main(folder: Path) -> int:
    try:
        run = RunFolder.open(folder, writable=True)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with run:
        step = max(run.checkpoint_steps(), default=0)
        sys.stdout.write("writes\n")
        sys.stdout.flush()
        while not select.select([sys.stdin], [], [], PAUSE)[0]:
            step += 1
            run.append([replace(metrics(step), run=run.run)])
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
