"""Vectors on their way through augmentation and the statistics of an encoder."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.recipe import Part, Recipe
from explorer.core.registry import catalogue, create
from explorer.learn.parts import make_augment, make_encoder


@pytest.mark.parametrize("name", sorted(catalogue("augment")))
def test_augmentation_changes_what_it_reads_and_leaves_the_rest_alone(name: str) -> None:
    augment = make_augment(Recipe(augment=Part(name=name)), "vectors", (1, 1, 7), 5.0)
    vectors = torch.randn(6, 7, 1, 1)
    unchanged = torch.equal(augment(vectors, torch.Generator().manual_seed(0)), vectors)
    assert unchanged == (name not in ("corrupted", "vectors"))


@pytest.mark.parametrize("scale", [1e-20, 1e-4, 1.0, 1e20])
@pytest.mark.parametrize("name", ["mlp", "linear"])
def test_vectors_of_any_scale_look_the_same_to_an_encoder(name: str, scale: float) -> None:
    rows = np.random.default_rng(0).standard_normal((50, 6))
    rows[:, 2] = 3  # a number that is always the same says nothing, and must not be blown up
    rows[:, 3] *= 100
    encoder = make_encoder(Recipe(encoder=Part(name=name)), (1, 1, 6))
    vectors = torch.from_numpy((rows * scale).astype(np.float32)).reshape(50, 6, 1, 1)
    encoder.observe(vectors)
    seen = encoder.normalised(vectors).reshape(50, 6)
    varying = [0, 1, 3, 4, 5]
    torch.testing.assert_close(seen[:, varying].std(dim=0, correction=0), torch.ones(5), rtol=1e-3, atol=0)
    assert seen[:, 2].abs().max() < 1e-3
    assert torch.isfinite(encoder.eval()(vectors)).all()


def test_corrupted_numbers_come_from_the_same_place_of_other_vectors() -> None:
    vectors = torch.arange(200 * 8, dtype=torch.float32).reshape(200, 8, 1, 1)
    augment = create("augment", "corrupted", {"share": 0.4}, shape=(1, 1, 8), images_per_class=5.0)
    changed = augment(vectors, torch.Generator().manual_seed(1))
    assert changed.shape == vectors.shape
    assert torch.equal(changed.long() % 8, vectors.long() % 8)  # a number keeps its place
    assert float((changed != vectors).float().mean()) == pytest.approx(0.4, abs=0.04)
    again = augment(vectors, torch.Generator().manual_seed(1))
    assert torch.equal(changed, again)
    none = create("augment", "corrupted", {"share": 0.0}, shape=(1, 1, 8), images_per_class=5.0)
    assert torch.equal(none(vectors, torch.Generator().manual_seed(1)), vectors)
