"""Tables of measurements are learned: an interaction of a category and a number that no distance of columns shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from explorer.core.recipe import Part, Recipe
from explorer.core.registry import create
from explorer.core.types import FloatArray, IntArray, Snapshot
from explorer.data.labels.measured_columns import ABSENT, FIRST_CATEGORY
from explorer.data.opening import open_dataset
from explorer.engine.datasets.requirements import suited
from explorer.learn.encoders.base import Encoder
from explorer.learn.parts import make_augment, make_encoder
from tests.learn.tasks import halves, of, run, task

SHAPE = (3, 1, 2)


@pytest.fixture
def rows() -> torch.Tensor:
    """(6, 2, 3, 1): a column of numbers, one with a gap, one of categories."""
    values = torch.tensor([[10.0, 1, 0], [20, 2, 0], [30, 3, 0], [40, 1, 0], [50, 2, 0], [60, 2, 0]])
    codes = torch.tensor([[0, 0, 7], [0, 0, 9], [0, ABSENT, 7], [0, 0, ABSENT], [0, 0, 9], [0, 0, 1_000_000.0]])
    return torch.stack([values, codes], dim=1)[..., None]


def made(rows: torch.Tensor) -> Encoder:
    torch.manual_seed(0)
    encoder = make_encoder(Recipe(encoder=Part(name="table")), SHAPE).eval()
    encoder.observe(rows)
    return encoder


def test_numbers_are_standardised_by_what_is_there(rows: torch.Tensor) -> None:
    found = made(rows).normalised(rows)
    known = rows[:, 0, :2, 0].numpy()
    first = (known[:, 0] - known[:, 0].mean()) / known[:, 0].std()
    there = known[[0, 1, 3, 4, 5], 1]
    np.testing.assert_allclose(found[:, 0], first, rtol=1e-5)
    np.testing.assert_allclose(found[[0, 1, 3, 4, 5], 1], (there - there.mean()) / there.std(), rtol=1e-5)
    assert float(found[2, 1]) == 0.0
    assert not found[:, 2].any()


def test_what_differs_in_any_cell_is_another_embedding_and_a_filled_gap_counts_for_nothing(rows: torch.Tensor) -> None:
    encoder = made(rows)
    found = encoder(rows)
    assert found.shape == (6, 64)
    other = rows[:1].repeat(4, 1, 1, 1)
    other[1, 0, 0] += 1
    other[2, 1, 2] = FIRST_CATEGORY
    other[3, 1, 1] = ABSENT
    assert len(torch.unique(encoder(other).detach().round(decimals=4), dim=0)) == 4
    gap = rows[2:3].repeat(2, 1, 1, 1)
    gap[1, 0, 1] = 1e6
    torch.testing.assert_close(encoder(gap)[0], encoder(gap)[1])


def test_cells_are_replaced_whole(rows: torch.Tensor) -> None:
    changed = create("augment", "cells", {"share": 0.5}, shape=SHAPE, images_per_class=5.0)(
        rows, torch.Generator().manual_seed(0)
    )
    pairs = {tuple(cell) for cell in rows.permute(0, 2, 1, 3).reshape(-1, 2).tolist()}
    assert {tuple(cell) for cell in changed.permute(0, 2, 1, 3).reshape(-1, 2).tolist()} <= pairs
    assert not torch.equal(changed, rows)
    auto = make_augment(Recipe(), "table", SHAPE, 5.0)
    assert auto.reads == {"table"}


def write_table(path: Path, count: int = 1500) -> Path:
    """Write rows whose class is a quarter of ``weight``, shifted by ``colour``; six columns are noise."""
    rng = np.random.default_rng(0)
    colour, weight = rng.integers(0, 8, count), rng.normal(100, 40, count)
    shift = np.array([0, 1, 2, 3, 1, 3, 0, 2])[colour]
    label = (np.digitize((weight - 100) / 40, [-0.67, 0, 0.67]) + shift) % 4
    noise, site = rng.normal(size=(count, 6)), rng.integers(0, 4, count)
    names = np.array(["red", "green", "blue", "grey", "white", "black", "pink", "teal"])
    lines = ["weight,colour,site,na,nb,nc,nd,ne,nf,class"]
    for i in range(count):
        lost = "" if rng.random() < 0.02 else f"{weight[i]:.3f}"
        numbers = ",".join(f"{value:.4f}" for value in noise[i])
        lines.append(f"{lost},{names[colour[i]]},{'nsew'[site[i]]},{numbers},{'ABCD'[label[i]]}")
    path.write_text("\n".join(lines), "utf-8")
    return path


def recall(rows: FloatArray, labels: IntArray) -> float:
    _, near = NearestNeighbors(n_neighbors=2).fit(rows).kneighbors(rows)
    other = np.where(near[:, 0] == np.arange(len(rows)), near[:, 1], near[:, 0])
    return float(np.mean(labels[other] == labels))


def test_an_interaction_is_learned_that_raw_columns_do_not_show(tmp_path: Path) -> None:
    dataset = open_dataset(str(write_table(tmp_path / "t.csv")))
    assert suited(Recipe(), dataset.modality).encoder.name == "table"
    held_out = np.arange(1000, 1500)
    rows = np.asarray(dataset.modality.rows(dataset.inputs), np.float32)
    raw = recall(rows[held_out], dataset.labels[held_out])
    recipe = Recipe(encoder=Part(name="table"), epochs=12, device="cpu")
    asked = task(recipe, pixels=dataset.inputs, labels=dataset.labels, split=halves(1500, 500))
    last = of(Snapshot, run(replace(asked, modality="table")))[-1]
    embeddings = last.embeddings[np.argsort(last.indices)]
    learned = recall(embeddings[held_out], dataset.labels[held_out])
    assert raw < 0.45
    assert learned > 0.7
