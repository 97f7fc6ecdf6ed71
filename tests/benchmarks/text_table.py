"""Questions by what they ask, trained from scratch: ``python -m tests.benchmarks.text_table DATA``.

DATA is Banking77: a folder with ``train.csv`` and ``test.csv``. The test questions ask each other, once of the intents
that were trained on, and once of the last twenty by name where these were left out of the training; beside them the
TF-IDF of scikit-learn over the same n-grams of characters, and what the raw baseline of the app finds.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from explorer.core.recipe import Recipe
from explorer.core.types import FloatArray, IntArray, Split
from explorer.data.dataset import Dataset
from explorer.engine.analysis.raw_baseline import unit_rows
from explorer.engine.datasets.requirements import suited
from tests.benchmarks.training import dataset_of, fit, save, side_by_side

UNSEEN = 20
BASELINES = ("TF-IDF, characters 2 to 5", "raw: character n-grams")


def run(data: str, name: str, settings: list[str], seed: int, unseen: bool) -> dict[str, Any]:
    """Measure one method once; return recall@1 of the test questions and the seconds of processor time."""
    recipe = Recipe(seed=seed, device="cpu").with_settings(settings)
    dataset, whole = dataset_of(data, recipe)
    split = without_last(dataset, whole) if unseen else whole
    begun = time.process_time()
    if name in BASELINES:
        rows = baseline(dataset, whole.train, split.held_out, name)
    else:
        rows = trained(dataset, split, recipe)
    found = recall(rows, dataset.labels[split.held_out])
    return {"recall@1": round(found, 4), "items": len(rows), "seconds": round(time.process_time() - begun, 1)}


def without_last(dataset: Dataset, split: Split) -> Split:
    """Return a split whose last classes by name are held out alone, and never trained on."""
    first = sorted(range(len(dataset.class_names)), key=lambda label: dataset.class_names[label])[-UNSEEN:]
    last = np.isin(dataset.labels, first)
    train, held_out = split.train[~last[split.train]], split.held_out[last[split.held_out]]
    return Split("classes", train, held_out, True)


def trained(dataset: Dataset, split: Split, recipe: Recipe) -> FloatArray:
    """Return the held-out items as a recipe embeds them."""
    return fit(dataset, split, suited(recipe, dataset.modality)).embeddings


def baseline(dataset: Dataset, train: IntArray, held_out: IntArray, name: str) -> FloatArray:
    """Return the held-out items by what is known without classes: the texts ``train``, those of all intents."""
    if name == BASELINES[1]:
        return unit_rows(dataset.modality.rows(dataset.inputs)[held_out])
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [dataset.words(item) for item in range(len(dataset))]
    model = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)).fit([texts[i] for i in train.tolist()])
    rows: FloatArray = model.transform([texts[i] for i in held_out.tolist()]).toarray().astype(np.float32)
    return rows


def recall(rows: FloatArray, labels: IntArray) -> float:
    """Return recall@1 by the cosine, as the app measures it."""
    from explorer.evaluation.retrieval import evaluate
    from explorer.measure.lifts import lift

    return float(evaluate(rows, labels, lift("cosine")).metrics["recall@1"])


def main() -> None:
    """Train ``runs`` times, and measure what needs no training once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--processes", type=int, default=0)
    options = parser.parse_args()
    jobs = [
        {"data": options.data, "name": name, "settings": options.set, "seed": seed, "unseen": unseen}
        for unseen in (False, True)
        for name in ("default", *BASELINES)
        for seed in range(1 if name in BASELINES else options.runs)
    ]
    rows = side_by_side(run, jobs, options.processes)
    for row in rows:
        row["data"] = row["data"].rpartition("/")[2]
    save("text", "questions by what they ask, test questions among themselves", rows)


if __name__ == "__main__":
    main()
