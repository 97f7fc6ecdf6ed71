"""Prototypical networks on held-out alphabets of Omniglot: ``python -m tests.benchmarks.few_shot_table DATA``.

20 of the 50 alphabets are never trained on. One network is trained per draw of alphabets, in episodes of 60 classes
with one support image and five queries each; the reproduced figures (98.4 / 99.6 / 94.9 / 98.6) are of networks trained
for each way and shot, on other characters of the same alphabets.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from explorer.core.recipe import Recipe
from tests.benchmarks.training import RESULTS, dataset_of, fit, save, side_by_side

SETTINGS = (
    "split=classes",
    "split.test=0.4",
    "split.column=level1",
    "loss=prototypical",
    "distance.normalise=false",
    "sampler=episodic",
    "sampler.ways=60",
    "sampler.shots=1",
    "sampler.queries=5",
)
REPRODUCED = {"5-way 1-shot": 0.984, "5-way 5-shot": 0.996, "20-way 1-shot": 0.949, "20-way 5-shot": 0.986}


def run(data: str, settings: list[str], seed: int, epochs: int) -> dict[str, Any]:
    """Train once and classify queries of the held-out alphabets; also with episodes within one alphabet."""
    from explorer.core.registry import create
    from explorer.engine.datasets.samples import sample_of
    from explorer.evaluation.protocol import Effort
    from explorer.measure.lifts import lift

    recipe = Recipe(epochs=epochs, seed=seed).with_settings([*SETTINGS, *settings])
    dataset, split = dataset_of(data, recipe)
    trained = fit(dataset, split, recipe)
    sample = sample_of(dataset, split.held_out, trained.embeddings, lift(trained.lift), None)
    found: dict[str, Any] = {"seconds": round(trained.seconds), "steps": trained.steps}
    for prefix, column in (("", ""), ("within an alphabet, ", "level1")):
        protocol = create("protocol", "few_shot", {"within": column})
        figures = protocol.measure(sample, Effort(seed=seed)).figures
        for name, figure in figures.items():
            found[prefix + name] = round(figure["accuracy"], 4)
            found[f"{prefix}{name} ±"] = round(figure["ci95"], 4)
    return found


def main() -> None:
    """Train a network for each seed, and add the results to those of other seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3])
    parser.add_argument("--epochs", type=int, default=44)
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--processes", type=int, default=0)
    options = parser.parse_args()
    jobs = [
        {"data": options.data, "settings": list(options.set), "seed": seed, "epochs": options.epochs}
        for seed in options.seeds
    ]
    rows = side_by_side(run, jobs, options.processes)
    for row in rows:
        row["data"] = "omniglot"
    path = RESULTS / "few_shot.json"
    kept = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    rows += [row for row in kept if row["seed"] not in options.seeds]
    save("few_shot", "20 of 50 alphabets held out, 1,000 episodes", sorted(rows, key=lambda row: row["seed"]))


if __name__ == "__main__":
    main()
