"""Every loss under an equal small budget: ``python -m tests.benchmarks.loss_table DATA [--only LOSS …] [--runs 5]``.

One encoder, one sampler, one optimiser and as many images for all of them; nothing is tuned for any loss, its margins
and temperatures are the defaults. The main ten are trained five times, each time from another seed; ``--every``: all
are. ``--images N`` is a smaller budget or a larger one, ``--split classes`` leaves half of the classes for testing,
``--name`` keeps the results beside the table of ``README.md``, and ``--cost`` only says how long it would take. At the
end each loss is told from triplet by the paired difference of its seeds, or said not to be.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np

from explorer.core.recipe import Recipe
from explorer.core.registry import Entry, catalogue
from explorer.engine.sweep.kept_plan import MAIN_LOSSES
from tests.benchmarks.training import RESULTS, dataset_of, fit, interval, save, side_by_side

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


def run(data: str, name: str, settings: list[str], seed: int, images: int = IMAGES) -> dict[str, Any]:
    """Train one loss once and return the figures of the held-out items."""
    from explorer.evaluation.retrieval import evaluate
    from explorer.measure.lifts import lift

    recipe = Recipe(epochs=1, seed=seed).with_settings(settings)
    dataset, split = dataset_of(data, recipe)
    try:
        trained = fit(dataset, split, recipe, items=images)
    except RuntimeError as error:
        return {"error": str(error).splitlines()[0]}
    metrics = evaluate(trained.embeddings, dataset.labels[trained.held_out], lift(trained.lift)).metrics
    figures = {key: round(metrics[key], 4) for key in ("recall@1", "map@r")}
    return {**figures, "steps": trained.steps, "seconds": round(trained.seconds, 1)}


def jobs(data: str, runs: int, only: list[str], *, every: bool = False) -> list[dict[str, Any]]:
    """Return what is to be trained: the main ten ``runs`` times, or ``every`` loss and variant; the others once."""
    # those of a number learn nothing here: see regression_table
    losses = [name for name, entry in catalogue("loss").items() if entry.available and "target" not in needs(entry)]
    wanted = {name: (f"loss={name}", *SETTINGS.get(name, ())) for name in losses} | VARIANTS
    return [
        {"data": data, "name": name, "settings": list(settings), "seed": seed}
        for name, settings in wanted.items()
        if not only or name in only
        for seed in range(runs if every or name in MAIN_LOSSES else 1)
    ]


def cost(planned: list[dict[str, Any]], images: int) -> str:
    """Return how many runs are planned and how long one core takes for them, by what they took for the table."""
    rows = json.loads((RESULTS / "losses.json").read_text(encoding="utf-8"))["rows"]
    took: dict[str, list[float]] = {}
    for row in rows:
        took.setdefault(row["name"], []).append(float(row.get("seconds", 0.0)))
    usual = float(np.median([seconds for found in took.values() for seconds in found]))
    seconds = sum(float(np.mean(took.get(job["name"], [usual]))) for job in planned) * images / IMAGES
    minutes = seconds / 60
    return f"{len(planned)} runs of {images:,} images: about {minutes:.0f} minutes of one core, and as much to measure"


def told_from(rows: list[dict[str, Any]], against: str = "triplet") -> list[str]:
    """Return a line for each loss of several seeds: by how much its recall@1 is another than that of ``against``."""
    by: dict[str, dict[int, float]] = {}
    for row in rows:
        if "recall@1" in row:
            by.setdefault(row["name"], {})[row["seed"]] = float(row["recall@1"])
    lines = []
    for name, found in by.items():
        seeds = sorted(found.keys() & by.get(against, {}).keys())
        if name == against or len(seeds) < 2:
            continue
        mean, half = interval([found[seed] - by[against][seed] for seed in seeds])
        told = "" if abs(mean) > half else f", which cannot be told from {against}"
        lines.append(f"{name}: recall@1 {mean:+.4f} ± {half:.4f} over {len(seeds)} seeds{told}")
    return lines


def main() -> None:
    """Train, and add the results to those of earlier calls."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--every", action="store_true", help="train all of them --runs times")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--split", default="", help="classes: half of the classes are never trained on")
    parser.add_argument("--name", default="losses", help="of the file of results")
    parser.add_argument("--cost", action="store_true", help="say how long it would take, and do nothing")
    options = parser.parse_args()
    planned = jobs(options.data, options.runs, options.only, every=options.every)
    if options.cost:
        print(cost(planned, options.images))  # noqa: T201
        return
    split = ["split=classes", "split.test=0.5"] if options.split == "classes" else []
    planned = [job | {"settings": [*job["settings"], *split], "images": options.images} for job in planned]
    rows = side_by_side(run, planned, options.processes)
    path = RESULTS / f"{options.name}.json"
    kept = json.loads(path.read_text(encoding="utf-8"))["rows"] if options.only and path.exists() else []
    new = {(row["name"], row["seed"]) for row in rows}
    rows = [row for row in kept if (row["name"], row["seed"]) not in new] + rows
    for row in rows:
        row["data"] = row["data"].rpartition("/")[2]
    best = sorted(rows, key=lambda row: -float(np.nan_to_num(row.get("recall@1", 0.0))))
    save(options.name, f"{options.images:,} images of {best[0]['data']}, test items leave one out", best)
    for line in told_from(rows):
        print(line)  # noqa: T201


if __name__ == "__main__":
    main()
