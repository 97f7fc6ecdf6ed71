"""Images a second of one training and of one evaluation pass, as one JSON value: a part of ``against_peer``.

It is run by its path in a process of its own, with the checkout that is to be measured first on the path, and so uses
only what older checkouts have as well.
"""

from __future__ import annotations

import argparse
import json
import queue
import resource
import sys
import time
from typing import Any

import explorer  # noqa: F401  first, as in the application: it prepares what torch reads when it is loaded

import numpy as np  # isort: skip
import torch  # isort: skip

from explorer.core.recipe import Recipe  # isort: skip
from explorer.core.types import Split, StepMetrics  # isort: skip
from explorer.learn.embedder import Embedder  # isort: skip
from explorer.learn.trainer import Task, train  # isort: skip

WARM_UP = 4
"""Steps that are not measured."""


def pictures(side: int) -> tuple[Any, Any]:
    """Return pixels and labels of noise: grey to 28 px, in colour above."""
    draw = np.random.default_rng(0)
    count = 6000 if side <= 28 else 1500
    return draw.integers(0, 256, (count, side, side, 1 if side <= 28 else 3), np.uint8), draw.integers(0, 10, count)


def task_of(recipe: Recipe, pixels: Any, labels: Any, threads: int) -> tuple[Task, str]:
    """Return the task as a run would have it, and the precision that this machine takes for it."""
    split = Split("items", np.arange(len(labels)), np.zeros(0, dtype=np.int64), False)
    task = Task("r", recipe, pixels, labels, split, threads, evaluate_share=0.0, live=False)
    try:
        from dataclasses import replace

        from explorer.learn.precision import measured_precision
    except ImportError:
        return task, "float32"
    chosen = measured_precision(recipe, pixels)
    return replace(task, precision=chosen), chosen


def train_for(task: Task, seconds: float) -> dict[str, float]:
    """Train for so long and return images a wall second and processor seconds a thousand images, by its own steps."""
    commands: queue.SimpleQueue[Any] = queue.SimpleQueue()
    steps, began, processor = 0, 0.0, 0.0
    for event in train(task, commands):
        if not isinstance(event, StepMetrics):
            continue
        if event.step >= WARM_UP and not began:
            began, processor, first = time.perf_counter(), time.process_time(), event.step
        steps = event.step
        if began and time.perf_counter() - began >= seconds:
            break
    images = (steps - first) * 128
    wall = time.perf_counter() - began
    return {"images/s": images / wall, "processor s": 1000 * (time.process_time() - processor) / images}


def embed_for(recipe: Recipe, pixels: Any, seconds: float) -> float:
    """Return images a second of evaluation passes over the pictures, with the weights that a run begins with."""
    embedder = Embedder.before_training(recipe, pixels, np.arange(len(pixels)))
    part = pixels[:1024]
    embedder.embed(part)
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        embedder.embed(part)
        done += len(part)
    return done / (time.perf_counter() - began)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    pixels, labels = pictures(options.side)
    recipe = Recipe(epochs=1000, device="cpu")
    task, precision = task_of(recipe, pixels, labels, options.threads)
    found: dict[str, Any] = {"precision": precision, **train_for(task, options.seconds)}
    found["evaluated/s"] = embed_for(recipe, pixels, options.seconds / 2)
    found["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
