"""What one checkout's live map comes to: ``PYTHONPATH=CHECKOUT python one_map.py SNAPSHOTS.npz`` prints JSON.

The file holds snapshots ``arr_0``, … (M, D) of the same items and their ``distance``. Told are the seconds of a cold
map of the first until it is calm and until it rests, its trustworthiness then, how far a calm map drifts from frame to
frame in the middle of its rest, and of each later snapshot: the seconds, the trustworthiness, and which share of the
points moved by a tenth of the map's width though half of their 15 neighbours or more stayed.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np

import explorer.measure
import explorer.projection
from explorer.core.types import FloatArray, IntArray
from explorer.measure.knn_graph import knn_graph
from explorer.measure.lifts import Lift, lift
from explorer.projection.fidelity import fidelity
from explorer.projection.live_layout import LiveLayout

NEIGHBOURS = 15


def jumped(before: FloatArray, after: FloatArray, old: IntArray, new: IntArray) -> tuple[float, float]:
    """Return the share of points that moved by a tenth of the width, and that of those whose neighbours stayed."""
    far = np.linalg.norm(after - before, axis=1) > 0.1 * np.ptp(before, axis=0).max()
    stayed = (old[:, :, None] == new[:, None, :]).any(axis=2).mean(axis=1) >= 0.5
    return float(far.mean()), float((far & stayed).mean())


def trust(x: FloatArray, xy: FloatArray, of: Lift) -> float:
    """Return the trustworthiness of a map on 2,000 items."""
    found = fidelity(x, xy, of, sample=2000)
    return found.trustworthiness if found is not None else float("nan")


def laid_out(layout: LiveLayout, x: FloatArray, of: Lift) -> tuple[float, list[float], float, FloatArray]:
    """Give a layout a snapshot and let it come to rest.

    Returns
    -------
    The seconds; the drift of each calm epoch; the seconds until it was calm, and where its points were then.
    """
    items = np.arange(len(x))
    began = time.perf_counter()
    layout.place(items, x, of)
    layout.swap(items, x, of)
    while not layout.calm:
        layout.epoch()
    taken = time.perf_counter() - began
    calm, last, drift = taken, layout.frame().xy, []
    found = last
    while not layout.done:
        began = time.perf_counter()
        layout.epoch()
        taken += time.perf_counter() - began
        xy = layout.frame().xy
        drift.append(float(np.linalg.norm(xy - last, axis=1).mean() / np.ptp(xy, axis=0).max()))
        last = xy
    return taken, drift, calm, found


def main() -> None:
    """Measure, and print what came of it."""
    explorer.measure.warm()
    explorer.projection.warm()
    with np.load(sys.argv[1]) as kept:
        of = lift(str(kept["distance"]))
        snapshots = [kept[name] for name in sorted(kept.files) if name.startswith("arr_")]
    layout = LiveLayout()
    taken, drift, calm, found = laid_out(layout, snapshots[0], of)
    said: dict[str, Any] = {"calm s": calm, "trust when calm": trust(snapshots[0], found, of)}
    said |= {"cold s": taken, "trust": trust(snapshots[0], layout.frame().xy, of)}
    said["calm drift %"] = 100 * float(np.median(drift))
    near = knn_graph(snapshots[0], NEIGHBOURS, of)[0] if len(snapshots) > 1 else np.empty((0, 0), np.int64)
    for number, x in enumerate(snapshots[1:], 1):
        before = layout.frame().xy
        taken, *_ = laid_out(layout, x, of)
        after, old, near = layout.frame().xy, near, knn_graph(x, NEIGHBOURS, of)[0]
        said |= {f"refresh {number} s": taken, f"trust {number}": trust(x, after, of)}
        said[f"jumps {number} %"] = 100 * jumped(before, after, old, near)[1]
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
