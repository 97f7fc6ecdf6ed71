"""Every recipe that comes along trains on a small sample of what it is for."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.core.examples import examples
from explorer.core.registry import Scalar
from explorer.data.opening import open_dataset
from tests.helpers.captions import shape_captions
from tests.helpers.clips import clip_folder
from tests.helpers.shapes import shape_folder
from tests.helpers.sound import tones
from tests.helpers.texts import question_table


def digits(_folder: Path) -> str:
    return "sample:digits"


def signatures(folder: Path) -> str:
    """Return a table of pictures by six writers, each of whom writes four names four times."""
    pictures = open_dataset("sample:digits").inputs
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["path", "label", "writer", "name_id"])
        for number in range(6 * 4 * 4):
            writer, name = f"w{number // 16}", f"n{number // 4 % 4}"
            Image.fromarray(np.kron(pictures[number][..., 0], np.ones((6, 6), np.uint8))).save(folder / f"{number}.png")
            table.writerow([f"{number}.png", f"{writer} {name}", writer, name])
    return str(folder / "labels.csv")


def measurements(folder: Path) -> str:
    """Return a table of numbers and a category in four classes."""
    draws = np.random.default_rng(0)
    lines = ["size,weight,colour,class"]
    for number in range(80):
        kind = number % 4
        size, weight = kind + draws.normal(0, 0.1), 2 * kind + draws.normal(0, 0.1)
        lines.append(f"{size:.3f},{weight:.3f},{'red' if kind % 2 else 'blue'},k{kind}")
    (folder / "table.csv").write_text("\n".join(lines), encoding="utf-8")
    return str(folder / "table.csv")


SAMPLES: dict[str, Callable[[Path], str | Path]] = {
    "signatures": signatures,
    "speakers": lambda folder: tones(folder / "tones", range(6), "abc", 4),
    "texts": lambda folder: question_table(folder / "questions.csv"),
    "captions": lambda folder: shape_captions(folder / "captions"),
    "clips": lambda folder: clip_folder(folder / "clips", 4, 2, motions=("left", "right", "grow")),
    "tables": measurements,
    "shapes": lambda folder: shape_folder(folder / "shapes", 4, 2),
}
"""What is no picture of a known class; the others learn the digits."""

SMALLER: dict[str, dict[str, Scalar]] = {
    "faces": {"encoder.width": 8},
    "re-identification": {"encoder.width": 8},
    "clips": {"encoder.width": 4},
}
"""What makes a large network small: whether it learns is measured elsewhere."""


@pytest.mark.full
@pytest.mark.parametrize("name", [example.name for example in examples()])
def test_a_recipe_trains_on_what_it_is_for(name: str, tmp_path: Path) -> None:
    data = SAMPLES.get(name, digits)(tmp_path)
    told: list[str] = []
    run = explorer.train(
        data, out=tmp_path / "run", recipe=name, settings={**SMALLER.get(name, {}), "epochs": 1}, tell=told.append
    )
    assert run.recipe.resolved().loss == explorer.Recipe.load(_path(name)).resolved().loss
    assert np.isfinite(run.embeddings).all()
    assert np.ptp(run.embeddings, axis=0).max() > 1e-3  # all in one place would be a collapse
    assert len(run.held_out)
    assert not [sentence for sentence in told if sentence.startswith(("warning", "error"))]


def _path(name: str) -> Path:
    return next(example.path for example in examples() if example.name == name)
