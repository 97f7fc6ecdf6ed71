"""The magnet loss against its formula, and its clusters."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from explorer.core.events import Checkpoint
from explorer.learn.device import generator
from explorer.learn.embedding_bank import Memory
from explorer.learn.losses.magnet import seeds
from tests.learn.losses.common import batch_of, gradient, make_loss, rows
from tests.learn.tasks import of, quick_recipe, run, task


def remembered(per_mode: int = 6, classes: int = 3, modes: int = 2) -> Memory:
    """Items of classes with two modes each, far from all others, and one item without an embedding."""
    torch.manual_seed(4)
    corners = torch.eye(classes * modes) * 10
    points = (corners[:, None] + 0.1 * torch.randn(len(corners), per_mode, len(corners))).flatten(0, 1)
    targets = torch.arange(classes).repeat_interleave(modes * per_mode)
    memory = Memory.empty(torch.cat((targets, torch.tensor([0]))), points.shape[1])
    memory.write(torch.arange(len(points)), points)
    return memory


def expected(z: Tensor, labels: list[int], centres: Tensor, own: list[int], of: list[int], variance: Tensor) -> Tensor:
    terms = []
    for i, label in enumerate(labels):
        d = (z[i] - centres).square().sum(dim=1) / (2 * variance)
        others = torch.tensor([k for k in range(len(of)) if of[k] != label])
        terms.append(torch.relu(d[own[i]] + 1.0 + (-d[others]).logsumexp(dim=0)))
    return torch.stack(terms).mean()


def test_k_means_finds_the_modes_of_every_class() -> None:
    loss, memory = make_loss("magnet", classes=3, dimension=6, clusters=2).float(), remembered()
    loss.on_epoch(memory, generator(0))
    assert loss.sizes.tolist() == [[6, 6]] * 3
    corners = memory.embeddings[:-1].view(3, 2, 6, 6).mean(dim=2)
    for label in range(3):
        found = loss.centres[label]
        assert torch.cdist(found, corners[label]).min(dim=1).values.max() < 1e-3
    spread = memory.embeddings[:-1].view(6, 6, 6)
    variance = (spread - spread.mean(dim=1, keepdim=True)).square().sum() / 35
    torch.testing.assert_close(loss.variance, variance)


def test_first_centres_are_points_of_their_class_and_spread_out() -> None:
    memory = remembered()
    points, labels = memory.embeddings[:-1], memory.targets[:-1]
    for seed in range(5):
        found = seeds(points, labels, 3, 2, generator(seed))
        for label in range(3):
            members = points[labels == label]
            assert all(any(torch.equal(centre, point) for point in members) for centre in found[label])
            assert (found[label][0] - found[label][1]).norm() > 5


def test_a_class_of_fewer_items_than_clusters_has_fewer_clusters() -> None:
    loss = make_loss("magnet", classes=3, dimension=2, clusters=4).float()
    memory = Memory.empty(torch.tensor([0, 0, 1]), 2)
    memory.write(torch.arange(3), torch.tensor([[0.0, 0.0], [5.0, 0.0], [0.0, 9.0]]))
    loss.on_epoch(memory, generator(0))
    assert (loss.sizes > 0).sum(dim=1).tolist() == [2, 1, 0]
    z = torch.randn(6, 2, requires_grad=True)
    output = loss(batch_of(loss, z, [0, 0, 1, 1, 2, 2]), None)
    output.value.backward()
    assert output.value.isfinite()
    assert z.grad is not None
    assert z.grad.isfinite().all()
    assert not z.grad[4:].any()  # of a class without a remembered item


def test_remembered_centres_equal_the_formula() -> None:
    loss, memory = make_loss("magnet", classes=3, dimension=6, clusters=2), remembered()
    loss.on_epoch(memory, generator(0))
    z, labels = rows(9, 6), [0, 0, 0, 1, 1, 1, 2, 2, 2]
    batch = batch_of(loss, z, labels)
    centres = loss.centres.flatten(0, 1)
    own = [2 * k + int((z[i] - loss.centres[k]).square().sum(dim=1).argmin()) for i, k in enumerate(labels)]
    loss.variance.fill_(30.0)
    formula = expected(batch.prepared, labels, centres, own, [0, 0, 1, 1, 2, 2], loss.variance)
    ours = loss(batch, None).value
    torch.testing.assert_close(ours, formula)
    torch.testing.assert_close(gradient(ours, z), gradient(formula, z))


@pytest.mark.parametrize("known", [False, True])
def test_centres_of_the_batch_equal_the_formula(known: bool) -> None:
    """As in the paper: the means and the variance of the batch have gradients, and clusters are those remembered."""
    loss = make_loss("magnet", classes=3, dimension=6, clusters=2, centres="batch")
    if known:
        loss.on_epoch(remembered(), generator(0))
    z, labels = rows(12, 6), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    batch = batch_of(loss, z, labels)
    kept = batch.prepared.detach()
    cluster = [(k, int((kept[i] - loss.centres[k]).square().sum(dim=1).argmin())) for i, k in enumerate(labels)]
    names = sorted(set(cluster))
    own = [names.index(c) for c in cluster]
    means = torch.stack(
        [batch.prepared[[i for i, c in enumerate(own) if c == k]].mean(dim=0) for k in range(len(names))]
    )
    variance = (batch.prepared - means[own]).square().sum() / 11
    formula = expected(batch.prepared, labels, means, own, [k for k, _ in names], variance)
    ours = loss(batch, None).value
    torch.testing.assert_close(ours, formula)
    torch.testing.assert_close(gradient(ours, z), gradient(formula, z))
    assert known == (len(names) > 3)


@pytest.mark.parametrize("centres", ["remembered", "batch"])
def test_gradients(centres: str) -> None:
    loss = make_loss("magnet", distance="squared_euclidean", classes=3, dimension=6, clusters=2, centres=centres)
    loss.on_epoch(remembered(), generator(0))
    loss.variance.fill_(2.0)
    labels = [0, 0, 1, 1, 2, 2, 2]
    assert torch.autograd.gradcheck(lambda z: loss(batch_of(loss, z, labels), None).value, (rows(7, 6),))


def test_nothing_is_known_before_the_first_epoch() -> None:
    loss = make_loss("magnet", classes=3, dimension=6)
    memory = Memory.empty(torch.tensor([0, 1, 2]), 6)
    loss.on_epoch(memory, generator(0))
    assert not loss.sizes.any()


@pytest.mark.parametrize("name", ["magnet", "hierarchical_triplet"])
def test_an_epoch_of_training_is_what_the_next_one_knows(name: str) -> None:
    events = run(task(quick_recipe(f"loss={name}", epochs=3)))
    assert type(events[-1]).__name__ == "RunFinished", events[-1]
    saved = of(Checkpoint, events)[-1].tensors
    assert saved["loss.sizes" if name == "magnet" else "loss.inner"].any()
