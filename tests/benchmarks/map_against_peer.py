"""The live map beside that of another checkout: ``python -m tests.benchmarks.map_against_peer PEER WHAT…``.

WHAT: ``made`` (70,000 × 64 as a trained encoder gives them), ``raw`` (the pixels of Fashion-MNIST) and ``omniglot``
(12,000 of its pictures after one, two and three epochs of training). Both are run in turns, each time in a process of
its own; told are medians, and the trustworthiness of umap-learn's map with ``--umap``. See ``one_map.py``.
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

import numpy as np

from explorer.core.recipe import Recipe
from explorer.core.types import FloatArray
from explorer.measure.lifts import lift
from explorer.projection.methods.umap_learn import umap_learn
from tests.benchmarks.one_map import trust
from tests.benchmarks.test_layout import snapshots
from tests.benchmarks.training import dataset_of
from tests.benchmarks.vectors import trained
from tests.helpers.data import DATA

HERE = Path(__file__).resolve()


def vectors(what: str) -> tuple[list[FloatArray], str]:
    """Return the snapshots of a case, and their distance."""
    if what == "made":
        return [trained()[0]], "euclidean"
    if what == "raw":
        dataset, _ = dataset_of(str(DATA / "fashion_mnist.zip"), Recipe(device="cpu"))
        return [dataset.inputs.reshape(len(dataset.inputs), -1).astype(np.float32) / np.float32(255)], "euclidean"
    return snapshots(DATA / "omniglot.zip", 3, 12_000)


def measured(checkout: Path, snapshots_at: Path) -> dict[str, float]:
    """Return what the map of a checkout came to."""
    own = {**os.environ, "PYTHONPATH": str(checkout)}
    command = [sys.executable, "-B", str(HERE.with_name("one_map.py")), str(snapshots_at)]
    found: dict[str, float] = json.loads(subprocess.run(command, env=own, capture_output=True, check=True).stdout)
    return found


def compared(peer: Path, snapshots_at: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Return the medians of both over some rounds, which begin with each of them in turn."""
    sides = {"peer": peer, "here": HERE.parents[2]}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in sorted(sides, reverse=bool(number % 2)):
            found[name].append(measured(sides[name], snapshots_at))
    return {name: {key: median(one[key] for one in all) for key in all[0]} for name, all in found.items()}


def main() -> None:
    """Measure what is asked for and tell it, a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", type=Path)
    parser.add_argument("what", nargs="+", choices=["made", "raw", "omniglot"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--umap", action="store_true", help="also map the first snapshot by umap-learn")
    parser.add_argument("--keep", type=Path, help="a folder for the snapshots, which are read from there next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for what in options.what:
            at = (options.keep or Path(scratch)) / f"{what}.npz"
            if not at.exists():
                made, distance = vectors(what)
                np.savez(at, *made, distance=distance)
            found = compared(options.peer.resolve(), at, options.rounds)
            for figure, here in found["here"].items():
                sys.stdout.write(f"{what}: {figure}: peer {found['peer'][figure]:.4g}, here {here:.4g}\n")
            if options.umap:
                with np.load(at) as kept:
                    x, distance = kept["arr_0"], str(kept["distance"])
                metric = "cosine" if distance == "cosine" else "euclidean"
                xy = umap_learn().UMAP(metric=metric).fit_transform(x)
                sys.stdout.write(f"{what}: trust of umap-learn {trust(x, xy, lift(distance)):.4g}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
