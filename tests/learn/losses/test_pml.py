"""The losses of PyTorch Metric Learning in a run are those of the package itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint
from explorer.core.registry import create
from explorer.learn import pml_calls
from explorer.learn.batch import Batch
from explorer.learn.device import generator
from explorer.learn.losses.pml import NAMES, WEIGHTED
from explorer.learn.pml_calls import DISTANCES
from tests.learn.losses.batches import LABELS, agree, build, of, rows
from tests.learn.tasks import made_up, quick_recipe, run, task
from tests.learn.tasks import of as events_of
from tests.learn.test_contracts import CASES

losses = pytest.importorskip("pytorch_metric_learning.losses")
miners = pytest.importorskip("pytorch_metric_learning.miners")
BALANCED = LABELS["balanced"]

pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__")  # in their LargeMarginSoftmaxLoss


@pytest.mark.parametrize("name", NAMES)
def test_value_and_gradient_are_those_of_the_package(name: str) -> None:
    loss = build("pml", {"which": name}).double()
    sizes = {"num_classes": 6, "embedding_size": 6} if name in WEIGHTED else {}
    theirs = getattr(losses, name)(**({"num_classes": 6, "descriptors_dim": 6} if name == "P2SGradLoss" else sizes))
    theirs.double().load_state_dict({key.removeprefix("theirs."): value for key, value in loss.state_dict().items()})
    z = rows(BALANCED)
    batch = of(loss, z, BALANCED)
    agree(loss(batch).value, theirs(z, batch.labels), z, rtol=1e-12)
    if loss.mined and name != "NPairsLoss":  # that takes one pair of each class, which one by their order
        chosen = miners.MultiSimilarityMiner()(z, batch.labels)
        mined = create("miner", "pml", {"which": "MultiSimilarityMiner"})(batch, 0.2, generator(0))
        torch.testing.assert_close(loss(batch, mined).value, theirs(z, batch.labels, chosen), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_every_one_is_finite_or_says_why_not(name: str) -> None:
    loss = build("pml", {"which": name})
    for case, (labels, spread) in CASES.items():
        z = (rows(labels).detach().float() * spread + (spread == 0)).requires_grad_()
        output = loss(of(loss, z, labels))
        if name == "NCALoss" and case in ("tiny", "no positive pair"):
            continue  # infinite there, as its help says
        output.value.backward()
        assert z.grad is not None
        assert output.value.isfinite(), case
        assert z.grad.isfinite().all(), case
        assert 0 <= float(output.active) <= 1, case


def test_rows_without_a_label_are_left_out() -> None:
    loss = build("pml", {"which": "TripletMarginLoss"})
    z, labels = rows(LABELS["pairs"]), torch.tensor(LABELS["pairs"])
    more = torch.cat((z[:3], torch.ones_like(z[:2]), z[3:]))
    mixed = torch.cat((labels[:3], torch.tensor([-1, -1]), labels[3:]))
    miner = create("miner", "pml", {"which": "TripletMarginMiner"})
    values = []
    for embeddings, classes in ((z, labels), (more, mixed)):
        batch = Batch(embeddings, classes, loss.distance)
        mined = miner(batch, 0.2, generator(0))
        values += [loss(batch).value, loss(batch, mined).value]
        assert bool((classes[mined.anchors] == classes[mined.positives]).all())
    assert values[:2] == values[2:]
    unknown = loss(Batch(z, torch.full_like(labels, -1), loss.distance))
    assert (unknown.value.item(), unknown.active.item()) == (0, 0)


def test_active_is_the_share_of_the_terms() -> None:
    loss = build("pml", {"which": "TripletMarginLoss"})
    z, labels = torch.eye(6, dtype=torch.float64)[[0, 0, 1, 1]].requires_grad_(), [0, 0, 1, 1]
    assert loss(of(loss, z, labels)).active.item() == 0
    mixed = torch.eye(6, dtype=torch.float64)[[0, 1, 1, 1]].requires_grad_()
    assert 0 < loss(of(loss, mixed, labels)).active.item() <= 1


def test_what_the_package_raises_is_one_sentence() -> None:
    loss = build("pml", {"which": "SmoothAPLoss"})
    with pytest.raises(UserError, match="SmoothAPLoss of PyTorch Metric Learning failed on 5 items of 2 classes"):
        loss(of(loss, rows([0, 0, 0, 1, 1]), [0, 0, 0, 1, 1]))
    with pytest.raises(UserError, match="NoSuchLoss cannot be had from PyTorch Metric Learning 2"):
        pml_calls.made("losses", "NoSuchLoss")


def test_proxies_are_trained_and_saved_with_the_run() -> None:
    pixels, labels = made_up()
    saved = []
    for rate in (1.0, 10.0):
        recipe = quick_recipe("loss=pml", "loss.which=ProxyAnchorLoss", f"loss.proxy_rate={rate}", epochs=1)
        tensors = events_of(Checkpoint, run(task(recipe, pixels=pixels, labels=labels)))[-1].tensors
        (key,) = (name for name in tensors if name.endswith("theirs.proxies"))
        saved.append(tensors[key])
    assert saved[0].shape == saved[1].shape
    assert not np.array_equal(saved[0], saved[1])  # begun with the same weights, they learned at two rates


def test_what_is_said_to_be_wrong_is_so() -> None:
    z, labels = rows(BALANCED), torch.tensor(BALANCED)
    angular = losses.AngularLoss()
    assert angular(10 * z, labels) > 5 * angular(z, labels)
    perfect = torch.eye(8)[torch.arange(8).repeat_interleave(4)]
    assert losses.SmoothAPLoss()(perfect, torch.arange(8).repeat_interleave(4)) > 0.1
    assert losses.NPairsLoss()(10 * z, labels).isclose(losses.NPairsLoss()(z, labels))
    assert losses.ProxyNCALoss(4, 6).softmax_scale == 1
    assert not losses.NCALoss()(z[:4], torch.arange(4)).isfinite()


@pytest.mark.parametrize("distance", DISTANCES[1:])
@pytest.mark.parametrize("reducer", ["AvgNonZeroReducer", "MeanReducer", "SumReducer"])
@pytest.mark.parametrize("name", ["TripletMarginLoss", "NTXentLoss", "ProxyAnchorLoss"])
def test_its_distances_and_reducers_are_those_of_the_package(name: str, distance: str, reducer: str) -> None:
    distances = pytest.importorskip("pytorch_metric_learning.distances")
    reducers = pytest.importorskip("pytorch_metric_learning.reducers")
    sizes = {"num_classes": 6, "embedding_size": 6} if name in WEIGHTED else {}
    loss = build("pml", {"which": name, "distance": distance, "reducer": reducer}).double()
    parts = {"distance": getattr(distances, distance)(), "reducer": getattr(reducers, reducer)()}
    theirs = getattr(losses, name)(**sizes, **parts).double()
    theirs.load_state_dict({key.removeprefix("theirs."): value for key, value in loss.state_dict().items()})
    z = rows(BALANCED)
    batch = of(loss, z, BALANCED)
    agree(loss(batch).value, theirs(z, batch.labels), z, rtol=1e-12)


def test_a_distance_or_a_reducer_that_a_part_does_not_take_is_one_sentence() -> None:
    with pytest.raises(UserError, match=r"CircleLoss of .* does not go with LpDistance: .*its own"):
        build("pml", {"which": "CircleLoss", "distance": "LpDistance"})
    loss = build("pml", {"which": "TripletMarginLoss", "reducer": "PerAnchorReducer"})
    with pytest.raises(UserError, match=r"TripletMarginLoss of .* failed on .* not supported"):
        loss(of(loss, rows(BALANCED), BALANCED))
