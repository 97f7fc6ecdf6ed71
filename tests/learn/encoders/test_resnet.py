"""The residual network."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from explorer.core.types import StepMetrics
from explorer.learn.encoders.resnet import Block, Pooling, ResNet
from tests.learn.encoders.models import encoder
from tests.learn.tasks import halves, made_up, of, quick_recipe, run, task


@pytest.mark.parametrize(("side", "last"), [(28, 4), (64, 8), (65, 3), (96, 3), (224, 7)])
def test_the_stem_fits_the_size_of_the_pictures(side: int, last: int) -> None:
    net = encoder("resnet", (side, side, 3), width=8)
    maps = net.maps(torch.rand(2, 3, side, side))
    assert maps.shape == (2, net.channels, last, last) == (2, 64, last, last)
    assert net.dimension == 64


@pytest.mark.parametrize("pooling", ["average", "generalised"])
@pytest.mark.parametrize("dimension", [0, 5])
def test_the_embedding_is_that_of_the_maps(pooling: str, dimension: int) -> None:
    net = encoder("resnet", (32, 32, 1), width=4, pooling=pooling, dimension=dimension).eval()
    x = torch.rand(3, 1, 32, 32)
    assert torch.equal(net.pooled(net.maps(x)), net(x))
    assert net(x).shape == (3, net.dimension) == (3, dimension or 32)
    assert net.reads == {"pictures"}


def test_blocks_begin_by_passing_on_what_they_get() -> None:
    x = torch.rand(2, 6, 8, 8)
    torch.testing.assert_close(Block(6, 6, 1)(x), x)
    net = encoder("resnet", width=4, blocks=2)
    assert isinstance(net, ResNet)
    assert sum(isinstance(module, Block) for module in net.modules()) == 8
    assert all(not m.second_norm.weight.any() for m in net.modules() if isinstance(m, Block))


def test_width_64_and_two_blocks_is_resnet_18() -> None:
    net = encoder("resnet", (224, 224, 3), width=64, blocks=2)
    assert sum(weight.numel() for weight in net.parameters()) == 11_176_512  # torchvision's without its classifier


def test_the_generalised_mean_is_its_formula_and_learns_its_power() -> None:
    pooling = Pooling(learned=True).double()
    maps = torch.rand(3, 4, 5, 6, dtype=torch.float64, requires_grad=True)
    power = torch.tensor(3.0, dtype=torch.float64)
    want = maps.detach().clamp(min=1e-6).pow(power).mean(dim=(2, 3)).pow(1 / power)
    torch.testing.assert_close(pooling(maps).double(), want, rtol=1e-5, atol=0)
    pooling(maps).sum().backward()
    assert pooling.power is not None
    assert pooling.power.grad is not None
    assert float(pooling.power.grad) > 0
    pooling(torch.zeros(2, 4, 5, 5, requires_grad=True)).sum().backward()
    assert pooling.power.grad.isfinite()
    with torch.no_grad():
        pooling.power.fill_(1.0)
    torch.testing.assert_close(pooling(maps).double(), maps.mean(dim=(2, 3)), rtol=1e-5, atol=0)


def test_it_learns() -> None:
    recipe = quick_recipe("encoder=resnet", "encoder.width=4", "augment=none", epochs=6)
    pixels, labels = made_up(items=100, side=12)
    metrics = of(StepMetrics, run(task(recipe, pixels=pixels, labels=labels, split=halves(100, 20))))
    assert metrics[-1].loss < metrics[0].loss


@pytest.mark.parametrize("side", [12, 11])
def test_a_narrow_block_reads_what_a_convolution_that_skips_places_would(side: int) -> None:
    block = Block(4, 8, 2).double().eval()
    maps = torch.rand(3, 4, side, side, dtype=torch.float64)
    reading, norm = block.shortcut.children()
    assert isinstance(reading, nn.Conv2d)
    want = F.conv2d(maps, reading.weight, stride=2)
    assert reading.stride == (1, 1)  # torch 2.13 without AVX-512 writes beyond its memory for fewer than 8 channels
    inner = block.second_norm(block.second(F.relu(block.first_norm(block.first(maps)))))
    torch.testing.assert_close(block(maps), F.relu(norm(want) + inner))
    wide = next(Block(8, 16, 2).shortcut.children())
    assert isinstance(wide, nn.Conv2d)
    assert wide.stride == (2, 2)
