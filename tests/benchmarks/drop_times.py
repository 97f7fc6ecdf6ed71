"""What is dropped on a window beside another checkout: ``python -m tests.benchmarks.drop_times PEER``.

Told are medians of processes in turns with the peer: from the drop of a folder, at once and on a window that has
rested, to Train and to all points of the map, and the longest that the window did not react; and how long data take to
be opened, first and again. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.starts_against_peer import compile_code
from tests.benchmarks.training import RESULTS, save

HERE = Path(__file__).resolve()
NAME = "drop_times"
RESTED = 5.0
OPENED = """
import json, sys, tempfile, time
from pathlib import Path
from explorer.data.opening import open_dataset
from explorer.core.recipe import DataOptions
import explorer.data.decoding.decode_all
with tempfile.TemporaryDirectory(prefix="open-") as cache:
    took = {}
    for name in ("first", "again"):
        began = time.perf_counter()
        data = open_dataset(sys.argv[1], DataOptions(), cache_folder=Path(cache))
        took[name] = time.perf_counter() - began
print(json.dumps({"items": len(data), **took}))
"""


def measured(checkout: Path, command: list[str]) -> dict[str, float]:
    """Return what one process of a checkout says."""
    own = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run([sys.executable, "-B", *command], env=own, capture_output=True, check=True, cwd=checkout)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compared(peer: Path, what: str, command: list[str], rounds: int) -> dict[str, Any]:
    """Return the medians of both over some rounds, which begin with each of them in turn."""
    sides = {"peer": peer, "here": HERE.parents[2]}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for checkout in sides.values():
        compile_code(checkout)
    for number in range(rounds):
        for name in sorted(sides, reverse=bool(number % 2)):
            found[name].append(measured(sides[name], command))
    row: dict[str, Any] = {"what": what, "rounds": rounds}
    for figure in found["here"][0]:
        row |= {f"{name} {figure}": round(median(one[figure] for one in found[name]), 3) for name in sides}
    return row


def main() -> None:
    """Measure what is asked for, and keep it beside what was measured before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", type=Path)
    parser.add_argument("--drop", nargs="*", default=[], help="folders that are dropped on a window")
    parser.add_argument("--open", nargs="*", default=[], help="data that are opened without one")
    parser.add_argument("--rest", type=float, nargs="*", default=[0.0, RESTED])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="write the results file")
    options = parser.parse_args()
    asked = [
        (f"{Path(data).name} dropped after {rest:g} s", [str(HERE.with_name("one_drop.py")), data, "--rest", str(rest)])
        for data in options.drop
        for rest in options.rest
    ]
    asked += [(f"{Path(data).name} opened", ["-c", OPENED, data]) for data in options.open]
    kept = RESULTS / f"{NAME}.json"
    rows = json.loads(kept.read_text(encoding="utf-8"))["rows"] if kept.exists() else []
    for what, command in asked:
        row = compared(options.peer.resolve(), what, command, options.rounds)
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
        rows = [one for one in rows if one["what"] != what] + [row]
    if options.keep:
        save(NAME, "seconds, medians of processes in turns with the peer; caches empty, kernels compiled", rows)


if __name__ == "__main__":
    main()
