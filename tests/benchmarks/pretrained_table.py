"""What pretrained weights are worth: ``python -m tests.benchmarks.pretrained_table GROCERY_STORE WEIGHTS``.

One network, EfficientNet-Lite0 (``efficientnet_weights`` makes WEIGHTS), by the triplet loss under one budget: from
random weights, or fine-tuned from weights of ImageNet; frozen as it is, and frozen with one linear metric on top. Test
photos of groceries are asked against training photos of the same 81 products, after some of the steps: a curve each.
A stopped table goes on by the same command.
"""

from __future__ import annotations

import argparse
import queue
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from explorer.core.events import RunFailed
from explorer.core.recipe import Recipe
from explorer.core.types import FloatArray, IntArray, Split
from explorer.data.dataset import Dataset
from explorer.engine.analysis.raw_baseline import unit_rows
from explorer.engine.datasets.loading import raw_rows
from tests.benchmarks.efficientnet_weights import MODEL
from tests.benchmarks.training import dataset_of, fit, save, side_by_side

SIDE = 80
COMMON = (
    *("split=column", f"data.size={SIDE}", "encoder=timm", f"encoder.model={MODEL}", f"encoder.size={SIDE}"),
    *("sampler.classes=16", "sampler.images=4"),
)
WAYS: dict[str, tuple[str, ...]] = {
    "raw pixels": (),
    "from scratch": ("encoder.weights=random", "encoder.backbone_rate=1"),
    "frozen": ("encoder.mode=frozen", "fitter=identity", "distance=cosine"),
    "frozen, one linear metric": ("encoder.mode=frozen", "fitter=lmnn", "fitter.dimension=128"),
    "fine-tuned": ("encoder.mode=fine-tuned", "encoder.backbone_rate=0.1"),
}
BY_STEPS = ("from scratch", "fine-tuned")
ITEMS = 1280
"""Photos that are trained on, drawn by the seed."""

LOOKS = (0, 5, 10, 20, 40, 60)
"""The steps after which the test photos are asked."""


def run(data: str, weights: str, way: str, epochs: int, seed: int) -> dict[str, Any]:
    """Train one way once; return recall@1 of the test photos against those that were trained on, and its curve."""
    settings = [*COMMON, f"encoder.weights={weights}", *WAYS[way]]
    recipe = Recipe(epochs=max(epochs, 1), seed=seed).with_settings(settings)
    dataset, split = dataset_of(f"{data}/labels.csv", recipe)
    train = np.sort(np.random.default_rng(seed).permutation(split.train)[:ITEMS])
    rows = np.concatenate((split.held_out, train))
    asked, tests = dataset.labels[rows], len(split.held_out)

    def recall(x: FloatArray) -> float:
        return round(first_hits(x[:tests], x[tests:], asked[:tests], asked[tests:]), 4)

    began = time.process_time()
    if way == "raw pixels":
        curve, steps = [(0, recall(unit_rows(raw_rows(dataset, rows))))], 0
    elif way in BY_STEPS:
        curve, steps = curve_of(dataset, rows, tests, recipe, recall)
    else:
        trained = fit(dataset, Split("column", train, rows, False), recipe)
        curve, steps = [(0, recall(trained.embeddings))], trained.steps
    seconds = time.process_time() - began
    return {"recall@1": curve[-1][1], "curve": curve, "tests": tests, "steps": steps, "cpu_seconds": round(seconds, 1)}


def curve_of(
    dataset: Dataset, rows: IntArray, tests: int, recipe: Recipe, recall: Callable[[FloatArray], float]
) -> tuple[list[tuple[int, float]], int]:
    """Train on the items after the first ``tests`` of ``rows``; return recall@1 at the steps ``LOOKS`` and the last."""
    from explorer.learn.trainer import Task, Trainer

    every = np.arange(len(rows))
    task = Task(
        "r", recipe.resolved(), dataset.inputs[rows], dataset.labels[rows],
        Split("items", every[tests:], every[:tests], False), 1,
        evaluate_share=0.0, checkpoint_seconds=float("inf"), autosave_seconds=float("inf"), live=False,
        modality=dataset.modality.name,
    )  # fmt: skip
    trainer = Trainer(task, queue.SimpleQueue())
    state, curve = trainer.state, list[tuple[int, float]]()
    for event in trainer.events():
        if isinstance(event, RunFailed):
            raise RuntimeError(f"{event.message}\n{event.traceback}")
        if state.step in LOOKS and state.step not in dict(curve):
            curve.append((state.step, recall(state.learner.embed(every).numpy())))
    if state.step not in dict(curve):
        curve.append((state.step, recall(state.learner.embed(every).numpy())))
    return curve, state.step


def first_hits(queries: FloatArray, gallery: FloatArray, labels: IntArray, of_gallery: IntArray) -> float:
    """Return the share of queries whose nearest item of the gallery, by the cosine, is of their class."""
    a, b = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (queries, gallery))
    return float(np.mean(of_gallery[(a @ b.T).argmax(axis=1)] == labels))


def main() -> None:
    """Train every way ``seeds`` times under the same budget of steps, and save the curves."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("weights")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    jobs = [
        {"data": options.data, "weights": options.weights, "way": way, "seed": seed}
        | {"epochs": options.epochs if way in BY_STEPS else 0}
        for seed in range(options.seeds)
        for way in options.only
    ]
    rows = side_by_side(run, jobs, options.processes, partial="pretrained")
    for row in rows:
        del row["data"], row["weights"]
        sys.stderr.write(f"{row}\n")
    save("pretrained", f"grocery_store, {SIDE} px, {ITEMS} photos to train on, batches of 64", rows)


if __name__ == "__main__":
    main()
