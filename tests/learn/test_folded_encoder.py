"""What evaluation passes embed with: the same embeddings, without the normalisations that layers can take in."""

from __future__ import annotations

import copy
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from explorer.core.registry import catalogue
from explorer.learn.device_data import DeviceData
from explorer.learn.encoders.base import Encoder
from explorer.learn.folded_encoder import PIXELS_AT_ONCE, Evaluating, LargestOfFour, Norm, embed_evaluated, folded
from explorer.learn.learner import Learner
from tests.learn.encoders.models import encoder
from tests.learn.tasks import made_up, quick_recipe

CPU = torch.device("cpu")

NORMALISED = {
    "cnn": (20, 20, 3),
    "resnet": (24, 24, 3),
    "mlp": (8, 8, 1),
    "pointnet": (32, 1, 3),
    "frames": (48, 16, 1),
    "mel_cnn": (800, 20, 1),
    "multi_view": (32, 1, 3),
    "table": (1, 1, 12),
}
"""The encoders with batch normalisation, and a shape of what they read."""


def trained(name: str, *, negative: bool) -> Encoder:
    """An encoder whose normalisations have statistics, scales and offsets of their own, some scales below zero."""
    made = encoder(name, NORMALISED[name])
    draw = torch.Generator().manual_seed(1)
    for module in made.modules():
        if isinstance(module, Norm):
            for tensor, low in ((module.running_mean, -0.5), (module.running_var, 0.5), (module.bias, -0.5)):
                assert tensor is not None
                tensor.data.uniform_(low, low + 1, generator=draw)
            module.weight.data.uniform_(-1 if negative else 0.2, 1.2, generator=draw)
    return made.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload,no-any-return]


def inputs(name: str, count: int = 9) -> DeviceData:
    draw = np.random.default_rng(0)
    if name == "table":
        return DeviceData(draw.normal(size=(count, *NORMALISED[name])).astype(np.float32), CPU)
    return DeviceData(draw.integers(0, 256, (count, *NORMALISED[name]), dtype=np.uint8), CPU)


@torch.inference_mode()
def plainly(made: Encoder, data: DeviceData) -> Tensor:
    """Embed without anything folded."""
    found: Tensor = copy.deepcopy(made).eval()(data.batch(np.arange(len(data))))
    return found.float()


def assert_alike(found: Tensor, expected: Tensor) -> None:
    assert float((found - expected).norm() / expected.norm()) < 1e-5


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("name", NORMALISED)
def test_a_folded_encoder_embeds_alike(name: str, negative: bool) -> None:
    made, data = trained(name, negative=negative), inputs(name)
    before = {key: value.clone() for key, value in made.state_dict().items()}
    expected = plainly(made, data)
    with torch.inference_mode(), Evaluating(made).ready(CPU) as ready:
        assert_alike(embed_evaluated(ready, data, np.arange(len(data)), "float32"), expected)
    assert made.training
    assert all(torch.equal(value, before[key]) for key, value in made.state_dict().items())


@pytest.mark.parametrize("name", NORMALISED)
def test_normalisations_after_a_layer_are_gone(name: str) -> None:
    made = folded(trained(name, negative=False))
    assert made is not None
    left = [module for module in made.modules() if isinstance(module, Norm)]
    assert len(left) == (1 if name == "mel_cnn" else 0)  # that of the statistics over time stands before its layer


def test_where_a_scale_is_negative_the_largest_is_taken_before_it() -> None:
    made = folded(trained("cnn", negative=True))
    assert made is not None
    left = [module for module in made.modules() if isinstance(module, Norm)]
    assert 0 < len(left) < 4


def test_every_encoder_with_batch_normalisation_is_tried() -> None:
    own = {name for name, entry in catalogue("encoder").items() if not getattr(entry.part, "from_files", False)}
    within = {"two_towers"}  # has a cnn inside
    for name in own - NORMALISED.keys() - within:
        shape = (
            (1, 1, 12) if name in ("kernel",) else (1, 48, 1) if name in ("ngrams", "text_transformer") else (8, 8, 1)
        )
        assert folded(encoder(name, shape)) is None, name


def test_what_has_nothing_to_fold_is_lent_itself_and_put_back() -> None:
    made = encoder("linear", (8, 8, 1)).train()
    with Evaluating(made).ready(CPU) as ready:
        assert ready is made
        assert not made.training
    assert made.training


@pytest.mark.parametrize("items", [0, 1, 40])
def test_it_does_not_matter_how_many_are_embedded_together(items: int) -> None:
    side = int((PIXELS_AT_ONCE / 20) ** 0.5)  # twenty at a time
    made = encoder("linear", (side, side, 1)).eval()
    data = DeviceData(np.random.default_rng(0).integers(0, 256, (40, side, side, 1), dtype=np.uint8), CPU)
    rows = np.arange(items)
    with torch.inference_mode():
        found = embed_evaluated(made, data, rows, "float32")
        torch.testing.assert_close(found, made(data.batch(rows)), rtol=1e-5, atol=1e-5)


def test_after_a_step_it_embeds_by_the_new_weights() -> None:
    pixels, labels = made_up(side=20)
    data = DeviceData(pixels, CPU)
    learner = Learner(quick_recipe("encoder=cnn", "encoder.width=8"), data, labels, np.arange(len(labels)))
    items = np.arange(7)
    first = learner.embed(items).clone()
    learner.advance(next(iter(learner.sampler.epoch())), 1.0)
    expected = learner.distance.prepare(plainly(learner.encoder, data))[items]
    assert_alike(learner.embed(items), expected)
    assert not torch.allclose(first, expected)
    assert all(module.training for module in learner.encoder.modules() if isinstance(module, nn.BatchNorm2d))


@pytest.mark.parametrize("sides", [(6, 8), (7, 9), (2, 3)])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_the_largest_of_four_is_what_pooling_gives(sides: tuple[int, int], layout: torch.memory_format) -> None:
    maps = torch.randn(3, 5, *sides, generator=torch.Generator().manual_seed(0))
    maps[0, 0, 0, 0] = torch.nan
    maps = maps.contiguous(memory_format=layout)
    found = LargestOfFour()(maps)
    torch.testing.assert_close(found, nn.MaxPool2d(2)(maps), rtol=0, atol=0, equal_nan=True)
    assert found.is_contiguous(memory_format=layout)


@pytest.mark.parametrize(
    ("pool", "replaced"),
    [
        (nn.MaxPool2d(2), True),
        (nn.MaxPool2d((2, 2), (2, 2), (0, 0), (1, 1)), True),
        (nn.MaxPool2d(3, 2, 1), False),
        (nn.MaxPool2d(2, ceil_mode=True), False),
        (nn.MaxPool2d(2, return_indices=True), False),
        (nn.AvgPool2d(2), False),
    ],
)
def test_only_pooling_by_two_becomes_the_largest_of_four(pool: nn.Module, replaced: bool) -> None:
    made = trained("cnn", negative=False)
    made.more = pool
    lent = folded(made)
    assert lent is not None
    assert isinstance(lent.more, LargestOfFour) == replaced
    assert not any(isinstance(module, nn.MaxPool2d) for module in cast("nn.Module", lent.blocks).modules())
