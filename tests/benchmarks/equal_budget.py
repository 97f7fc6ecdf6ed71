"""Every loss under one budget, on classes never seen, default and tuned.

``python -m tests.benchmarks.equal_budget DATA``: the folder of ``fashion_mnist.zip``, ``omniglot.zip`` and
``grocery_store``. The first is asked for the test pictures of its ten classes, the others for the half of their classes
that is never trained on. One encoder, sampler, optimiser and number of images for every loss, float32, one thread. What
is tuned is one number of each loss, its margin or what takes its place (``NUMBERS``): eight values, half of them below
the default, once each with a seed of its own, by recall@1 of classes (or, where all are known, of items) of the
training part that are left out for it. Then the default and the value found are trained with ``--runs`` other seeds,
and told from triplet by paired differences.

``--data``, ``--images``, ``--runs``, ``--only`` and ``--tune`` make it smaller, ``--cost`` says how long it takes.
Every finished training is kept: the same command goes on where it was stopped, and with ``--kept`` it makes the table
of what there is.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.recipe import Recipe
from explorer.core.registry import Parameters, catalogue
from explorer.core.types import IntArray, Split
from tests.benchmarks.loss_table import SETTINGS, VARIANTS, needs
from tests.benchmarks.training import dataset_of, fit, interval, key_of, partial_rows, save, side_by_side


@dataclass(frozen=True, slots=True)
class Place:
    """Where a data set lies in the folder, and whether its classes are split."""

    path: str
    unseen: bool


PLACES = {
    "omniglot": Place("omniglot.zip", True),
    "grocery_store": Place("grocery_store/labels.csv", True),
    "fashion_mnist": Place("fashion_mnist.zip", False),
}
IMAGES = (19_200, 115_200)
"""About 20 and 120 s of one core with pictures of 28 px."""

NUMBERS = ("margin", "temperature", "angle", "slack", "relaxation", "base", "reach", "boundary")
"""What is tuned: the first of these that a loss has."""

BELOW, ABOVE = (1 / 8, 1 / 4, 1 / 2, 3 / 4), (3 / 2, 2.0, 4.0)
"""The values that are tried, as shares of the default; beside it, and evenly up to the largest where that is less."""

SEARCH_SEED = 100
VALIDATION = 1 / 3
AGAINST = "triplet"


def run(
    data: str, name: str, settings: Sequence[str], seed: int, images: int, unseen: bool, tuning: bool
) -> dict[str, Any]:
    """Train once; return figures of the items held out or, ``tuning``, of a part of the training part left out."""
    from explorer.evaluation.retrieval import evaluate
    from explorer.measure.lifts import lift

    split_of = ["split=classes", "split.test=0.5"] if unseen else []
    recipe = Recipe(seed=seed, epochs=1, device="cpu").with_settings([*settings, *split_of, "precision=float32"])
    dataset, split = dataset_of(data, recipe)
    if tuning:
        split = validation(split.train, dataset.labels, unseen)
    epochs = max(1, -(-images // len(split.train)))
    began = time.process_time()
    try:
        trained = fit(dataset, split, recipe.with_value("epochs", epochs), items=images // epochs)
    except RuntimeError as error:
        return {"error": str(error).splitlines()[0]}
    seconds = time.process_time() - began
    metrics = evaluate(trained.embeddings, dataset.labels[trained.held_out], lift(trained.lift)).metrics
    figures = {key: round(metrics[key], 4) for key in ("recall@1", "map@r")}
    return {**figures, "steps": trained.steps, "cpu_seconds": round(seconds, 1)}


def validation(train: IntArray, labels: IntArray, unseen: bool) -> Split:
    """Leave a third of the classes out of the training part, or of its items where all classes are known."""
    random = np.random.default_rng(SEARCH_SEED)
    if unseen:
        classes = np.unique(labels[train])
        left_out = np.isin(labels[train], random.permutation(classes)[: round(VALIDATION * len(classes))])
    else:
        left_out = random.random(len(train)) < VALIDATION
    return Split("validation", train[~left_out], train[left_out], unseen)


def losses(only: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return the settings of every loss and variant that learns classes, or of some."""
    names = [name for name, entry in catalogue("loss").items() if entry.available and "target" not in needs(entry)]
    wanted = {name: (f"loss={name}", *SETTINGS.get(name, ())) for name in names} | VARIANTS
    return {name: settings for name, settings in wanted.items() if not only or name in only}


def number_of(name: str) -> tuple[str, list[float]] | None:
    """Return which number of a loss is tuned and the values that are tried; None where there is none."""
    entry = catalogue("loss").get(name)
    params: type[Parameters] | None = getattr(entry.part, "Params", None) if entry else None
    fields = params.model_fields if params else {}
    key = next((key for key in NUMBERS if key in fields), None)
    if key is None or not isinstance(fields[key].default, float):
        return None
    default = fields[key].default
    most = next((float(one.le) for one in fields[key].metadata if hasattr(one, "le")), np.inf)
    above = [default * factor for factor in ABOVE]
    if above[-1] > most:
        above = np.linspace(default, most, len(ABOVE) + 1)[1:].tolist()
    return key, [float(f"{value:.4g}") for value in (*(default * factor for factor in BELOW), default, *above)]


def job(options: Any, name: str, settings: Sequence[str], seed: int, *, tuning: bool = False) -> dict[str, Any]:
    """Return one training of the data set and budget that ``options`` are at."""
    place = PLACES[options.place]
    return {
        "data": str(Path(options.folder) / place.path), "name": name, "settings": list(settings), "seed": seed,
        "images": options.budget, "unseen": place.unseen, "tuning": tuning,
    }  # fmt: skip


def search_of(options: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the trainings of the search of every loss that is tuned."""
    found = {}
    for name, settings in losses(options.only).items():
        number = number_of(name)
        if number and (options.tune is None or name in options.tune):
            key, values = number
            tried = [[*settings, f"loss.{key}={value:g}"] for value in values]
            found[name] = [job(options, name, one, SEARCH_SEED, tuning=True) for one in tried]
    return found


def defaults_of(options: Any) -> list[dict[str, Any]]:
    """Return the trainings with the defaults, one seed after the other."""
    wanted = losses(options.only)
    return [job(options, name, own, seed) for seed in range(options.runs) for name, own in wanted.items()]


def tuned_of(options: Any, search: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the trainings of the value of every loss that the search found best; the defaults are among them."""
    best: dict[str, dict[str, Any]] = {}
    for row in search:
        if row.get("recall@1", -1.0) > best.get(row["name"], {}).get("recall@1", -1.0):
            best[row["name"]] = row
    return [
        job(options, name, row["settings"], seed) for seed in range(options.runs) for name, row in sorted(best.items())
    ]


def trained(options: Any, jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of jobs: trained, or with ``--kept`` those that were kept."""
    if not options.kept:
        return side_by_side(run, jobs, options.processes, partial=options.name)
    kept = partial_rows(options.name)
    return [kept[key] for key in map(key_of, jobs) if key in kept]


def told(rows: Sequence[dict[str, Any]], against: Sequence[dict[str, Any]]) -> tuple[float, float, int]:
    """Return the mean paired difference of recall@1, half of its 95 % interval, and of how many seeds."""
    mine, other = ({row["seed"]: row["recall@1"] for row in some if "recall@1" in row} for some in (rows, against))
    seeds = sorted(mine.keys() & other.keys())
    if not seeds:
        return float("nan"), float("nan"), 0
    mean, half = interval([mine[seed] - other[seed] for seed in seeds])
    return mean, half, len(seeds)


def rows_of(options: Any) -> list[dict[str, Any]]:
    """Train what ``options`` are at: the defaults, the search, and what it found."""
    default = trained(options, defaults_of(options))
    search = trained(options, list(chain.from_iterable(search_of(options).values())))
    tuned = trained(options, tuned_of(options, search))
    kinds = (("default", default), ("search", search), ("tuned", tuned))
    return [{**row, "data": options.place, "kind": kind} for kind, some in kinds for row in some]


def cost(options: Any) -> str:
    """Return how many trainings there are and how long one core takes, by what a step of those kept took."""
    search = search_of(options)
    count = len(defaults_of(options)) + len(search) * options.runs + sum(map(len, search.values()))
    kept = [row for row in partial_rows(options.name).values() if row.get("cpu_seconds")]
    rows = [row for row in kept if Path(row["data"]).name == Path(PLACES[options.place].path).name] or kept
    a_thousand = np.median([1000 * row["cpu_seconds"] / row["images"] for row in rows]) if rows else 1.04
    hours = count * options.budget * a_thousand / 3.6e6
    return f"{options.place}, {options.budget:,} images: {count} trainings, about {hours:.1f} h of one core"


def main() -> None:
    """Search, train the defaults and what was found, and save all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--data", nargs="+", choices=list(PLACES), default=list(PLACES))
    parser.add_argument("--images", nargs="+", type=int, default=list(IMAGES))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[], help="these losses")
    parser.add_argument("--tune", nargs="*", default=None, help="only these are tuned; without a name: none")
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--name", default="equal_budget", help="of the file of results")
    parser.add_argument("--kept", action="store_true", help="make the table of what there is, and train nothing")
    parser.add_argument("--cost", action="store_true", help="say how long it would take, and do nothing")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for budget, place in product(options.images, options.data):
        options.budget, options.place = budget, place
        if options.cost:
            print(cost(options))  # noqa: T201
        else:
            rows += rows_of(options)
    if rows:
        path = save(options.name, "every loss under one budget: see equal_budget.py", rows)
        print(json.dumps({"rows": len(rows), "of": str(path)}))  # noqa: T201


if __name__ == "__main__":
    main()
