"""Embeddings cut off: ``python -m tests.benchmarks.dimensions_table fashion_mnist.zip [--split classes] [--seeds 3]``.

The same network and as many images with a loss and with Matryoshka around it; recall@1 of the held-out items by the
first 8, 16, 32 and all 64 numbers of every embedding, of unit length anew. About two minutes.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from explorer.core.dimensions import shortened
from explorer.core.recipe import Recipe
from tests.benchmarks.training import RESULTS, dataset_of, fit, save, side_by_side

IMAGES, EPOCHS, QUERIES = 9600, 2, 2000
LENGTHS = (8, 16, 32, 64)
WAYS: dict[str, tuple[str, ...]] = {
    "normalised softmax, cut off": ("loss=normalised_softmax",),
    "normalised softmax in Matryoshka": ("loss=matryoshka", "loss.of=normalised_softmax"),
    "triplet, cut off": ("loss=triplet",),
    "triplet in Matryoshka": ("loss=matryoshka", "loss.of=triplet"),
}


def run(data: str, name: str, settings: list[str], seed: int) -> dict[str, Any]:
    """Train once, and return recall@1 at each length."""
    from explorer.evaluation.retrieval import evaluate
    from explorer.measure.lifts import lift

    recipe = Recipe(epochs=EPOCHS, seed=seed).with_settings(["encoder.dimension=64", *settings])
    dataset, split = dataset_of(data, recipe)
    trained = fit(dataset, split, recipe, items=IMAGES)
    labels, by = dataset.labels[trained.held_out], lift(trained.lift)
    found = {
        length: evaluate(shortened(trained.embeddings, length), labels, by, most=QUERIES, seed=0).metrics["recall@1"]
        for length in LENGTHS
    }
    return {f"recall@1, {length}": round(value, 4) for length, value in found.items()}


def main() -> None:
    """Train every way from several seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--split", default="auto")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=0)
    options = parser.parse_args()
    jobs = [
        {"data": options.data, "name": name, "settings": [f"split={options.split}", *settings], "seed": seed}
        for name, settings in WAYS.items()
        for seed in range(options.seeds)
    ]
    rows = side_by_side(run, jobs, options.processes)
    for row in rows:
        row["data"] = row["data"].rpartition("/")[2]
    path, new = RESULTS / "dimensions.json", {row["data"] for row in rows}
    kept = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    rows = [*(row for row in kept if row["data"] not in new), *rows]
    save("dimensions", f"{IMAGES:,} images, {EPOCHS} epochs, {QUERIES:,} held-out items ask", rows)


if __name__ == "__main__":
    main()
