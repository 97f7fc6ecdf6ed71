"""What wrong labels cost each miner, and whether one threshold fits all classes: paired over seeds, with intervals.

``python -m tests.benchmarks.noise_table DATA [--runs 5] [--items 9600]``. Noise: a share of the training labels is
replaced by another class drawn uniformly; the held-out ones stay right. Thresholds: a loss alone, and with the
threshold-consistent margin added (Zhang et al., 2024); OPIS as in ``evaluation.operating_points``.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import numpy as np

from explorer.core.recipe import Recipe
from explorer.core.types import IntArray, frozen
from tests.benchmarks.training import dataset_of, fit, interval, save, side_by_side

WRONG = 0.2
NOISE = {
    "all": ("miner=all",),
    "semi_hard": ("miner=semi_hard",),
    "false_negative_guard": ("miner=false_negative_guard",),
    "false_negative_guard, random": ("miner=false_negative_guard", "miner.pick=random"),
}
THRESHOLDS = {
    "proxy_anchor": ("loss=proxy_anchor",),
    "proxy_anchor + tcm": ("loss=proxy_anchor + threshold_consistent_margin",),
    "supcon": ("loss=supcon",),
    "supcon + tcm": ("loss=supcon + threshold_consistent_margin",),
}


def with_wrong(labels: IntArray, share: float, seed: int) -> IntArray:
    """Return labels of which a share, drawn uniformly, is another class, each other one as likely."""
    random = np.random.default_rng(seed)
    classes = np.unique(labels)
    wrong = random.random(len(labels)) < share
    codes = np.searchsorted(classes, labels)
    other = (codes + random.integers(1, len(classes), len(labels))) % len(classes)
    return frozen(np.where(wrong, classes[other], labels), np.int64)


def run(data: str, name: str, settings: list[str], seed: int, wrong: float, items: int) -> dict[str, Any]:
    """Train once and return figures of the held-out items, by their right labels."""
    from explorer.evaluation import retrieval, verification
    from explorer.measure.lifts import lift

    recipe = Recipe(epochs=1, seed=seed).with_settings(settings)
    dataset, split = dataset_of(data, recipe)
    right = dataset.labels
    trained = fit(replace(dataset, labels=with_wrong(right, wrong, seed)), split, recipe, items=items)
    x, labels, compared = trained.embeddings, right[trained.held_out], lift(trained.lift)
    found = {key: retrieval.evaluate(x, labels, compared).metrics[key] for key in ("recall@1", "map@r")}
    opis = verification.evaluate(x, labels, compared, seed=seed).opis
    return {**{key: round(value, 4) for key, value in found.items()}, "opis": opis, "seconds": trained.seconds}


def differences(rows: list[dict[str, Any]], name: str, against: str, key: str) -> tuple[float, float]:
    """Return the mean difference of two by a figure over the same seeds, and half of its 95 % interval."""
    by = {(row["name"], row["seed"]): float(row[key]) for row in rows}
    seeds = sorted(seed for other, seed in by if other == name)
    return interval([by[name, seed] - by[against, seed] for seed in seeds])


def main() -> None:
    """Train all of it, print the differences and save the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--items", type=int, default=9600)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--split", default="", help="classes: of classes never seen")
    parser.add_argument("--part", choices=("noise", "thresholds"), default="noise")
    options = parser.parse_args()
    noise, split = options.part == "noise", [f"split={options.split}"] if options.split else []
    jobs = [
        {"data": options.data, "name": name, "settings": [*settings, *split], "seed": seed, "items": options.items}
        | {"wrong": WRONG if noise else 0.0}
        for name, settings in (NOISE if noise else THRESHOLDS).items()
        for seed in range(options.runs)
    ]
    rows = side_by_side(run, jobs, options.processes)
    pairs = [(name, "all") for name in NOISE if name != "all"] + [("false_negative_guard", "semi_hard")]
    if not noise:
        pairs = [(f"{name} + tcm", name) for name in ("proxy_anchor", "supcon")]
    for name, against in pairs:
        for key in ("recall@1", "map@r", "opis"):
            mean, half = differences(rows, name, against, key)
            print(f"{name} against {against}: {key} {mean:+.5f} ± {half:.5f}")  # noqa: T201
    for row in rows:
        row["data"] = row["data"].rpartition("/")[2]
    save(
        options.part + "_unseen" * bool(split),
        f"{options.items:,} images; wrong labels: {WRONG if noise else 0:.0%}",
        rows,
    )


if __name__ == "__main__":
    main()
