"""Figures with intervals on what was never trained on: ``python -m tests.benchmarks.figures_table SHARED_DATA``.

Alphabets of Omniglot, writers of signatures across media, and grocery products: a short training each, one seed,
measured by the protocols of *Evaluate*, beside the raw pixels by both of their distances.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar, create
from explorer.core.types import IntArray
from explorer.engine.datasets.samples import raw_sample_of, sample_of, trained_classes
from explorer.evaluation.figures import Figure, listed
from explorer.evaluation.protocol import Effort, Protocol, Sample
from explorer.measure.lifts import lift
from tests.benchmarks.training import RESULTS, dataset_of, fit, save, side_by_side


@dataclass(frozen=True, slots=True)
class Use:
    """A short training, and what of it is shown: protocols, their parameters and figures.

    ``identity``: the column whose values err together, empty: the class. A figure for which its protocol has no
    interval gets one by leaving out one of them after the other.
    """

    data: str
    held_out: str
    settings: tuple[str, ...]
    epochs: int
    shown: tuple[tuple[str, dict[str, Scalar], tuple[str, ...]], ...]
    identity: str = ""


EPISODES: dict[str, Scalar] = {"reuse": False}
SIGNED: dict[str, Scalar] = {"across": "medium", "identity": "writer"}
USES = {
    "omniglot": Use(
        "omniglot.zip",
        "20 alphabets of Omniglot",
        (
            *("split=classes", "split.test=0.4", "split.column=level1", "loss=prototypical"),
            *("distance.normalise=false", "sampler=episodic", "sampler.ways=60"),
            *("sampler.shots=1", "sampler.queries=5"),
        ),
        6,
        (
            ("few_shot", EPISODES, ("5-way 1-shot", "5-way 5-shot", "20-way 1-shot", "20-way 5-shot")),
            ("retrieval", {}, ("recall@1",)),
        ),
    ),
    "signatures": Use(
        "signatures/signatures.csv",
        "20 writers of signatures, across media",
        (
            *("split=classes", "split.test=0.5", "split.column=writer", "data.colour=grey"),
            *("data.size=48", "augment=documents"),
        ),
        60,
        (
            ("verification", SIGNED, ("eer", "auc", "threshold_fmr", "threshold_fnmr", "fnmr@fmr=0.01")),
            ("re_id", {"camera": "medium"}, ("rank-1", "rank-5", "map", "minp")),
        ),
        "writer",
    ),
    "grocery": Use(
        "grocery_store/dataset/train",
        "a fifth of the grocery products",
        ("split=classes", "split.test=0.2"),
        10,
        (("retrieval", {}, ("recall@1", "recall@5")),),
    ),
}


def run(name: str, folder: str, seed: int) -> dict[str, Any]:
    """Train for one use; return its figures and those of the raw pixels, each with its interval."""
    use = USES[name]
    recipe = Recipe(epochs=use.epochs, seed=seed).with_settings(use.settings)
    dataset, split = dataset_of(str(Path(folder) / use.data), recipe)
    trained = fit(dataset, split, recipe)
    held, seen = split.held_out, trained_classes(dataset, split.train)
    own = sample_of(dataset, held, trained.embeddings, lift(trained.lift), seen)
    raw = {distance: raw_sample_of(dataset, held, seen, distance) for distance in ("cosine", "euclidean")}
    rows: list[dict[str, Any]] = []
    for protocol, params, figures in use.shown:
        found = [measured(protocol, params, sample, seed, figures, use.identity) for sample in (own, *raw.values())]
        rows += [
            {"protocol": protocol, "figure": figure, **as_row([of.get(figure) for of in found])} for figure in figures
        ]
    return {
        "held out": f"{use.held_out}: {len(held):,} pictures of {own.classes:,} classes",
        "rows": rows,
        "steps": trained.steps,
        "seconds": round(trained.seconds),
        "date": datetime.date.today().isoformat(),
    }


def measured(
    protocol: str, params: dict[str, Scalar], sample: Sample, seed: int, names: Sequence[str], identity: str
) -> dict[str, Figure]:
    """Return figures of a protocol by their names, each with its interval."""
    part: Protocol = create("protocol", protocol, params)

    def figures(of: Sample) -> dict[str, Figure]:
        return {figure.name: figure for figure in listed(part.measure(of, Effort(seed=seed)).figures)}

    found = figures(sample)
    bare = [name for name in names if name in found and math.isnan(found[name].low)]
    if bare:
        groups = np.asarray(sample.columns[identity] if identity else sample.labels)
        without = [figures(some_of(sample, np.flatnonzero(groups != group))) for group in np.unique(groups)]
        for name in bare:
            half = jackknifed([of[name].value for of in without])
            value = found[name].value
            found[name] = Figure(name, value, max(0.0, value - half), min(1.0, value + half))
    return found


def jackknifed(values: Sequence[float]) -> float:
    """Return half of the 95 % interval of a figure, of what it is without each of the groups (Tukey, 1958)."""
    count = len(values)
    error = math.sqrt((count - 1) * float(np.var(values)))
    return float(stats.t.ppf(0.975, count - 1)) * error


def some_of(sample: Sample, rows: IntArray) -> Sample:
    """Return some of the items of a sample."""
    return replace(
        sample,
        x=sample.x[rows],
        labels=np.asarray(sample.labels)[rows],
        columns={name: [texts[row] for row in rows.tolist()] for name, texts in sample.columns.items()},
        seen=None if sample.seen is None else sample.seen[rows],
        ids=[sample.ids[row] for row in rows.tolist()],
    )


def as_row(figures: list[Figure | None]) -> dict[str, Any]:
    """Return the embedding's figure, and those of raw pixels by cosine and by Euclidean distance: value, low, high."""
    names = ("trained", "raw cosine", "raw Euclidean")
    return {
        name: None if figure is None else [_kept(x) for x in (figure.value, figure.low, figure.high)]
        for name, figure in zip(names, figures, strict=True)
    }


def _kept(number: float) -> float | None:
    return None if math.isnan(number) else round(number, 4)


def main() -> None:
    """Train for every use, or for some, and put the figures beside those that are kept of the others."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", help="the folder of the shared data")
    parser.add_argument("--only", nargs="*", default=list(USES), choices=list(USES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    jobs = [{"name": name, "folder": options.folder, "seed": options.seed} for name in options.only]
    rows = side_by_side(run, jobs, options.processes)
    for row in rows:
        del row["folder"]
        sys.stderr.write(f"{row}\n")
    path = RESULTS / "figures.json"
    kept = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    rows += [row for row in kept if row["name"] not in options.only]
    save("figures", "one short training each, on one core", sorted(rows, key=lambda row: list(USES).index(row["name"])))


if __name__ == "__main__":
    main()
