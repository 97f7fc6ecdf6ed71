"""A softmax classifier against metric losses on classes never seen: ``python -m tests.benchmarks.unseen_table DATA``.

Half of the classes are never trained on; every loss gets the same encoder, sampler, optimiser and number of images, and
is judged by the cosine of its embeddings on the seen classes (pictures not trained on) and on the unseen ones.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from explorer.core.recipe import Recipe
from explorer.core.types import IntArray, Split
from tests.benchmarks.training import dataset_of, fit, save, side_by_side

LOSSES: dict[str, tuple[str, ...]] = {
    "softmax": ("loss=softmax",),
    "normalised_softmax": ("loss=normalised_softmax",),
    "arcface": ("loss=arcface",),
    "proxy_anchor": ("loss=proxy_anchor",),
    "triplet": ("loss=triplet",),
    "multi_similarity": ("loss=multi_similarity",),
    "nt_xent": ("loss=nt_xent",),
    "supcon": ("loss=supcon",),
    "prototypical": ("loss=prototypical", "distance.normalise=false"),
}
COMMON = ("split=classes", "split.test=0.5")
MEASURED = 0.25
"""Share of the pictures of each class that are measured; of the seen classes these are not trained on."""


def run(data: str, name: str, settings: list[str], seed: int, epochs: int) -> dict[str, Any]:
    """Train one loss once; return recall@1 and MAP@R on seen and on unseen classes."""
    from explorer.evaluation.retrieval import evaluate
    from explorer.measure.lifts import lift

    recipe = Recipe(epochs=epochs, seed=seed).with_settings([*COMMON, *settings])
    dataset, split = dataset_of(data, recipe)
    draw = np.random.default_rng(seed)
    seen, unseen = (_some_of_each(dataset.labels, part, draw) for part in (split.train, split.held_out))
    train = np.setdiff1d(split.train, seen)
    both = Split("seen and unseen", train, np.concatenate((seen, unseen)), False)
    trained = fit(dataset, both, recipe)
    labels = dataset.labels[both.held_out]
    found: dict[str, Any] = {}
    for part, rows in (("seen", slice(0, len(seen))), ("unseen", slice(len(seen), None))):
        metrics = evaluate(trained.embeddings[rows], labels[rows], lift("cosine")).metrics
        found |= {f"recall@1, {part}": round(metrics["recall@1"], 4), f"map@r, {part}": round(metrics["map@r"], 4)}
    return {**found, "steps": trained.steps, "seconds": round(trained.seconds, 1)}


def _some_of_each(labels: IntArray, items: IntArray, draw: np.random.Generator) -> IntArray:
    """Return the same share of the items of every class, so that seen and unseen ones are as hard to find."""
    kept = []
    for label in np.unique(labels[items]):
        rows = items[labels[items] == label]
        kept.append(draw.permutation(rows)[: round(MEASURED * len(rows))])
    return np.sort(np.concatenate(kept))


def main() -> None:
    """Train every loss ``runs`` times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--only", nargs="*", default=list(LOSSES))
    parser.add_argument("--processes", type=int, default=0)
    options = parser.parse_args()
    jobs = [
        {"data": options.data, "name": name, "settings": list(LOSSES[name]), "seed": seed, "epochs": options.epochs}
        for name in options.only
        for seed in range(options.runs)
    ]
    rows = side_by_side(run, jobs, options.processes)
    for row in rows:
        row["data"] = row["data"].rpartition("/")[2]
    save("unseen", f"half of the classes held out, {options.epochs} epochs", rows)


if __name__ == "__main__":
    main()
