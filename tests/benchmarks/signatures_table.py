"""Verification of signatures by writers never seen: ``python -m tests.benchmarks.signatures_table DATA [--runs 3]``.

A class is a writer and the name that was written, four pictures each, one a medium. Half of the writers are held out;
pairs are always of two media. Two sorts of different pairs: any two classes, and the same name by another writer.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from explorer.core.recipe import Recipe
from tests.benchmarks.training import dataset_of, fit, save, side_by_side

COMMON = (
    "split=classes",
    "split.test=0.5",
    "split.column=writer",
    "data.colour=grey",
    "data.size=48",
    "augment=documents",
)
RECIPES: dict[str, tuple[str, ...]] = {
    "raw pixels, cosine": (),
    "triplet": ("loss=triplet",),
    "triplet, batches of few names": (
        "loss=triplet",
        "sampler=hierarchical",
        "sampler.column=name_id",
        *("sampler.groups=2", "sampler.classes=16", "sampler.images=4"),
    ),
    "multi-similarity": ("loss=multi_similarity",),
    "supcon": ("loss=supcon",),
    "proxy anchor": ("loss=proxy_anchor",),
    "prototypical": ("loss=prototypical", "distance.normalise=false"),
}


def run(data: str, name: str, settings: list[str], seed: int, epochs: int) -> dict[str, Any]:
    """Train once on half of the writers and verify the others."""
    from explorer.evaluation.verification import evaluate
    from explorer.measure.lifts import lift

    recipe = Recipe(epochs=epochs, seed=seed).with_settings([*COMMON, *settings])
    dataset, split = dataset_of(data, recipe)
    rows = split.held_out
    if settings:
        trained = fit(dataset, split, recipe)
        x, distance, seconds = trained.embeddings, trained.lift, trained.seconds
    else:
        from explorer.engine.datasets.loading import raw_rows

        pixels = raw_rows(dataset)
        assert pixels is not None
        x, distance, seconds = pixels[rows].astype(np.float32), "cosine", 0.0
    columns = {key: np.asarray(values)[rows] for key, values in dataset.columns.items()}
    found = {"seconds": round(seconds, 1)}
    for kind, within in (("any", None), ("same name", columns["name_id"])):
        result = evaluate(
            x,
            dataset.labels[rows],
            lift(distance),
            across=columns["medium"],
            within=within,
            identities=columns["writer"],
            seed=seed,
        )
        found |= {f"eer, {kind}": round(result.eer.value, 4), f"low, {kind}": round(result.eer.low, 4)}
        found |= {f"high, {kind}": round(result.eer.high, 4), f"auc, {kind}": round(result.auc.value, 4)}
        found |= {f"tar@far=0.01, {kind}": round(result.tar.get(0.01, float("nan")), 4)}
    return found


def main() -> None:
    """Train every recipe on ``runs`` draws of the writers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--only", nargs="*", default=list(RECIPES))
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--dry", action="store_true", help="write no results")
    options = parser.parse_args()
    jobs = [
        {
            "data": options.data,
            "name": name,
            "settings": [*RECIPES[name], *options.set] if RECIPES[name] else [],
            "seed": seed,
            "epochs": options.epochs,
        }
        for name in options.only
        for seed in range(options.runs)
    ]
    rows = side_by_side(run, jobs, options.processes)
    for row in rows:
        row["data"] = "signatures"
    if not options.dry:
        save("signatures", "20 of 40 writers held out, pairs across media", rows)


if __name__ == "__main__":
    main()
