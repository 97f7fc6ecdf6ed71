"""What pretrained weights are worth: ``python -m tests.benchmarks.pretrained_table GROCERY_STORE WEIGHTS``.

One network, EfficientNet-Lite0 (``efficientnet_weights`` makes WEIGHTS), by the triplet loss under equal budgets: from
random weights, or fine-tuned from weights of ImageNet; frozen as it is, and frozen with one linear metric on top. Test
photos of groceries are asked against training photos of the same 81 products.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from explorer.core.recipe import Recipe
from explorer.core.types import FloatArray, IntArray, Split
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


def run(data: str, weights: str, way: str, epochs: int, seed: int) -> dict[str, Any]:
    """Train one way once; return recall@1 of the test photos against those that were trained on, and its interval."""
    settings = [*COMMON, f"encoder.weights={weights}", *WAYS[way]]
    recipe = Recipe(epochs=max(epochs, 1), seed=seed).with_settings(settings)
    dataset, split = dataset_of(f"{data}/labels.csv", recipe)
    train = np.sort(np.random.default_rng(seed).permutation(split.train)[:ITEMS])
    if way == "raw pixels":
        from explorer.engine.analysis.raw_baseline import unit_rows
        from explorer.engine.datasets.loading import raw_rows

        x = unit_rows(raw_rows(dataset, np.concatenate((split.held_out, train))))
        steps, seconds = 0, 0.0
    else:
        both = Split("column", train, np.concatenate((split.held_out, train)), False)
        trained = fit(dataset, both, recipe)
        x, steps, seconds = trained.embeddings, trained.steps, trained.seconds
    tests = len(split.held_out)
    found = first_hits(x[:tests], x[tests:], dataset.labels[split.held_out], dataset.labels[train])
    return {"recall@1": round(found, 4), "tests": tests, "steps": steps, "seconds": round(seconds, 1)}


def first_hits(queries: FloatArray, gallery: FloatArray, labels: IntArray, of_gallery: IntArray) -> float:
    """Return the share of queries whose nearest item of the gallery, by the cosine, is of their class."""
    a, b = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (queries, gallery))
    return float(np.mean(of_gallery[(a @ b.T).argmax(axis=1)] == labels))


def main() -> None:
    """Train every way ``seeds`` times under each budget; what takes no steps has but one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("weights")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, nargs="*", default=[1, 3])
    parser.add_argument("--only", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    jobs = [
        {"data": options.data, "weights": options.weights, "way": way, "epochs": epochs, "seed": seed}
        for seed in range(options.seeds)
        for way in options.only
        for epochs in (options.epochs if way in BY_STEPS else [0])
    ]
    rows = side_by_side(run, jobs, options.processes)
    for row in rows:
        del row["data"], row["weights"]
        sys.stderr.write(f"{row}\n")
    save("pretrained", f"grocery_store, {SIDE} px, {ITEMS} photos to train on, batches of 64", rows)


if __name__ == "__main__":
    main()
