"""What batches hold is said where the data have fewer classes than the recipe asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.core.recipe import Part, Recipe
from explorer.core.types import Split
from explorer.learn.samplers.pk import PK
from explorer.ui.recipe.drawn_batch import DrawnBatch, images_of_each
from tests.helpers.blobs import CLOTHES, blobs, dataset_of

LABELS = blobs(400, 10)[1]
TRAIN = Split("items", np.flatnonzero(np.arange(400) % 4), np.arange(0, 400, 4), False)


def test_fewer_classes_than_a_batch_asks_for_are_told_with_how_many_of_each() -> None:
    drawn, dataset, recipe = DrawnBatch(), dataset_of(LABELS, CLOTHES), Recipe()
    assert drawn.words(recipe, dataset, TRAIN) == "Only 10 to train on: 10 × 13 are drawn"
    assert drawn.words(recipe.with_value("sampler.classes", 10), dataset, TRAIN) == ""
    assert drawn.words(recipe.with_value("sampler.images", 8), dataset, TRAIN).startswith("Only 10 to train on: 10 × ")
    assert drawn.words(recipe, None, None) == ""
    few = replace(TRAIN, train=np.flatnonzero(LABELS < 3))
    assert drawn.words(recipe, dataset, few).startswith("Only 3 to train on: 3 × ")
    other = recipe.model_copy(update={"sampler": Part(name="shuffled")})
    assert drawn.words(other, dataset, TRAIN) == ""


@pytest.mark.parametrize(("classes", "images"), [(32, 4), (32, 16), (11, 2)])
def test_it_is_what_the_sampler_draws(classes: int, images: int) -> None:
    sampler = PK(PK.Params(classes=classes, images=images), LABELS, torch.Generator().manual_seed(0))
    sizes = np.bincount(LABELS)
    assert images_of_each(sizes, classes, images) == sampler.images
    batch = next(iter(sampler.epoch()))
    assert int(np.bincount(LABELS[batch]).max()) <= sampler.images
