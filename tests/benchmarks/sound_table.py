"""Digits of speakers never heard, and speakers by digits never heard: ``python -m tests.benchmarks.sound_table DATA``.

DATA are the recordings of the Free Spoken Digit Dataset, DIGIT_SPEAKER_INDEX.wav. Each draw holds out two of the six
speakers, or three of the ten digits. Recall@1 across: asked of the recordings of the other held-out speakers (digits).
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from explorer.core.recipe import Recipe
from explorer.core.types import FloatArray, IntArray, Split
from explorer.data.dataset import Dataset
from tests.benchmarks.training import dataset_of, fit, save, side_by_side

COMMON = ("encoder=mel_cnn", "augment=sound")
TASKS: dict[str, tuple[str, str, int, tuple[str, ...]]] = {
    "digits of speakers never heard": ("part1", "part2", 2, COMMON),
    "speakers by digits never heard": ("part2", "part1", 3, COMMON),
    "speakers by digits never heard, recipe `speakers`": ("part2", "part1", 3, (*COMMON, "augment.speed=0.05")),
}
"""The column of the class, that of which whole values are held out, how many, and what is chosen.

The recipe ``speakers`` holds out speakers; here digits are held out in its place.
"""


def held_out(dataset: Dataset, column: str, count: int, seed: int) -> tuple[Split, list[str]]:
    """Return a split that holds out so many values of a column, and which they are."""
    texts = np.array(list(dataset.columns[column]))
    values = np.random.default_rng(seed).permutation(np.unique(texts))[:count]
    out = np.isin(texts, values)
    return Split("column", np.flatnonzero(~out), np.flatnonzero(out), False), sorted(values.tolist())


def measured(x: FloatArray, labels: IntArray, others: IntArray, distance: str) -> dict[str, float]:
    """Return recall@1 among themselves and across ``others``, and the equal error rate of all pairs."""
    from explorer.evaluation.retrieval import evaluate
    from explorer.evaluation.verification import evaluate as verify
    from explorer.measure.lifts import lift

    of = lift(distance)
    across = [
        evaluate(x, labels, of, parts=(others == one, others != one)).metrics["recall@1"] for one in np.unique(others)
    ]
    eer = verify(x, labels, of).eer
    return {
        "recall@1": round(evaluate(x, labels, of).metrics["recall@1"], 4),
        "recall@1, across": round(float(np.mean(across)), 4),
        "eer": round(eer.value, 4),
        "low": round(eer.low, 4),
        "high": round(eer.high, 4),
    }


def run(data: str, name: str, seed: int, epochs: int) -> dict[str, Any]:
    """Train once and measure what was held out, beside its mel statistics."""
    from explorer.engine.analysis.raw_baseline import unit_rows
    from explorer.engine.datasets.loading import raw_rows

    label, column, count, settings = TASKS[name]
    recipe = Recipe(epochs=epochs, seed=seed, device="cpu").with_settings([*settings, f"data.label_column={label}"])
    dataset, _ = dataset_of(data, recipe)
    split, values = held_out(dataset, column, count, seed)
    rows = split.held_out
    texts = np.array(list(dataset.columns[column]))[rows]
    others = np.unique(texts, return_inverse=True)[1].astype(np.int64)
    raw = measured(unit_rows(raw_rows(dataset, rows)), dataset.labels[rows], others, "cosine")
    before = time.process_time()
    trained = fit(dataset, split, recipe)
    seconds = time.process_time() - before
    found = measured(trained.embeddings, dataset.labels[rows], others, trained.lift)
    return {
        "held out": values,
        "steps": trained.steps,
        "processor seconds": round(seconds, 1),
        **found,
        **{f"raw, {key}": value for key, value in raw.items()},
    }


def main() -> None:
    """Train both tasks on ``runs`` draws of what is held out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--processes", type=int, default=0)
    options = parser.parse_args()
    jobs = [
        {"data": options.data, "name": name, "seed": seed, "epochs": options.epochs}
        for name in TASKS
        for seed in range(options.runs)
    ]
    rows = side_by_side(run, jobs, options.processes)
    for row in rows:
        row["data"] = "spoken digits"
    save("sound", f"{options.epochs} epochs, one core each", rows)


if __name__ == "__main__":
    main()
