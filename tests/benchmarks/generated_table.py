"""Shapes and clips that a script makes: ``python -m tests.benchmarks.generated_table``.

Ten families of meshes, whose test part has proportions between those trained on, and handwritten digits whose class is
the motion, those of the test part never trained on; recall@1 of the test part among itself, beside the raw baseline.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from explorer.core.recipe import Recipe
from explorer.engine.analysis.raw_baseline import unit_rows
from explorer.engine.datasets.requirements import suited
from tests.benchmarks.text_table import recall
from tests.benchmarks.training import dataset_of, fit, save, side_by_side
from tests.helpers.clips import clip_folder
from tests.helpers.shapes import shape_folder

RAW = "raw"
CENTRES = ("distance.normalise=false", "loss=triplet_center", "loss.margin=5")
"""What the recipe ``shapes`` says."""

WAYS: dict[str, dict[str, list[str]]] = {
    "clips": {RAW: [], "frames, triplet, 8 epochs": ["epochs=8"]},
    "shapes": {
        RAW: [],
        "multi-view CNN, triplet, 20 epochs": ["encoder=multi_view", "epochs=20"],
        "PointNet, recipe `shapes` (triplet-center), 20 epochs": [*CENTRES, "epochs=20"],
        "PointNet, triplet, nothing chosen (84 epochs)": [],
    },
}


def run(data: str, kind: str, name: str, seed: int) -> dict[str, Any]:
    """Measure one way once; return recall@1 of the test part and the seconds of processor time."""
    recipe = Recipe(seed=seed, device="cpu").with_settings(WAYS[kind][name])
    dataset, split = dataset_of(data, recipe)
    recipe = suited(recipe, dataset.modality)
    begun = time.process_time()
    if name == RAW:
        rows = unit_rows(dataset.modality.rows(dataset.inputs)[split.held_out])
    else:
        rows = fit(dataset, split, recipe).embeddings
    found = recall(rows, dataset.labels[split.held_out])
    seconds = round(time.process_time() - begun, 1)
    shown = dataset.modality.raw if name == RAW else name
    return {"name": shown, "recall@1": round(found, 4), "items": len(rows), "seconds": seconds}


def main() -> None:
    """Make the sets, and train ``runs`` times on each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--processes", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        sets = {"shapes": str(shape_folder(root / "shapes", 24, 12)), "clips": str(clip_folder(root, 40, 15))}
        jobs = [
            {"data": sets[kind], "kind": kind, "name": name, "seed": seed}
            for kind, ways in WAYS.items()
            for name in ways
            for seed in range(1 if name == RAW else options.runs)
        ]
        rows = side_by_side(run, jobs, options.processes)
    for row in rows:
        del row["data"]
    save("generated", "made sets: unseen proportions, unseen digits", rows)


if __name__ == "__main__":
    main()
