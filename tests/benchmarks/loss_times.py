"""Every loss and miner by time, today's build beside this one: ``python -m tests.benchmarks.loss_times [OTHER]``.

``OTHER``: a checkout to compare with; the two take turns, each in a process of its own. One thread, float32, D = 128,
4 images a class, forward and backward with the distances; the least CPU time of some repetitions, medians over turns.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

TREE = Path(__file__).resolve().parents[2]
DIMENSION, IMAGES = 128, 4
SECONDS = 0.25
"""How long each loss is repeated."""

Times = dict[str, float]


def _batch(rows: int, loss: Any, distance: Any) -> tuple[Any, Callable[[], Any]]:
    """Return the embeddings, and what makes a batch with all that a loss can need."""
    import torch

    from explorer.learn.batch import Batch

    torch.manual_seed(0)
    z, y = torch.randn(rows, DIMENSION, requires_grad=loss is not None), torch.arange(rows) // IMAGES
    more: dict[str, Any] = {}
    needs: frozenset[str] = frozenset() if loss is None else loss.needs_of(loss.params)
    if "maps" in needs:
        more["maps"] = torch.randn(rows, 32, 7, 7)
    if "label_sets" in needs:
        more["label_sets"] = torch.nn.functional.one_hot(y % 64, 64).bool() | (torch.rand(rows, 64) < 0.02)
    if "sides" in needs:
        more["texts"] = torch.where(torch.arange(rows) % 2 == 0, -1, torch.arange(rows))
    return z, lambda: Batch(z, y, distance, indices=torch.arange(rows), **more)


def _work(kind: str, name: str, rows: int) -> Callable[[], object]:
    from explorer.core.registry import create
    from explorer.learn.device import generator

    distance = create("distance", "euclidean", {})
    if kind == "miner":
        _, made = _batch(rows, None, distance)
        miner = create("miner", name, {})
        return lambda: miner(made(), 0.2, generator(0))
    loss = create(
        "loss", name, {}, distance=distance, classes=rows // IMAGES, dimension=DIMENSION, channels=32
    )  # fmt: skip
    z, made = _batch(rows, loss, distance)

    def step() -> None:
        z.grad = None
        loss(made(), None).value.backward()

    return step


def measured(rows: int, only: list[str]) -> Times:
    """Return the CPU seconds of every loss and miner of the checkout that is imported."""
    import torch

    from explorer.core.registry import catalogue

    torch.set_num_threads(1)
    found: Times = {}
    for kind in ("loss", "miner"):
        for name, entry in catalogue(kind).items():
            if not entry.available or name == "sum" or (only and name not in only):
                continue
            work = _work(kind, name, rows)
            gc.collect()
            times: list[float] = []
            until = time.monotonic() + SECONDS
            while len(times) < 2 or (time.monotonic() < until and len(times) < 200):
                began = time.process_time()
                work()
                times.append(time.process_time() - began)
            found[f"{kind} {name}"] = min(times)
    return found


def outliers(times: Times, most: float = 5.0) -> list[str]:
    """Return the losses that take more than ``most`` times as long as the median loss."""
    losses = {name: seconds for name, seconds in times.items() if name.startswith("loss ")}
    middle = median(losses.values())
    return [name for name, seconds in losses.items() if seconds > most * middle]


def of_checkout(tree: Path, rows: int, only: list[str]) -> Times:
    """Measure the losses of a checkout in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(rows), "--only", *only]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(tree)}, check=True, capture_output=True, text=True
    )  # fmt: skip
    times: Times = json.loads(done.stdout.splitlines()[-1])
    return times


def table(rows: int, trees: list[Path], turns: int, only: list[str]) -> None:
    """Write the losses of both checkouts, the slowest first, each with its multiple of the median loss."""
    each: list[list[Times]] = [[] for _ in trees]
    for _ in range(turns):
        for found, tree in zip(each, trees, strict=True):
            found.append(of_checkout(tree, rows, only))
    names = sorted(each[-1][0], key=lambda name: -median(times[name] for times in each[-1]))
    ms = [{name: 1e3 * median(times[name] for times in found) for name in names} for found in each]
    middle = median(value for name, value in ms[-1].items() if name.startswith("loss "))
    for name in names:
        values = "".join(f"{found[name]:10.2f}" for found in ms)
        ratio = f"{ms[0][name] / ms[-1][name]:8.2f} ×" if len(ms) > 1 else ""
        of_median = f"{ms[-1][name] / middle:8.2f}" if name.startswith("loss ") else f"{'':8}"
        sys.stdout.write(f"B = {rows:<6}{name:<32}{values} ms{of_median} of the median{ratio}\n")


def main() -> None:
    """Measure this checkout, and another one beside it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("other", nargs="?", type=Path)
    parser.add_argument("--rows", type=int, nargs="*", default=[512, 4096])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--measure", type=int)
    options = parser.parse_args()
    if options.measure:
        sys.stdout.write(json.dumps(measured(options.measure, options.only)) + "\n")
        return
    trees = ([options.other.resolve()] if options.other else []) + [TREE]
    for rows in options.rows:
        table(rows, trees, options.turns, options.only)


if __name__ == "__main__":
    main()
