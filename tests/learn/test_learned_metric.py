"""The matrix on screen against L itself, from every place where a run can have one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from explorer.core.events import Checkpoint
from explorer.core.recipe import Recipe
from explorer.core.types import LearnedMetric, Snapshot
from explorer.learn.learned_metric import SIDE, learned_metric
from explorer.learn.parts import make_distance, make_encoder
from tests.learn.tasks import of, quick_recipe, run, task


def of_recipe(*settings: str, shape: tuple[int, int, int] = (6, 5, 2)) -> tuple[LearnedMetric | None, nn.Module]:
    recipe = Recipe().with_settings(settings)
    encoder = make_encoder(recipe, shape)
    distance = make_distance(recipe, encoder.dimension)
    with torch.no_grad():
        for weight in distance.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return learned_metric(encoder, distance, "run", 7), nn.ModuleList([encoder, distance])


def test_of_a_linear_encoder() -> None:
    found, parts = of_recipe("encoder=linear", "encoder.dimension=8")
    assert found is not None
    weight = parts[0].map.weight.detach().double().numpy()  # type: ignore[index]
    matrix = weight.T @ weight
    assert (found.run, found.step, found.size, found.over) == ("run", 7, 60, "pixels")
    np.testing.assert_allclose(found.matrix, matrix, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(found.eigenvalues, np.linalg.eigvalsh(matrix)[::-1][:8], rtol=1e-4)
    np.testing.assert_allclose(found.diagonal, matrix.diagonal().reshape(2, 6, 5).sum(axis=0), rtol=1e-5)
    assert not found.matrix.flags.writeable


def test_a_large_one_is_averaged_over_blocks() -> None:
    found, parts = of_recipe("encoder=linear", "encoder.dimension=4", shape=(16, 12, 3))
    assert found is not None
    weight = parts[0].map.weight.detach().double().numpy()  # type: ignore[index]
    matrix = weight.T @ weight
    edges = np.append(np.arange(SIDE) * 576 // SIDE, 576)
    assert found.matrix.shape == (SIDE, SIDE)
    assert found.size == 576
    for i, j in [(0, 0), (3, 100), (127, 127)]:
        block = matrix[edges[i] : edges[i + 1], edges[j] : edges[j + 1]]
        assert found.matrix[i, j] == pytest.approx(block.mean(), rel=1e-5, abs=1e-9)
    assert found.diagonal.shape == (16, 12)


@pytest.mark.parametrize("form", ["full", "diagonal"])
def test_of_the_distance_and_of_both_after_each_other(form: str) -> None:
    settings = ("distance=mahalanobis", f"distance.form={form}")
    found, parts = of_recipe("encoder=linear", "encoder.dimension=8", *settings, "distance.normalise=false")
    alone, own = of_recipe("encoder=linear", "encoder.dimension=8", *settings)
    assert found is not None
    assert alone is not None

    def of_distance(held: nn.Module) -> torch.Tensor:
        weight: torch.Tensor = held[1].weight.detach()  # type: ignore[index]
        return weight.diag() if form == "diagonal" else weight

    both = of_distance(parts) @ parts[0].map.weight.detach()  # type: ignore[index]
    np.testing.assert_allclose(found.matrix, both.T @ both, rtol=1e-3, atol=1e-6)
    assert (found.over, found.size) == ("pixels", 60)
    np.testing.assert_allclose(alone.matrix, of_distance(own).T @ of_distance(own), rtol=1e-4, atol=1e-6)
    assert (alone.over, alone.size, alone.diagonal.shape) == ("embedding", 8, (8,))


def test_of_what_a_fitter_fits_and_of_vectors() -> None:
    found, _ = of_recipe("encoder=pixels", "fitter=pca", "fitter.dimension=3", shape=(64, 64, 1))
    assert found is not None
    assert (found.over, found.diagonal.shape, len(found.eigenvalues)) == ("pixels", (32, 32), 3)
    found, _ = of_recipe("encoder=linear", shape=(1, 1, 9))
    assert found is not None
    assert (found.over, found.diagonal.shape) == ("columns", (9,))
    found, _ = of_recipe("fitter=pca", "fitter.dimension=3", "encoder=linear")
    assert found is not None
    assert (found.over, found.size) == ("features", 64)


def test_none_where_nothing_is_linear() -> None:
    assert of_recipe("encoder=cnn", shape=(16, 16, 1))[0] is None
    assert of_recipe("encoder=pixels", "fitter=identity")[0] is None


def test_a_run_that_is_watched_publishes_it_with_its_exact_snapshots() -> None:
    recipe = quick_recipe().with_settings(["encoder=linear", "encoder.dimension=4"])
    events = run(task(recipe, live=True))
    found = of(LearnedMetric, events)
    exact = [snapshot.step for snapshot in of(Snapshot, events) if snapshot.exact]
    assert found[-1].step == exact[-1]
    assert len(found[-1].eigenvalues) == 4
    assert not of(LearnedMetric, run(task(recipe)))
    assert not of(LearnedMetric, run(task(quick_recipe().with_value("encoder", "mlp"), live=True)))


def test_a_fitter_that_is_watched_publishes_what_it_fits() -> None:
    recipe = quick_recipe().with_settings(["encoder=pixels", "fitter=pca", "fitter.dimension=3"])
    events = run(task(recipe, live=True))
    found = of(LearnedMetric, events)
    assert [metric.over for metric in found] == ["pixels"] * len(found)
    fitted = of(Checkpoint, events)[-1].tensors["encoder.map.weight"]
    np.testing.assert_allclose(found[-1].matrix, fitted.T @ fitted, rtol=1e-4, atol=1e-7)
    assert not of(LearnedMetric, run(task(recipe)))
