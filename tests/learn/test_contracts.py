"""What every registered part must keep, whoever wrote it."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from explorer.core.events import Checkpoint
from explorer.core.given_tuples import GivenTuples
from explorer.core.recipe import PART_KINDS, Part, Recipe
from explorer.core.registry import catalogue, create, validated
from explorer.core.targets import Target
from explorer.core.types import StepMetrics
from explorer.learn.batch import Batch, BatchTarget, Triplets
from explorer.learn.device import generator
from explorer.learn.losses.base import Loss
from tests.learn.encoders.models import SETTINGS
from tests.learn.tasks import (
    halves,
    made_up,
    made_up_captions,
    made_up_texts,
    of,
    quick_recipe,
    run,
    same_weights,
    task,
)

LEARNED = ("encoder", "fitter", "distance", "loss", "miner", "sampler", "augment", "optimiser", "schedule")
PARTS = [(kind, name) for kind in LEARNED for name, entry in catalogue(kind).items() if entry.available]

LOSSES, DISTANCES, MINERS = (
    sorted(name for name, entry in catalogue(kind).items() if entry.available) for kind in ("loss", "distance", "miner")
)

MINED = [name for name in LOSSES if catalogue("loss")[name].part.mined]  # type: ignore[attr-defined]
COMBINATIONS = [
    *itertools.product(LOSSES, DISTANCES, ["all"]),
    *itertools.product(MINED, ["euclidean", "kullback_leibler"], [name for name in MINERS if name != "all"]),
]
"""Every loss with every distance, and every loss that follows the miner with every miner: a symmetric distance and one
that is not."""

UNTRAINED = frozenset({"pixels", "kernel"})
"""Encoders without weights, for fitters to work on."""

CASES: dict[str, tuple[list[int], float]] = {
    "ordinary": ([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2], 1.0),
    "tiny": ([0, 1], 1.0),
    "single": ([0], 1.0),
    "collapsed": ([0, 0, 1, 1, 2, 2], 0.0),
    "one class": ([0, 0, 0, 0], 1.0),
    "no positive pair": ([0, 1, 2, 3], 1.0),
    "huge": ([0, 0, 1, 1, 2, 2], 1e6),
    "minute": ([0, 0, 1, 1, 2, 2], 1e-9),
}


def make_loss(name: str, distance: str) -> Loss:
    made = create("distance", distance, {})
    loss: Loss = create("loss", name, {}, distance=made, classes=4, dimension=6, channels=6)
    return loss


def batch_of(loss: Loss, labels: list[int], spread: float, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Batch]:
    """Return embeddings and their batch; in bfloat16 they are rounded, as by mixed precision, and judged in float32."""
    torch.manual_seed(5)
    z = (torch.randn(len(labels), 6) * spread + (spread == 0)).to(dtype).requires_grad_()
    return z, whole(loss, z.float(), torch.tensor(labels), torch.arange(len(labels)))


def whole(loss: Loss, z: Tensor, labels: Tensor, indices: Tensor) -> Batch:
    """Return a batch with everything that a loss can need."""
    maps = z[:, :, None, None].expand(-1, -1, 3, 2)
    target = BatchTarget(labels.float() / 4)
    return Batch(
        z,
        labels,
        loss.distance,
        indices=indices,
        label_sets=label_sets(labels),
        maps=maps,
        hidden=dict.fromkeys(loss.layers, z.tanh()),
        target=target,
    )


def label_sets(labels: Tensor) -> Tensor:
    """Each item has the label of its class, and one that every second class shares."""
    return torch.cat((torch.nn.functional.one_hot(labels, 8), (labels % 2 == 0)[:, None]), dim=1).bool()


@pytest.mark.parametrize(("name", "distance", "miner"), COMBINATIONS)
def test_losses_are_finite_on_every_batch(name: str, distance: str, miner: str) -> None:
    loss = make_loss(name, distance)
    for case, (labels, spread) in CASES.items():
        z, batch = batch_of(loss, labels, spread)
        mined = create("miner", miner, {})(batch, loss.census_margin, generator(0))
        assert mined is None or bool((mined.anchors < len(labels)).all())
        output = loss(batch, mined)
        output.value.backward()
        assert output.value.shape == output.active.shape == (), case
        assert output.value.isfinite(), case
        assert 0 <= float(output.active) <= 1, case
        assert z.grad is not None
        assert z.grad.isfinite().all(), case
        if case in ("single", "one class", "no positive pair") and name == "triplet":
            assert output.value.item() == 0, case
            assert not z.grad.any(), case


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_finite_on_rounded_embeddings(name: str) -> None:
    loss = make_loss(name, "euclidean")
    for case, (labels, spread) in CASES.items():
        z, batch = batch_of(loss, labels, spread, torch.bfloat16)
        output = loss(batch, None)
        output.value.backward()
        assert z.grad is not None
        assert output.value.isfinite(), case
        assert z.grad.isfinite().all(), case


@pytest.mark.parametrize(("name", "distance", "miner"), [c for c in COMBINATIONS if c[2] in ("all", "hard")])
def test_losses_do_not_depend_on_the_order_of_a_batch(name: str, distance: str, miner: str) -> None:
    loss = make_loss(name, distance).eval()  # remembers nothing between the two
    z, batch = batch_of(loss, [0, 1, 2] * 5, 1.0)
    order = torch.randperm(15, generator=generator(1))
    if loss.needs == {"views"}:  # the two views of a picture are rows that belong together
        order = torch.cat((order[order < 7], order[order < 7] + 7, torch.tensor([14])))
    shuffled = whole(loss, z[order], batch.labels[order], order)
    values = [loss(b, create("miner", miner, {})(b, loss.census_margin, generator(0))).value for b in (batch, shuffled)]
    torch.testing.assert_close(*values)


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_parameters_round_trip_and_explain_themselves(kind: str, name: str) -> None:
    model = validated(kind, name, {})
    assert validated(kind, name, model.model_dump()) == model
    recipe = Recipe().model_copy(update={kind: Part(name=name, params=model.model_dump())})
    assert Recipe.from_toml(recipe.to_toml()) == recipe
    entry = catalogue(kind)[name]
    assert entry.summary.endswith((".", ";"))
    for info in entry.parameters:
        assert info.help
        assert info.minimum is None or info.minimum <= float(info.default)
        assert info.maximum is None or float(info.default) <= info.maximum
        assert not info.choices or info.default in info.choices


def read_by(kind: str, name: str) -> str:
    """Return a modality that a part reads: pictures where it reads them."""
    reads: frozenset[str] = getattr(catalogue(kind)[name].part, "reads", frozenset({"pictures"}))
    return "pictures" if "pictures" in reads else sorted(reads)[0]


@pytest.mark.parametrize(
    ("kind", "name", "precision"),
    [(*part, "float32") for part in PARTS] + [(*part, "bfloat16") for part in PARTS if part[0] == "encoder"],
)
def test_every_part_trains(kind: str, name: str, precision: str) -> None:
    base = quick_recipe(f"precision={precision}", epochs=1)
    recipe = base.with_value(kind, name)
    if (kind, name) == ("loss", "part_based"):
        recipe = recipe.with_settings(["encoder=cnn", "encoder.width=4"])
    if kind == "encoder":
        recipe = recipe.with_settings(f"encoder.{key}={value}" for key, value in SETTINGS.get(name, {}).items())
    modality = read_by(kind, name)
    columns: dict[str, list[str]] = {}
    needs: frozenset[str] = getattr(catalogue(kind)[name].part, "needs", frozenset())
    if modality == "captioned" or "sides" in needs or (kind, name) == ("sampler", "pairs"):
        pixels, labels, columns = made_up_captions()
        recipe = recipe.with_settings(["encoder=two_towers", "loss=clip"])
        modality = "captioned"
    elif modality == "text":
        recipe = recipe.with_value("encoder", name if kind == "encoder" else "ngrams")
        pixels, labels = made_up_texts(items=80)
    else:
        pixels, labels = made_up(items=80, side=16 if recipe.encoder.name == "cnn" else 8, channels=3)
    sets = label_sets(torch.from_numpy(labels)).numpy()
    columns |= {"level1": [str(label % 2) for label in labels]}
    if kind == "encoder" and name in UNTRAINED:
        recipe = recipe.with_value("distance", "mahalanobis")  # which then has something to learn
    the_task = task(
        recipe,
        pixels=pixels,
        labels=labels,
        split=halves(80, 0 if modality == "captioned" else 20),
        label_sets=sets,
        target=Target("size", np.sqrt(labels + 1.0)),
        columns=columns,
        modality=modality,
    )
    if (kind, name) == ("sampler", "given"):
        triplets = np.array([[0, 5, 1], [1, 6, 2], [2, 7, 3]])
        the_task = replace(the_task, given=GivenTuples("triplets", "f", b"", triplets, np.ones(3, np.bool_), ""))
    events, again = run(the_task), run(the_task)
    metrics = of(StepMetrics, events)
    assert [m.loss for m in metrics] == [m.loss for m in of(StepMetrics, again)]  # of the same seed
    assert same_weights(of(Checkpoint, events)[-1], of(Checkpoint, again)[-1])
    assert len(metrics) >= 1, events
    assert all(np.isfinite([m.loss, m.grad_norm, m.active]).all() for m in metrics)
    assert type(events[-1]).__name__ == "RunFinished", events[-1]


def test_the_kinds_of_learning_are_those_of_a_recipe() -> None:
    assert set(LEARNED) == set(PART_KINDS) - {"split"}


def test_padding_of_mined_triplets_never_counts() -> None:
    loss = make_loss("triplet", "euclidean")
    _, batch = batch_of(loss, [0, 0, 0, 1, 1, 2], 1.0)
    mined = create("miner", "semi_hard", {})(batch, 0.5, generator(0))
    assert isinstance(mined, Triplets)
    assert not mined.valid.all()
    assert torch.equal(loss(batch, mined).value, loss(batch, mined.compact()).value)
