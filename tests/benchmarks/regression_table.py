"""An angle as the target: ``python -m tests.benchmarks.regression_table fashion_mnist.zip [--seeds 3]``.

Pictures of fashion_mnist, each turned by an angle that is drawn and known. Held-out ones guess theirs by the mean
direction of their 10 nearest: of the raw pixels, of a classifier of what is worn, of one of twelve bins of the angle,
and of the losses that learn the number, all with the same network, as many images and defaults. About two minutes.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from explorer.core.recipe import Recipe
from tests.benchmarks.training import dataset_of, fit, save, side_by_side

PICTURES, EPOCHS, BINS = 4000, 4, 12
WAYS: dict[str, tuple[str, ...]] = {
    "raw pixels": (),
    "classifier of what is worn": ("loss=normalised_softmax", "data.label_column=kind"),
    "classifier of twelve bins of the angle": ("loss=normalised_softmax", "data.label_column=bin"),
    "Rank-N-Contrast": ("loss=rank_n_contrast",),
    "log-ratio": ("loss=log_ratio",),
    "ordinal triplet": ("loss=ordinal_triplet",),
}


def turned(source: str, folder: Path) -> Path:
    """Write turned pictures of a data set into a folder, and the table that says by how much; return the table."""
    from explorer.data.opening import open_dataset

    dataset, random = open_dataset(source), np.random.default_rng(0)
    table = folder / "turned.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "angle", "kind", "bin"))
        for item in random.choice(len(dataset), PICTURES, replace=False).tolist():
            angle = float(random.uniform(0, 360))
            picture = Image.fromarray(np.asarray(dataset.inputs[item])[..., 0])
            picture.rotate(angle, Image.Resampling.BILINEAR).save(folder / f"{item}.png")
            writer.writerow((f"{item}.png", f"{angle:.3f}", dataset.class_name(item), f"bin {angle * BINS // 360:.0f}"))
    return table


def run(data: str, name: str, settings: list[str], seed: int) -> dict[str, Any]:
    """Learn by one way, and return the error of the angle of held-out pictures."""
    from explorer.core.registry import create
    from explorer.engine.datasets.samples import raw_sample_of, sample_of
    from explorer.evaluation.protocol import Effort
    from explorer.measure.lifts import lift

    target = ("data.target_column=angle", "data.target_period=360")
    recipe = Recipe(epochs=EPOCHS, seed=seed).with_settings([*target, *settings])
    dataset, split = dataset_of(data, recipe)
    if settings:
        trained = fit(dataset, split, recipe)
        sample = sample_of(dataset, split.held_out, trained.embeddings, lift(trained.lift), None)
    else:
        sample = raw_sample_of(dataset, split.held_out, None)
    figures = create("protocol", "regression", {}).measure(sample, Effort()).figures
    return {key: round(figures[key], 4) for key in ("mean_error", "median_error", "relative_error")}


def main() -> None:
    """Learn by every way from several seeds, which also draw what is held out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = str(turned(options.data, Path(folder)))
        jobs = [
            {"data": table, "name": name, "settings": list(settings), "seed": seed}
            for name, settings in WAYS.items()
            for seed in range(options.seeds)
        ]
        rows = side_by_side(run, jobs, options.processes)
    for row in rows:
        row["data"] = options.data.rpartition("/")[2]
    save("regression", f"{PICTURES:,} turned pictures of fashion_mnist, a fifth held out, {EPOCHS} epochs", rows)


if __name__ == "__main__":
    main()
