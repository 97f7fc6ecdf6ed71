"""A loss on a hidden layer of the encoder: what it is of, what it reaches, and what it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint, RunFailed, RunFinished
from explorer.core.recipe import Recipe
from explorer.core.registry import create, validated
from explorer.core.types import StepMetrics
from explorer.learn.batch import Batch
from explorer.learn.device_data import DeviceData
from explorer.learn.hidden_layers import listening, names_of, pooled, rows_of
from explorer.learn.learner import Learner
from tests.learn.losses.common import LABELS, gradient, make_loss, rows
from tests.learn.tasks import made_up, of, quick_recipe, run, task


def batch_with(loss: Any, z: Tensor, hidden: Tensor, name: str = "") -> Batch:
    return Batch(z, torch.tensor(LABELS), loss.distance, indices=torch.arange(len(z)), hidden={name: hidden})


def test_it_is_the_loss_of_the_embedding_and_of_the_layer() -> None:
    loss = make_loss("hidden_layer", of="triplet(margin=0.4)", weight=0.3, whole=2.0, layer="a.1")
    inner = make_loss("triplet", margin=0.4)
    z, hidden = rows(), rows(dimension=9, seed=1)
    parts = [inner(Batch(x, torch.tensor(LABELS), loss.distance), None) for x in (z, hidden)]
    output = loss(batch_with(loss, z, hidden, "a.1"), None)
    torch.testing.assert_close(output.value, 2.0 * parts[0].value + 0.3 * parts[1].value)
    torch.testing.assert_close(gradient(output.value, hidden), 0.3 * gradient(parts[1].value, hidden))
    torch.testing.assert_close(output.active, (parts[0].active + parts[1].active) / 2)
    assert torch.equal(output.census, parts[0].census)
    loss.update(validated("loss", "hidden_layer", {"of": "triplet(margin=0.4)", "weight": 0.0, "layer": "a.1"}))
    torch.testing.assert_close(loss(batch_with(loss, z, hidden, "a.1"), None).value, parts[0].value)


def test_gradients_in_double() -> None:
    loss = make_loss("hidden_layer", of="contrastive(margin=1.5)")
    assert torch.autograd.gradcheck(
        lambda z, hidden: loss(batch_with(loss, z, hidden), None).value, (rows(), rows(dimension=3, seed=1))
    )


@pytest.mark.parametrize("name", ["softmax", "proxy_anchor", "part_based", "magnet", "hidden_layer"])
def test_what_does_not_only_compare_rows_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=f"The loss {name} in .* looks at more than the rows of a batch"):
        validated("loss", "hidden_layer", {"of": name})


def test_a_distance_with_weights_of_its_own_is_refused() -> None:
    distance = create("distance", "mahalanobis", {}, dimension=5)
    with pytest.raises(UserError, match="The distance has weights for the numbers of the embedding"):
        create("loss", "hidden_layer", {}, distance=distance, classes=5, dimension=5)


@pytest.mark.parametrize("name", ["matryoshka", "part_based", "cross_batch_memory"])
def test_other_combinations_do_not_look_inside(name: str) -> None:
    with pytest.raises(UserError, match="The loss hidden_layer "):
        validated("loss", name, {"of": "hidden_layer"})


def learner_of(*settings: str, chunk: int = 0) -> Learner:
    own = ["encoder=cnn", "encoder.width=4", "encoder.dimension=8", "augment=none", f"sampler.chunk={chunk}"]
    recipe = Recipe(seed=1, device="cpu").with_settings([*own, *settings])
    pixels, labels = made_up(48, 6, side=16)
    learner = Learner(recipe, DeviceData(pixels, torch.device("cpu")), labels, np.arange(48))
    for block in learner.encoder.blocks:  # type: ignore[union-attr]  # normalisation goes by what is embedded together
        block[[isinstance(part, nn.BatchNorm2d) for part in block].index(True)] = nn.Identity()
    return learner


def weights_after(*settings: str, chunk: int = 0) -> dict[str, Tensor]:
    learner = learner_of(*settings, chunk=chunk)
    learner.advance(np.arange(48), 1.0)
    return dict(learner.encoder.named_parameters())


def test_moved_to_a_layer_it_leaves_what_comes_after_alone() -> None:
    before = dict(learner_of().encoder.named_parameters())
    after = weights_after("loss=hidden_layer", "loss.whole=0", "loss.layer=blocks.1", "optimiser.decay=0")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {"blocks.0.0.weight", "blocks.1.0.weight"} <= changed
    assert not [name for name in changed if name.startswith(("blocks.2", "blocks.3", "head"))]


@pytest.mark.parametrize("layer", ["", "blocks.1"])
def test_a_batch_in_parts_has_the_gradient_of_the_whole(layer: str) -> None:
    settings = ("loss=hidden_layer", f"loss.layer={layer}", "optimiser=sgd")
    whole, parts = weights_after(*settings), weights_after(*settings, chunk=16)
    for name, weight in whole.items():
        torch.testing.assert_close(parts[name], weight, rtol=1e-4, atol=1e-6)


def test_without_a_name_it_is_what_the_last_layer_reads() -> None:
    learner = learner_of("loss=hidden_layer")
    pictures = learner.pictures.batch(np.arange(5))
    with listening(learner.encoder, ["", "blocks.1", "head.1"]) as heard:
        learner.encoder(pictures)
    last, maps, flat = rows_of(heard, ["", "blocks.1", "head.1"], 5)
    torch.testing.assert_close(last, flat)
    assert maps.shape == (5, 8)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in learner.encoder.modules())


@pytest.mark.parametrize(
    ("module", "shape"),
    [(nn.Linear(3, 3), (2, 5, 3)), (nn.Conv1d(3, 3, 1), (2, 3, 5)), (nn.Conv2d(3, 3, 1), (2, 3, 4, 5))],
)
def test_places_are_averaged(module: nn.Module, shape: Sequence[int]) -> None:
    found = torch.randn(*shape)
    places = tuple(i for i in range(1, len(shape)) if shape[i] != 3)
    torch.testing.assert_close(pooled(module, found), found.mean(dim=places))


def test_a_run_with_two_of_them_in_a_formula_trains_with_live_weights() -> None:
    loss = "loss=triplet + 0.5*hidden_layer(layer='layers.2', whole=0) + 0.2*hidden_layer(of=contrastive, whole=0)"
    first, again = (run(task(quick_recipe(loss, "encoder.layers=2"))) for _ in range(2))
    assert isinstance(first[-1], RunFinished)
    assert [m.loss for m in of(StepMetrics, first)] == [m.loss for m in of(StepMetrics, again)]
    plain = of(Checkpoint, run(task(quick_recipe("loss=triplet", "encoder.layers=2"))))[-1]
    name = "encoder.layers.0.weight"
    assert not np.array_equal(of(Checkpoint, first)[-1].tensors[name], plain.tensors[name])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["loss.layer=layer.2"], "The encoder has no layer 'layer.2'. Did you mean layers.2?"),
        (["loss.layer=zzz"], "The encoder has no layer 'zzz'. Set loss.layer to one of: layers, layers.0"),
        (["encoder=linear"], "The encoder has one layer, and so none that is hidden"),
    ],
)
def test_a_layer_that_is_not_there_is_answered_with_those_there_are(settings: list[str], said: str) -> None:
    recipe = quick_recipe("loss=hidden_layer").with_settings(settings)
    (failed,) = of(RunFailed, run(task(recipe)))
    assert failed.message.startswith(said)
    assert failed.traceback == ""


def test_layers_are_named_as_the_encoder_lists_them() -> None:
    assert names_of(learner_of().encoder)[:3] == ["blocks", "blocks.0", "blocks.0.0"]
