from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from explorer.core.errors import Cancelled, UserError
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import create
from explorer.core.types import FloatArray, IntArray
from explorer.engine.analysis.raw_baseline import plain_rows
from explorer.engine.datasets.baselines import (
    FirstFeatures,
    as_it_begins,
    encoder_baseline,
    linear_sample,
    raw_baselines,
)
from explorer.engine.datasets.loading import raw_rows
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from tests.helpers.blobs import dataset_of
from tests.learn.encoders.models import encoder, saved_timm

LABELS = np.repeat(np.arange(4), 6)
ITEMS = np.arange(1, 24, 2)


def measure(sample: Sample) -> Measured:
    protocol: Protocol = create("protocol", "retrieval", {})
    return protocol.measure(sample, Effort())


def silent(_title: str, _done: int, _total: int) -> None: ...


def first_hits(x: FloatArray, labels: IntArray, metric: str) -> float:
    """Recall@1 by brute force."""
    apart = cdist(x.astype(np.float64), x.astype(np.float64), metric)
    np.fill_diagonal(apart, np.inf)
    return float(np.mean(labels[apart.argmin(axis=1)] == labels))


def test_raw_pixels_are_measured_by_cosine_and_by_euclidean_distance() -> None:
    dataset = replace(dataset_of(LABELS), inputs=np.random.default_rng(3).integers(0, 256, (24, 12, 12, 1), np.uint8))
    found = {one.name: one.found for one in raw_baselines(dataset, ITEMS, None, measure)}
    rows = raw_rows(dataset)[ITEMS].astype(np.float32)
    assert list(found) == ["raw pixels cosine", "raw pixels Euclidean"]
    for (name, one), metric in zip(found.items(), ("cosine", "euclidean"), strict=True):
        assert one is not None, name
        assert one.figures["recall@1"] == pytest.approx(first_hits(rows, LABELS[ITEMS], metric))


def test_the_size_of_vectors_counts_for_the_euclidean_distance_however_large_or_small_they_are() -> None:
    x = np.random.default_rng(0).normal(size=(9, 5)).astype(np.float32) * np.arange(1, 10, dtype=np.float32)[:, None]
    want = cdist(x, x).argsort(axis=1)
    for scale in (1e-30, 1.0, 1e30):
        rows = plain_rows(x * np.float32(scale))
        np.testing.assert_array_equal(cdist(rows, rows).argsort(axis=1), want)
        assert np.isfinite(np.square(rows)).all()
        assert np.square(rows).any()
    np.testing.assert_array_equal(plain_rows(x), x)
    np.testing.assert_allclose(plain_rows(np.array([[0, 51, 255]], np.uint8)), [[0, 0.2, 1]])
    assert not plain_rows(np.zeros((2, 3), np.float32)).any()


def test_an_encoder_before_training_embeds_as_the_first_weights_of_the_seed_do() -> None:
    dataset = dataset_of(LABELS)
    recipe = Recipe(encoder=Part(name="mlp"), distance=Part(name="euclidean"), seed=5)
    found = encoder_baseline(dataset, ITEMS, np.arange(0, 24, 2), recipe, None, measure, silent)
    assert (found.name, found.problem) == ("untrained encoder", "")
    one, again = (FirstFeatures(dataset, ITEMS, recipe).sample(ITEMS, None, silent).x for _ in range(2))
    other = FirstFeatures(dataset, ITEMS, recipe.with_value("seed", 6)).sample(ITEMS, None, silent).x
    np.testing.assert_array_equal(one, again)
    assert not np.allclose(one, other)
    np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, atol=1e-5)  # as the distance of the recipe prepares them


def test_a_pretrained_encoder_is_taken_without_the_layer_at_its_end(tmp_path: Path) -> None:
    import torch

    saved_timm(tmp_path / "m", "test_resnet")
    dataset = dataset_of(LABELS, side=32)
    params = {"model": str(tmp_path / "m"), "dimension": 7, "mode": "fine-tuned"}
    recipe = Recipe(encoder=Part(name="timm", params=params), distance=Part(name="cosine"))
    features = FirstFeatures(dataset, ITEMS, recipe)
    assert features.name == "frozen features"
    plain = encoder("timm", (32, 32, 1), model=str(tmp_path / "m")).eval()
    x = torch.from_numpy(dataset.inputs[ITEMS].astype(np.float32) / 255).permute(0, 3, 1, 2)
    with torch.inference_mode():
        want = plain(x).numpy()
    want /= np.linalg.norm(want, axis=1, keepdims=True)
    np.testing.assert_allclose(features.sample(ITEMS, None, silent).x, want, atol=1e-4)
    random = Recipe(encoder=Part(name="timm", params={**params, "weights": "random"}))
    assert as_it_begins(random)[0] == "untrained encoder"
    fitted = recipe.with_settings(["encoder=pixels", "fitter=lmnn"])
    assert as_it_begins(fitted) == ("frozen features", fitted.model_copy(update={"fitter": Part(name="identity")}))


def test_a_pretrained_encoder_whose_files_are_gone_is_said_to_be_missing(tmp_path: Path) -> None:
    recipe = Recipe(encoder=Part(name="timm", params={"model": str(tmp_path / "gone")}))
    found = encoder_baseline(dataset_of(LABELS), ITEMS, ITEMS, recipe, None, measure, silent)
    assert (found.name, found.found) == ("frozen features", None)
    assert "gone" in found.problem


def test_nobody_waits_for_features_that_are_not_wanted_any_more() -> None:
    with pytest.raises(Cancelled):
        encoder_baseline(
            dataset_of(LABELS), ITEMS, ITEMS, Recipe(encoder=Part(name="mlp")), None, measure, silent, lambda: True
        )


def test_one_linear_metric_is_fitted_to_the_features_of_a_pretrained_encoder(tmp_path: Path) -> None:
    saved_timm(tmp_path / "m", "test_resnet")
    dataset = dataset_of(LABELS, side=32)
    recipe = Recipe(encoder=Part(name="timm", params={"model": str(tmp_path / "m"), "dimension": 7}))
    train = np.setdiff1d(np.arange(len(dataset)), ITEMS)
    found = linear_sample(dataset, ITEMS, train, recipe, None, silent)
    assert found is not None
    assert len(found.x) == len(ITEMS)
    assert found.lift.name == "euclidean"
    assert linear_sample(dataset, ITEMS, train, recipe.with_value("fitter", "lmnn"), None, silent) is None
    assert linear_sample(dataset, ITEMS, train, Recipe(), None, silent) is None
    assert linear_sample(dataset, ITEMS, train[:0], recipe, None, silent) is None
    gone = recipe.with_value("encoder.model", str(tmp_path / "gone"))
    with pytest.raises(UserError, match="gone"):
        linear_sample(dataset, ITEMS, train, gone, None, silent)
    with pytest.raises(Cancelled):
        linear_sample(dataset, ITEMS, train, recipe, None, silent, lambda: True)
