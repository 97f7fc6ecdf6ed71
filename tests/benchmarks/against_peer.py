"""Training and evaluation passes beside those of another checkout: ``python -m tests.benchmarks.against_peer PEER``.

Both are run in turns, each time in a process of its own, idle and beside two loops that keep the cores busy; told are
medians. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.training import RESULTS, save

HERE = Path(__file__).resolve()
NAME = "training_speed"
LOOPS = 2
FIGURES = ("images/s", "processor s", "evaluated/s", "peak MB")


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """Keep so many cores busy."""
    with ExitStack() as stack:
        for _ in range(loops):
            loop = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(loop.kill)
        yield


def measured(checkout: Path, side: int, threads: int, seconds: float) -> dict[str, Any]:
    """Return what one training of a checkout came to."""
    own = {**os.environ, "PYTHONPATH": str(checkout)}
    command = [sys.executable, "-B", str(HERE.with_name("one_training.py")), "--side", str(side)]
    command += ["--threads", str(threads), "--seconds", str(seconds)]
    found: dict[str, Any] = json.loads(subprocess.run(command, env=own, capture_output=True, check=True).stdout)
    return found


def compared(peer: Path, side: int, threads: int, loops: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Return the medians of both over some rounds, which begin with each of them in turn."""
    sides = {"peer": peer, "here": HERE.parents[2]}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
    with busy(loops):
        for number in range(rounds):
            for name in sorted(sides, reverse=bool(number % 2)):
                found[name].append(measured(sides[name], side, threads, seconds))
    row: dict[str, Any] = {"side": side, "threads": threads, "busy loops": loops, "rounds": rounds}
    row["precision"] = sorted({str(one["precision"]) for one in found["here"]})
    for figure in FIGURES:
        values = {name: median(one[figure] for one in found[name]) for name in sides}
        row |= {f"{name} {figure}": round(value, 2) for name, value in values.items()}
        row[f"ratio {figure}"] = round(values["here"] / values["peer"], 3)
    return row


def main() -> None:
    """Measure what is asked for, and keep it beside what was measured before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", type=Path)
    parser.add_argument("--side", type=int, nargs="+", default=[28, 64])
    parser.add_argument("--threads", type=int, nargs="+", default=[os.cpu_count() or 1])
    parser.add_argument("--loops", type=int, nargs="+", default=[0, LOOPS])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--keep", action="store_true", help="write the results file")
    options = parser.parse_args()
    kept = RESULTS / f"{NAME}.json"
    rows = json.loads(kept.read_text(encoding="utf-8"))["rows"] if kept.exists() else []
    for side in options.side:
        for threads in options.threads:
            for loops in options.loops:
                row = compared(options.peer.resolve(), side, threads, loops, options.rounds, options.seconds)
                sys.stdout.write(json.dumps(row) + "\n")
                sys.stdout.flush()
                same = (side, threads, loops)
                rows = [one for one in rows if (one["side"], one["threads"], one["busy loops"]) != same] + [row]
    if options.keep:
        rows.sort(key=lambda one: (one["side"], one["threads"], one["busy loops"]))
        save(NAME, "cnn, batch of 128, made-up pictures; medians of processes in turns with the peer", rows)


if __name__ == "__main__":
    main()
