"""Linear metrics against known figures, and LMNN at 60,000 × 64: ``python -m tests.benchmarks.linear_table FASHION``.

Known figures: the gallery of scikit-learn for the digits in two dimensions, another implementation of LMNN (60 of its
iterations) for iris, wine and the digits; all with 3 nearest neighbours.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_iris, load_wine

from explorer.core.recipe import Recipe
from tests.benchmarks.training import dataset_of, save
from tests.learn.linear.problems import Doubles, accuracy, fitted, halves_of_digits, scaled_split

FLAT: dict[str, tuple[dict[str, Any], float]] = {
    "pca": ({"whiten": False}, 0.523),
    "lda": ({}, 0.659),
    "nca": ({}, 0.695),
}


def flat() -> list[dict[str, Any]]:
    """Return the accuracies of the digits in two dimensions."""
    x, test, y, answers = halves_of_digits()
    rows = []
    for name, (params, known) in FLAT.items():
        linear, _ = fitted(name, x, y, dimension=2, **params)
        found = accuracy(x @ linear.T, y, test @ linear.T, answers)
        what = f"digits in two dimensions, {name.upper()}: accuracy"
        rows.append({"what": what, "before": "", "after": f"{found:.3f}", "known": f"{known:.3f}"})
    return rows


def large_margin() -> list[dict[str, Any]]:
    """Return the errors of iris, wine and digits before and after LMNN."""
    rows = []
    for name, load, known in (("iris", load_iris, "0.0489 → 0.0267"), ("wine", load_wine, "0.0481 → 0.0185")):
        errors = [errors_of(*scaled_split(*load(return_X_y=True), test=0.3, seed=seed)) for seed in range(5)]
        before, after = np.mean(errors, axis=0)
        what = f"{name}, five splits, LMNN: error"
        rows.append({"what": what, "before": f"{before:.4f}", "after": f"{after:.4f}", "known": known})
    before, after = errors_of(*halves_of_digits())
    known = "0.0300 → 0.0267"
    what = "digits, 64 dimensions, LMNN: error"
    return [*rows, {"what": what, "before": f"{before:.4f}", "after": f"{after:.4f}", "known": known}]


def errors_of(x: Doubles, test: Doubles, y: np.ndarray[Any, Any], answers: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return the errors of 3 nearest neighbours before and after LMNN."""
    linear, _ = fitted("lmnn", x, y)
    return 1 - accuracy(x, y, test, answers), 1 - accuracy(x @ linear.T, y, test @ linear.T, answers)


def at_scale(data: str) -> dict[str, Any]:
    """Fit LMNN to 60,000 pictures on 64 principal axes; return errors and seconds of the fit."""
    dataset, split = dataset_of(data, Recipe())
    pixels = dataset.inputs.reshape(len(dataset), -1)
    train, test = (pixels[rows].astype(np.float64) / 255 for rows in (split.train, split.held_out))
    mean = train.mean(axis=0)
    axes = np.linalg.eigh(np.cov(train[::6].T))[1][:, -64:]
    x, held_out = (train - mean) @ axes, (test - mean) @ axes
    torch.set_num_threads(os.cpu_count() or 1)
    started, used = time.perf_counter(), time.process_time()
    linear, iterates = fitted("lmnn", x, dataset.labels[split.train])
    seconds, used = time.perf_counter() - started, time.process_time() - used
    y, answers = dataset.labels[split.train], dataset.labels[split.held_out]
    before, after = (1 - accuracy(x @ m.T, y, held_out @ m.T, answers) for m in (np.eye(64), linear))
    sys.stderr.write(f"{len(iterates)} iterations, {seconds:.1f} s, {used:.1f} s of CPU\n")
    what = f"Fashion-MNIST, 60,000 × 64, LMNN in {seconds:.0f} s: error"
    return {"what": what, "before": f"{before:.4f}", "after": f"{after:.4f}", "known": "", "seconds": seconds}


def main() -> None:
    """Fit all of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    options = parser.parse_args()
    rows = [at_scale(options.data), *flat(), *large_margin()]
    for row in rows:
        sys.stderr.write(f"{row}\n")
    save("linear", "3 nearest neighbours", rows)


if __name__ == "__main__":
    main()
