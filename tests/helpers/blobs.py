"""Points that look like a map, and a dataset whose pictures they are."""

from __future__ import annotations

import numpy as np

from explorer.core.text_column import TextColumn
from explorer.core.types import FloatArray, IntArray, Report, frozen
from explorer.data.dataset import Dataset
from explorer.data.modalities.base import modality_named

CLOTHES = (
    "t-shirt top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


def blobs(count: int, classes: int, seed: int = 0) -> tuple[FloatArray, IntArray]:
    """Return ``count`` points (N, 2) in slanted blobs of different widths, sorted by class, and their classes."""
    rng = np.random.default_rng(seed)
    many = classes > 50
    centres = rng.normal(size=(classes, 2)) * (9.0 if many else 6.0)
    labels = np.sort(rng.integers(0, classes, count))
    widths = np.full(classes, 0.2) if many else 0.5 + 0.8 * rng.random(classes)
    angles = rng.random(classes) * 2 * np.pi
    turns = np.stack([np.cos(angles), -np.sin(angles), np.sin(angles), np.cos(angles)], -1).reshape(-1, 2, 2)
    around = rng.normal(size=(count, 2)) * np.array([1.0, 0.45])
    xy = centres[labels] + np.einsum("nij,nj->ni", turns[labels], around) * widths[labels][:, None]
    strays = rng.random(count) < 0.03
    xy[strays] += rng.normal(size=(int(strays.sum()), 2)) * 1.5
    return xy.astype(np.float32), labels.astype(np.int64)


def dataset_of(labels: IntArray, names: tuple[str, ...] | None = None, side: int = 12) -> Dataset:
    """Return a dataset with a small picture for each label: a bright disc whose size and place tell the class."""
    names = names or tuple(f"class {k}" for k in range(int(labels.max()) + 1))
    grid = np.arange(side)
    rng = np.random.default_rng(5)
    centres, sizes = 3 + rng.random((len(names), 2)) * (side - 6), 2 + rng.random(len(names)) * side / 4
    away = np.hypot(grid[None, :, None] - centres[:, 0, None, None], grid[None, None, :] - centres[:, 1, None, None])
    discs = np.clip((sizes[:, None, None] - away) * 160, 0, 255).astype(np.uint8)
    pixels = frozen(discs[labels][..., None])
    ids = TextColumn.of(f"train/{names[label]}/{k:05d}.png" for k, label in enumerate(labels))
    report = Report(kept=len(labels), classes=len(names))
    return Dataset(
        "blobs", "blobs", ids, frozen(labels), names, {}, "blobs", report, modality_named("pictures"), pixels
    )
