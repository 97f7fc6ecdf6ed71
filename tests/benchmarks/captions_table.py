"""Captions ask for pictures and pictures for captions: ``python -m tests.benchmarks.captions_table FASHION_ZIP``.

Clothes of Fashion-MNIST, each in a colour and a size of its own somewhere in the picture, with a sentence that says so
in one of four wordings. The test pictures are those of its test part; they ask each other alone. What says the same is
right too; *by class*: whatever shows the same kind of clothes.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from explorer.core.recipe import Recipe
from explorer.core.registry import create
from explorer.core.types import ByteArray
from explorer.engine.datasets.requirements import suited
from explorer.engine.datasets.samples import raw_sample_of, sample_of
from explorer.evaluation.protocol import Effort, Protocol
from explorer.measure.lifts import lift
from tests.benchmarks.training import dataset_of, fit, save, side_by_side
from tests.helpers.captions import captioned_set

TRAIN, TEST = 6000, 1000
RAW = "raw"
WAYS: dict[str, list[str]] = {
    "default: two towers, CLIP": [],
    "two towers, SigLIP": ["loss=siglip", "loss.views=pairs"],
    RAW: [],
}


def clothes(archive: Path, count: int, part: str, seed: int = 0) -> list[tuple[str, ByteArray]]:
    """Return pictures of a part of Fashion-MNIST with what they show, in a random order."""
    with zipfile.ZipFile(archive) as opened:
        names = sorted(name for name in opened.namelist() if name.startswith(f"{part}/") and name.endswith(".png"))
        chosen = np.random.default_rng(seed).permutation(len(names))[:count]
        found = []
        for at in chosen.tolist():
            thing = names[at].split("/")[1].partition("_")[2].replace("_", " ")
            found.append((thing, np.asarray(Image.open(io.BytesIO(opened.read(names[at]))).convert("L"))))
        return found


def run(data: str, name: str, seed: int, settings: list[str]) -> dict[str, Any]:
    """Train once and measure the test part; return the figures and the seconds of processor time."""
    recipe = Recipe(seed=seed, device="cpu").with_settings([*WAYS[name], *settings])
    dataset, split = dataset_of(data, recipe)
    recipe = suited(recipe, dataset.modality)
    begun, steps = time.process_time(), 0
    if name == RAW:
        sample = raw_sample_of(dataset, split.held_out, None)
    else:
        trained = fit(dataset, split, recipe)
        steps = trained.steps
        sample = sample_of(dataset, split.held_out, trained.embeddings, lift(trained.lift), None)
    seconds = round(time.process_time() - begun, 1)
    figures: dict[str, float] = {}
    for relevant, before in (("captions", ""), ("classes", "class ")):
        protocol: Protocol = create("protocol", "cross_modal", {"relevant": relevant})
        found = protocol.measure(sample, Effort()).figures
        figures |= {f"{before}{key}": round(float(value), 4) for key, value in found.items()}
    return {"items": len(split.held_out), "steps": steps, "seconds": seconds, "figures": figures}


def main() -> None:
    """Make the set, and train ``runs`` times on it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("archive", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--processes", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        glyphs = [*clothes(options.archive, TRAIN, "train"), *clothes(options.archive, TEST, "test")]
        data = str(captioned_set(Path(folder), glyphs, held_out=TEST / len(glyphs), things=True))
        jobs = [
            {"data": data, "name": name, "seed": seed, "settings": options.set}
            for name in WAYS
            for seed in range(1 if name == RAW else options.runs)
        ]
        rows = side_by_side(run, jobs, options.processes)
    for row in rows:
        del row["data"]
    save("captions", "clothes of Fashion-MNIST in colour, with captions; test part among itself", rows)


if __name__ == "__main__":
    main()
