"""What a sweep costs beside the same runs made bare in a loop: ``python -m tests.benchmarks.sweep_overhead FOLDER``.

Bare: one session without a window on data that are open, told to train one recipe after the other. Both take turns,
each on a folder of its own; the ratio is that of the seconds of training runs, data already open in both.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

from explorer.api.trained import Quiet
from explorer.core.recipe import Recipe
from explorer.engine.headless import Headless
from explorer.engine.sweep.kept_plan import SweepPlan
from explorer.engine.sweep.run_sweep import Sweep

DATA = "sample:digits"
RUNS, EPOCHS, TURNS = 4, 5, 3


def seconds(folder: Path) -> tuple[float, float]:
    """Return how long a sweep takes and how long the same runs bare, both from opening the data on."""
    base = Recipe(epochs=EPOCHS, device="cpu", precision="float32")
    plan = SweepPlan(recipe=base, sources=((DATA, "main"),), over=(f"loss.margin=0.1:0.4:{RUNS}",))
    began = time.perf_counter()
    Sweep(folder / "sweep", plan, Quiet(None)).train()
    swept = time.perf_counter() - began
    began = time.perf_counter()
    bare = Headless(Quiet(None))
    bare.open_all(base, [(DATA, "main")], whole=True)
    for run in plan.runs():
        bare.session.configure(run.recipe)
        bare.train(folder / "bare" / run.name, resume=False)
    bare.close()
    return swept, time.perf_counter() - began


def main(folder: Path) -> None:
    """Take turns, and write the ratio of bare to swept seconds; the first turn loads what both need."""
    found = []
    for turn in range(TURNS + 1):
        swept, bare = seconds(folder / str(turn))
        if turn:
            found.append(bare / swept)
        sys.stdout.write(f"{RUNS} runs: sweep {swept:.2f} s, bare {bare:.2f} s, {bare / swept:.3f}\n")
    sys.stdout.write(f"median of {TURNS}: {median(found):.3f}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
