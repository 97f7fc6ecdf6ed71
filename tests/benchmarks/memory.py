"""Memory of the window beside that of another checkout: ``python -m tests.benchmarks.memory PEER DATA``.

Measured are three phases of one window: idle without data, with DATA open and the map at rest, and in training. Told is
what the second and third hold more than the first, in MiB of memory that no file backs: what the system cannot drop.
Both checkouts are run in turns, each time in a process of its own, with kernels compiled and pixels in the cache. Linux
alone tells what processes share; other programs may run beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from explorer.core.cache_folder import FOLDER_VARIABLE
from explorer.engine.paths import RUNS_VARIABLE
from tests.benchmarks.starts_against_peer import compile_code
from tests.benchmarks.training import save

HERE = Path(__file__).resolve()
NAME = "memory"
PHASES = ("open", "training")
PLACES = ("window", "analysis", "shared", "all")
IDLE = "no data"

Held = dict[str, dict[str, float]]


def measured(checkout: Path, data: Path, folder: Path, seconds: float) -> Held:
    """Return what the processes of a checkout held in each phase, by place; ``folder``: its cache and its runs."""
    own = {
        "PYTHONPATH": str(checkout), FOLDER_VARIABLE: str(folder / "cache"), RUNS_VARIABLE: str(folder / "runs"),
        "XDG_CONFIG_HOME": str(folder), "QT_QPA_PLATFORM": "offscreen",
    }  # fmt: skip
    command = [sys.executable, "-B", str(HERE.with_name("one_memory.py")), str(data), str(folder)]
    command += ["--seconds", str(seconds)]
    found: Held = json.loads(subprocess.run(command, env=os.environ | own, capture_output=True, check=True).stdout)
    return found


def compared(peer: Path, data: Path, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Return the medians of both over some rounds, phase by phase; one round before them is not measured."""
    sides = {"peer": peer, "here": HERE.parents[2]}
    found: dict[str, list[Held]] = {name: [] for name in sides}
    for checkout in sides.values():
        compile_code(checkout)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(-1, rounds):
            for name in sorted(sides, reverse=bool(number % 2)):
                place = Path(folder) / name
                place.mkdir(exist_ok=True)
                held = measured(sides[name], data, place, seconds if number >= 0 else 1.0)
                if number >= 0:
                    found[name].append(held)
    return [_row(phase, found) for phase in PHASES]


def _row(phase: str, found: dict[str, list[Held]]) -> dict[str, Any]:
    row: dict[str, Any] = {"phase": phase, "rounds": len(found["here"])}
    for place in PLACES:
        more = {name: median(one[phase][place] - one[IDLE][place] for one in held) for name, held in found.items()}
        row |= {f"{name} {place} MiB": round(value, 1) for name, value in more.items()}
        if place == "all":
            row["ratio"] = round(more["here"] / more["peer"], 3)
    for name, held in found.items():
        row[f"{name} swing MiB"] = round(median(one[phase]["highest"] - one[phase]["lowest"] for one in held), 1)
    return row


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--keep", action="store_true", help="write the results file")
    options = parser.parse_args()
    rows = compared(options.peer.resolve(), options.data.resolve(), options.rounds, options.seconds)
    for row in rows:
        sys.stdout.write(json.dumps(row) + "\n")
    if options.keep:
        save(NAME, f"{options.data.name}, over the idle window without data; medians of windows in turns", rows)


if __name__ == "__main__":
    main()
