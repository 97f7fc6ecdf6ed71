"""Every fitter by time at 2,640 × 1,280 features of 81 classes: ``python -m tests.benchmarks.fitter_times [OTHER]``.

``OTHER``: a checkout to compare with, in a process of its own. The features are made up, as large as those that a
frozen EfficientNet makes of GroceryStore: 40 directions in which classes differ, among noise, cut off at 0. Half of
the items are fitted to and asked; recall@1 is of the other half among themselves. Two threads.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

TREE = Path(__file__).resolve().parents[2]
ITEMS, WIDTH, CLASSES, HIDDEN = 2640, 1280, 81, 40


def features(seed: int = 0) -> tuple[Any, Any]:
    """Return twice ``ITEMS`` features (2N, d) float32 and their classes (2N,)."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, CLASSES, 2 * ITEMS)
    inside = draw.normal(size=(CLASSES, HIDDEN))[labels] + 1.3 * draw.normal(size=(2 * ITEMS, HIDDEN))
    x = inside @ (0.3 * draw.normal(size=(HIDDEN, WIDTH))) + draw.normal(size=(2 * ITEMS, WIDTH))
    return np.maximum(0, x).astype(np.float32), labels


def recall(z: Any, labels: Any) -> float:
    """Return recall@1 of rows (M, D) among themselves."""
    lengths = np.square(z).sum(axis=1)
    distances = lengths[:, None] + lengths - 2 * z @ z.T
    np.fill_diagonal(distances, np.inf)
    return float((labels[distances.argmin(axis=1)] == labels).mean())


def measured(only: list[str]) -> dict[str, dict[str, float]]:
    """Return seconds, iterations and recall@1 of every fitter of the checkout that is imported."""
    import torch

    from explorer.core.registry import catalogue, create
    from explorer.learn.device import generator
    from explorer.learn.linear.base import Problem

    torch.set_num_threads(2)
    x, labels = features()
    x = x - x[:ITEMS].mean(axis=0)
    found: dict[str, dict[str, float]] = {}
    for name in catalogue("fitter"):
        if name in ("none", "identity") or (only and name not in only):
            continue
        fitter, state = create("fitter", name, {}), {}  # type: ignore[var-annotated]
        rows, targets = torch.from_numpy(x[:ITEMS]), torch.from_numpy(labels[:ITEMS])
        began = time.perf_counter()
        with torch.inference_mode():
            problem = Problem(rows, targets, fitter.dimension(WIDTH), generator(0))
            count = sum(one is not None for one in fitter.fit(problem, state))
        seconds = time.perf_counter() - began
        z = x[ITEMS:] @ state["map"].numpy().T
        found[name] = {"seconds": seconds, "iterations": count, "recall@1": recall(z, labels[ITEMS:])}
    return found


def main() -> None:
    """Measure both checkouts, and save what was found of this one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("other", nargs="?")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--here", action="store_true", help="measure what is imported, and write it as JSON")
    options = parser.parse_args()
    if options.here:
        sys.stdout.write(json.dumps(measured(options.only)))
        return
    trees = [("before", options.other), ("now", str(TREE))]
    found = {
        name: json.loads(
            subprocess.run(
                [sys.executable, __file__, "--here", "--only", *options.only],
                env={**os.environ, "PYTHONPATH": tree},
                stdout=subprocess.PIPE,
                check=True,
            ).stdout
        )
        for name, tree in trees
        if tree
    }
    rows = [
        {"name": name, **figures, "before": found.get("before", {}).get(name)} for name, figures in found["now"].items()
    ]
    for row in rows:
        sys.stderr.write(f"{row}\n")
    if not options.only:
        from tests.benchmarks.training import save

        save("fitter_times", f"{ITEMS:,} × {WIDTH:,} features of {CLASSES} classes", rows)


if __name__ == "__main__":
    main()
