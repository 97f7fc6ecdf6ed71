"""Where a loss would move stored embeddings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint
from explorer.core.recipe import Recipe
from explorer.core.registry import catalogue, create
from explorer.core.types import FloatArray, IntArray
from explorer.learn.batch import Batch
from explorer.learn.embedding_gradient import EmbeddingGradient
from explorer.learn.parts import make_distance, needs_of

CLASSES = np.arange(5)
EUCLIDEAN = create("distance", "euclidean", {"normalise": False})


def embedded(items: int = 100, dimension: int = 6) -> tuple[FloatArray, IntArray]:
    draw = np.random.default_rng(0)
    labels = np.arange(items, dtype=np.int64) % 5
    rows = draw.normal(size=(items, dimension)) + np.eye(5, dimension)[labels]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


def recipe_of(*settings: str) -> Recipe:
    return Recipe().with_settings(["sampler.classes=5", "sampler.images=4", *settings])


def learned(recipe: Recipe, dimension: int = 6) -> Checkpoint:
    distance = make_distance(recipe, dimension)
    torch.manual_seed(0)
    part = recipe.loss
    loss = create("loss", part.name, part.params, distance=distance, classes=5, dimension=dimension)
    modules = {"loss": loss, "distance": distance}
    tensors: dict[str, Any] = {
        f"{name}.{key}": tensor.numpy()
        for name, module in modules.items()
        for key, tensor in module.state_dict().items()
    }
    return Checkpoint("r", 1, 0, tensors, {})


def pull_of(*settings: str, weights: bool = True) -> EmbeddingGradient:
    rows, labels = embedded()
    recipe = recipe_of(*settings)
    saved = learned(recipe) if weights else None
    return EmbeddingGradient(recipe, rows, labels, {}, classes=CLASSES, weights=lambda: saved, prepared=True)


REFUSED = {"views", "maps", "hidden", "label_sets", "target"}
STORED = [
    name
    for name, entry in catalogue("loss").items()
    if entry.available and not needs_of(Recipe().with_settings([f"loss={name}"])) & REFUSED
]


@pytest.mark.parametrize("loss", STORED)
def test_every_loss_over_stored_embeddings_has_a_finite_gradient(loss: str) -> None:
    rows, labels = embedded()
    asked = np.arange(0, 40)
    recipe = recipe_of(f"loss={loss}")
    saved = learned(recipe)
    before = torch.random.get_rng_state()
    pull = EmbeddingGradient(recipe, rows, labels, {}, classes=CLASSES, weights=lambda: saved, prepared=True)
    found = pull.gradient(rows[asked], labels[asked], asked)
    assert torch.equal(torch.random.get_rng_state(), before), "a run that trains draws from there"
    assert found.shape == (40, 6)
    assert np.isfinite(found).all()
    np.testing.assert_allclose((found * rows[asked]).sum(axis=1), 0.0, atol=1e-5)
    assert (np.abs(found).max(axis=1) > 0).any()


def test_the_gradient_is_that_of_the_loss() -> None:
    """Compared with finite differences of the loss of the same batch, along the sphere."""
    rows, labels = embedded()
    asked = np.array([3, 50, 77])
    pull = pull_of("loss=contrastive", "miner=all")
    context = pull._context(labels[asked], asked)
    assert not np.isin(asked, context).any()
    items = np.concatenate([context, asked])
    codes = torch.from_numpy(labels[items])

    def value(x: FloatArray) -> float:
        return float(pull.loss(Batch(torch.from_numpy(x), codes, EUCLIDEAN), None).value)

    step = 1e-2
    slopes = np.zeros((3, 6))
    for row, column in np.ndindex(3, 6):
        for sign in (1, -1):
            moved = rows[items].copy()
            moved[len(context) + row, column] += sign * step
            slopes[row, column] += sign * value(moved) / (2 * step)
    along = (slopes * rows[asked]).sum(axis=1, keepdims=True) * rows[asked]
    np.testing.assert_allclose(pull.gradient(rows[asked], labels[asked], asked), slopes - along, atol=1e-4)


def test_items_of_classes_never_trained_on_are_compared_where_the_loss_compares_rows() -> None:
    rows, labels = embedded()
    other = np.full(10, 9)
    held_out = np.full(10, -1)
    for loss, moved in (("triplet", True), ("softmax", False)):
        found = pull_of(f"loss={loss}").gradient(rows[:10], other, held_out)
        assert (np.abs(found).max() > 0) == moved
    assert not pull_of().gradient(rows[:10], np.full(10, -1), held_out).any()
    assert pull_of().gradient(rows[:10], labels[:10], held_out).any()


def test_what_is_not_violated_does_not_move() -> None:
    labels = np.arange(100, dtype=np.int64) % 5
    rows = np.eye(6, dtype=np.float32)[labels]
    recipe = recipe_of("miner=all")
    pull = EmbeddingGradient(recipe, rows, labels, {}, classes=CLASSES, weights=lambda: None, prepared=True)
    assert not pull.gradient(rows[:20], labels[:20], np.arange(20)).any()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["loss=vicreg"], "two views"),
        (["loss=part_based", "encoder=cnn"], "feature maps"),
        (["loss=hidden_layer"], "a hidden layer of the encoder"),
        (["loss=ml2"], "sets of labels"),
        (["fitter=lda"], "no gradient"),
        (["loss=softmax"], "first checkpoint"),
        (["distance=mahalanobis"], "first checkpoint"),
    ],
)
def test_what_cannot_be_told_from_stored_embeddings_says_why(settings: list[str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        pull_of(*settings, weights=False)


def test_weights_of_another_loss_say_so() -> None:
    rows, labels = embedded()
    saved = learned(recipe_of("loss=softmax"))
    with pytest.raises(UserError, match="do not fit"):
        EmbeddingGradient(
            recipe_of("loss=arcface"), rows, labels, {}, classes=CLASSES, weights=lambda: saved, prepared=True
        )


def test_a_loss_with_weights_in_a_space_that_a_metric_turns_is_refused() -> None:
    with pytest.raises(UserError, match="before the metric"):
        pull_of("loss=softmax", "distance=mahalanobis")
