"""Very large batches: part by part through the encoder, and anchors in blocks, with the gradient of the whole."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from explorer.core.recipe import Recipe
from explorer.core.types import ByteArray, IntArray
from explorer.learn import anchor_blocks
from explorer.learn.batch_maker import parts_of
from explorer.learn.device_data import DeviceData
from explorer.learn.learner import Learner
from explorer.learn.meter import StepValues
from explorer.learn.shown_triplets import MOST_ROWS, LastBatch
from tests.helpers.in_double import compute_in_double
from tests.learn.tasks import made_up

CHUNK = 20
ITEMS = 72
SETTINGS = {
    "triplet": [],
    "triplet, all": ["loss.mean=all"],
    "triplet, soft": ["loss.form=soft"],
    "triplet, kullback_leibler": ["distance=kullback_leibler"],
    "triplet, mahalanobis": ["distance=mahalanobis"],
    "semi-hard": ["miner=semi_hard", "miner.pick=random"],
    "contrastive": ["loss=contrastive"],
    "contrastive, textbook": ["loss=contrastive", "loss.form=textbook"],
    "proxy_anchor": ["loss=proxy_anchor"],
    "cross_batch_memory": ["loss=cross_batch_memory", "loss.start=0", "loss.size=64"],
    "prototypical, episodes": ["loss=prototypical", "sampler=episodic", "sampler.ways=6", "sampler.queries=9"],
    "two views": ["loss=nt_xent", "loss.views=two views", "sampler.classes=6"],
    "maps": ["loss=part_based"],
}


@pytest.fixture
def _double(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.float)
    compute_in_double()
    yield
    torch.set_default_dtype(torch.float32)


def recipe_of(*settings: str, items: int = ITEMS, width: int = 4) -> Recipe:
    own = ["encoder=cnn", f"encoder.width={width}", "encoder.dimension=8", "augment=none", "optimiser=sgd"]
    sizes = ["sampler.classes=6", f"sampler.images={items // 6}"]
    given = [s for s in settings if s.startswith("sampler=")]
    chosen = [s for s in settings if not s.startswith("sampler=")]
    sizes = [] if given else sizes
    return Recipe(seed=1, device="cpu").with_settings([*own, *given, *sizes, *chosen])


def pictures(items: int = ITEMS, side: int = 16, classes: int = 6) -> tuple[ByteArray, IntArray]:
    return made_up(items, classes, side=side)


def learner_of(recipe: Recipe, pixels: Any, labels: IntArray) -> Learner:
    return Learner(recipe, DeviceData(pixels, torch.device("cpu")), labels, np.arange(len(labels)))


def stepped(recipe: Recipe, pixels: Any, labels: IntArray, *, ghost: int = 0) -> tuple[Learner, StepValues]:
    """Take one step; ``ghost``: the direct way, but batch normalisation goes by parts of so many pictures."""
    learner = learner_of(recipe, pixels, labels)
    if ghost:
        forward, maps = learner.encoder.forward, learner.encoder.maps
        views = 2 if "views" in learner.needs else 1

        def in_parts(make: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
            parts = [view.split(ghost) for view in x.chunk(views)]
            made = [make(torch.cat(both)).chunk(views) for both in zip(*parts, strict=True)]
            return torch.cat([torch.cat(rows) for rows in zip(*made, strict=True)])

        learner.encoder.forward = lambda x: in_parts(forward, x)
        if "maps" in learner.needs:
            learner.encoder.maps = lambda pictures: in_parts(maps, pictures)  # type: ignore[method-assign]
    return learner, learner.advance(next(learner.sampler.epoch()), 1.0)


def assert_alike(a: tuple[Learner, StepValues], b: tuple[Learner, StepValues], tolerance: float) -> None:
    """Compare losses, census, health and all weights and buffers; these as a whole, as some gradients are zero."""
    for name in ("loss", "active", "grad_norm", "health"):
        torch.testing.assert_close(getattr(a[1], name), getattr(b[1], name), rtol=tolerance, atol=1e-9, equal_nan=True)
    assert a[1].census.tolist() == b[1].census.tolist()
    states = [
        torch.cat([v.double().flatten() for m in made[0].modules.values() for v in m.state_dict().values()])
        for made in (a, b)
    ]
    assert float((states[0] - states[1]).norm() / states[0].norm()) < tolerance


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.usefixtures("_double")
def test_a_batch_in_parts_has_the_gradient_of_the_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchor_blocks, "MOST_DISTANCES", 11 * ITEMS)  # several blocks, the last of them smaller
    pixels, labels = pictures()
    recipe = recipe_of(*SETTINGS[name])
    whole = stepped(recipe, pixels / 255.0, labels, ghost=CHUNK)
    parts = stepped(recipe.with_value("sampler.chunk", CHUNK), pixels / 255.0, labels)
    assert_alike(parts, whole, 1e-10)


@pytest.mark.parametrize("chunk", [1, 2, 71, 5])
def test_no_part_is_a_single_picture(chunk: int) -> None:
    """Batch normalisation cannot go by one: chunks of 1, and those that leave one over, have another one beside it."""
    pixels, labels = pictures()
    recipe = recipe_of("encoder=mlp", "encoder.dimension=8").with_value("sampler.chunk", chunk)
    _, values = stepped(recipe, (pixels / 255.0).astype(np.float32), labels)
    assert float(values.loss) > 0
    parts = list(parts_of(72, chunk))
    assert min(part.stop - part.start for part in parts) >= 2
    assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]
    assert (parts[0].start, parts[-1].stop) == (0, 72)


@pytest.mark.usefixtures("_double")
def test_what_is_drawn_is_drawn_alike_twice() -> None:
    """The pictures of the last pass are those that were judged: else a small step would not lower the loss by g²."""
    pixels, labels = pictures()
    recipe = recipe_of(
        "augment=custom", "loss=triplet", "loss.form=soft", "optimiser.rate=1e-5", "optimiser.momentum=0"
    ).with_value("sampler.chunk", CHUNK)
    learner, before = stepped(recipe, pixels / 255.0, labels)
    again = learner_of(recipe, pixels / 255.0, labels)
    again.encoder.load_state_dict(learner.encoder.state_dict())
    after = again.advance(next(again.sampler.epoch()), 1.0)
    expected = learner.optimiser.rate * float(before.grad_norm) ** 2
    assert float(before.loss - after.loss) == pytest.approx(expected, rel=0.01)


def test_what_is_shown_of_a_very_large_batch_is_some_of_it() -> None:
    pixels, labels = pictures(MOST_ROWS + 6, side=16)
    recipe = recipe_of("sampler.chunk=512", items=MOST_ROWS + 6)
    learner = learner_of(recipe, pixels, labels)
    learner.watched = True
    learner.advance(next(learner.sampler.epoch()), 1.0)
    assert isinstance(learner.last, LastBatch)
    assert len(learner.last.batch) == MOST_ROWS


@pytest.mark.full
@pytest.mark.usefixtures("_double")
def test_the_gradient_of_a_large_batch_is_that_of_the_direct_way() -> None:
    pixels, labels = pictures(4096, side=28, classes=64)
    settings = ("sampler.classes=64", "sampler.images=64", "encoder.dimension=64")
    recipe = recipe_of(*settings, items=4096, width=16)
    whole = stepped(recipe, pixels / 255.0, labels, ghost=512)
    parts = stepped(recipe.with_value("sampler.chunk", 512), pixels / 255.0, labels)
    assert_alike(parts, whole, 1e-10)


MEMORY = """
import json, resource, numpy, torch
from explorer.core.recipe import Recipe
from explorer.learn.batch_maker import parts_of
from explorer.learn.device_data import DeviceData
from explorer.learn.learner import Learner
torch.set_num_threads(1)
draw = numpy.random.default_rng(0)
pixels = draw.integers(0, 255, (16384, 28, 28, 1), dtype=numpy.uint8)
recipe = Recipe(device="cpu", precision="float32").with_settings(
    ["sampler.classes=1024", "sampler.images=16", "sampler.chunk=512"]
)
labels = numpy.arange(16384) % 1024
learner = Learner(recipe, DeviceData(pixels, torch.device("cpu")), labels, numpy.arange(16384))
positions = next(learner.sampler.epoch())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
values = learner.advance(positions, 1.0)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"rows": len(positions), "loss": float(values.loss), "mb": (after - before) / 1024}))
"""


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in kilobytes there")
def test_a_batch_of_16384_takes_less_than_a_gigabyte() -> None:
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["rows"] == 16384
    assert found["mb"] < 1000, found
