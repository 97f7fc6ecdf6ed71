"""Every loss under an equal small budget: ``python -m tests.benchmarks.loss_table DATA [--only LOSS …] [--runs 5]``.

One encoder, one sampler, one optimiser and as many images for all of them; nothing is tuned for any loss, its margins
and temperatures are the defaults. The main ten are trained five times, each time from another seed.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np

from explorer.core.recipe import Recipe
from explorer.core.registry import Entry, catalogue
from explorer.engine.sweep.kept_plan import MAIN_LOSSES
from tests.benchmarks.training import RESULTS, dataset_of, fit, save, side_by_side

IMAGES = 19_200
SETTINGS: dict[str, tuple[str, ...]] = {
    "prototypical": ("distance.normalise=false",),
    "hyperbolic_contrastive": ("distance=hyperbolic",),
}
"""What a loss is meant to go with: prototypes are means of embeddings that are not normalised."""

VARIANTS: dict[str, tuple[str, ...]] = {
    "triplet, squared Euclidean": ("loss=triplet", "distance=squared_euclidean"),
    "triplet, cosine": ("loss=triplet", "distance=cosine"),
    "triplet, soft margin": ("loss=triplet", "loss.form=soft"),
    "triplet, semi-hard": ("loss=triplet", "miner=semi_hard"),
    "triplet, hard": ("loss=triplet", "miner=hard"),
    "contrastive, linear": ("loss=contrastive", "loss.form=linear"),
    "nt_xent, two views, no labels": ("loss=nt_xent", "loss.views=two views"),
}


def needs(entry: Entry) -> frozenset[str]:
    """Return what a loss needs of a batch by itself."""
    found: frozenset[str] = entry.part.needs  # type: ignore[attr-defined]
    return found


def run(data: str, name: str, settings: list[str], seed: int) -> dict[str, Any]:
    """Train one loss once and return the figures of the held-out items."""
    from explorer.evaluation.retrieval import evaluate
    from explorer.measure.lifts import lift

    recipe = Recipe(epochs=1, seed=seed).with_settings(settings)
    dataset, split = dataset_of(data, recipe)
    try:
        trained = fit(dataset, split, recipe, items=IMAGES)
    except RuntimeError as error:
        return {"error": str(error).splitlines()[0]}
    metrics = evaluate(trained.embeddings, dataset.labels[trained.held_out], lift(trained.lift)).metrics
    figures = {key: round(metrics[key], 4) for key in ("recall@1", "map@r")}
    return {**figures, "steps": trained.steps, "seconds": round(trained.seconds, 1)}


def jobs(data: str, runs: int, only: list[str]) -> list[dict[str, Any]]:
    """Return what is to be trained: every loss once, the main ten ``runs`` times, the variants once."""
    # those of a number learn nothing here: see regression_table
    losses = [name for name, entry in catalogue("loss").items() if entry.available and "target" not in needs(entry)]
    wanted = {name: (f"loss={name}", *SETTINGS.get(name, ())) for name in losses} | VARIANTS
    return [
        {"data": data, "name": name, "settings": list(settings), "seed": seed}
        for name, settings in wanted.items()
        if not only or name in only
        for seed in range(runs if name in MAIN_LOSSES else 1)
    ]


def main() -> None:
    """Train, and add the results to those of earlier calls."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--processes", type=int, default=0)
    options = parser.parse_args()
    rows = side_by_side(run, jobs(options.data, options.runs, options.only), options.processes)
    path = RESULTS / "losses.json"
    kept = json.loads(path.read_text(encoding="utf-8"))["rows"] if options.only and path.exists() else []
    new = {(row["name"], row["seed"]) for row in rows}
    rows = [row for row in kept if (row["name"], row["seed"]) not in new] + rows
    for row in rows:
        row["data"] = row["data"].rpartition("/")[2]
    best = sorted(rows, key=lambda row: -float(np.nan_to_num(row.get("recall@1", 0.0))))
    save("losses", f"{IMAGES:,} images of fashion_mnist, 10,000 test items leave one out", best)


if __name__ == "__main__":
    main()
