"""The hierarchical triplet loss and its tree against brute force and scipy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from explorer.core.registry import create
from explorer.learn.device import generator
from explorer.learn.distances.base import unit
from explorer.learn.embedding_bank import Memory
from explorer.learn.losses.class_tree import joined, merge_levels, range_maxima
from tests.learn.losses.common import LABELS, batch_of, gradient, make_loss, rows


def class_distances(points: Tensor, labels: Tensor, classes: int) -> Tensor:
    """The mean squared distance between the items of each two classes; within a class, of two different items."""
    d = torch.cdist(points, points).square()
    found = torch.zeros(classes, classes, dtype=points.dtype)
    for p in range(classes):
        for q in range(classes):
            block = d[labels == p][:, labels == q]
            found[p, q] = block.sum() / (block.numel() - (len(block) if p == q else 0))
    return found


def memory_of(classes: int = 5, each: int = 4, dimension: int = 5) -> Memory:
    torch.manual_seed(9)
    centres = unit(torch.randn(classes, dimension))
    points = unit((centres[:, None] + 0.3 * torch.randn(classes, each, dimension)).flatten(0, 1))
    memory = Memory.empty(torch.arange(classes).repeat_interleave(each), dimension)
    memory.write(torch.arange(len(points)), points)
    return memory


def after_an_epoch(mean: str = "all") -> tuple[Any, Tensor]:
    """The loss with its tree, and its margins by brute force, (classes, classes)."""
    loss, memory = make_loss("hierarchical_triplet", margin=0.1, levels=16, mean=mean), memory_of()
    loss.float().on_epoch(memory, generator(0))
    d = class_distances(memory.embeddings.double(), memory.targets, 5)
    inner, first = d.diagonal(), d.diagonal().mean()
    level = torch.full((5, 5), 16.0, dtype=torch.float64)
    for at in range(16, 0, -1):
        limit = first + at * (4 - first) / 16
        near = (d < limit) & ~torch.eye(5, dtype=torch.bool)
        reach = (near | torch.eye(5, dtype=torch.bool)).double().matrix_power(5) > 0
        level[reach] = at
    return loss.double(), 0.1 + first + level * (4 - first) / 16 - inner[:, None]


def test_the_margins_equal_the_tree_by_brute_force() -> None:
    loss, alpha = after_an_epoch()
    classes = torch.arange(5)
    different = ~torch.eye(5, dtype=torch.bool)
    ours = loss.margins(classes) + 0.1
    torch.testing.assert_close(ours[different], alpha[different], rtol=1e-5, atol=1e-5)
    assert len(ours[different].unique()) > 5


@pytest.mark.parametrize("mean", ["all", "violating"])
def test_value_and_gradient_equal_the_sum_over_all_triplets(mean: str) -> None:
    loss, alpha = after_an_epoch(mean)
    z, n = rows(), len(LABELS)
    batch = batch_of(loss, z)
    d = (unit(z)[:, None] - unit(z)[None]).square().sum(dim=2)
    terms = torch.stack(
        [
            torch.relu(d[a, p] - d[a, k] + alpha[LABELS[a], LABELS[k]])
            for a in range(n)
            for p in range(n)
            for k in range(n)
            if a != p and LABELS[a] == LABELS[p] != LABELS[k]
        ]
    )
    violating = int((terms > 0).sum())
    expected = terms.sum() / (2 * (len(terms) if mean == "all" else violating))
    output = loss(batch, None)
    torch.testing.assert_close(output.value, expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(gradient(output.value, z), gradient(expected, z), rtol=1e-5, atol=1e-6)
    assert output.active.item() == pytest.approx(violating / len(terms))
    everything = create("miner", "semi_hard", {})(batch, 5.0, generator(0))
    assert loss(batch, everything).value.isfinite()


def test_mined_triplets_have_the_margins_of_their_classes() -> None:
    loss, alpha = after_an_epoch()
    z = rows()
    batch = batch_of(loss, z)
    mined = create("miner", "hard", {})(batch, 0.2, generator(0))
    d = (unit(z)[:, None] - unit(z)[None]).square().sum(dim=2)
    few = mined.compact()
    terms = [
        torch.relu(d[a, p] - d[a, k] + alpha[LABELS[a], LABELS[k]])
        for a, p, k in zip(few.anchors, few.positives, few.negatives, strict=True)
    ]
    torch.testing.assert_close(loss(batch, mined).value, torch.stack(terms).mean() / 2, rtol=1e-5, atol=1e-6)


def test_without_a_tree_the_margin_is_the_same_everywhere() -> None:
    loss, z = make_loss("hierarchical_triplet", margin=0.3), rows()
    loss.on_epoch(Memory.empty(torch.tensor(LABELS), 5), generator(0))
    plain = make_loss("triplet", distance="squared_euclidean", margin=0.3, mean="all")
    torch.testing.assert_close(loss(batch_of(loss, z), None).value, plain(batch_of(plain, z), None).value / 2)


def test_classes_that_are_not_remembered_merge_last() -> None:
    loss = make_loss("hierarchical_triplet", classes=7).float()
    loss.on_epoch(memory_of(), generator(0))
    margins = loss.margins(torch.arange(7))
    assert margins.isfinite().all()
    torch.testing.assert_close(margins[:5, 5:], (4 - loss.inner[:5, None]).expand(5, 2))


@settings(max_examples=30, deadline=None)
@given(classes=st.integers(2, 40), seed=st.integers(0, 1000))
def test_merge_heights_equal_single_linkage(classes: int, seed: int) -> None:
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    means = torch.tensor(np.random.default_rng(seed).normal(size=(classes, 3)))
    order, heights = joined(means, means.square().sum(dim=1), torch.ones(classes, dtype=torch.bool))
    assert sorted(order.tolist()) == list(range(classes))
    place = torch.empty_like(order)
    place[order] = torch.arange(classes)
    ours = merge_levels(range_maxima(heights), place)
    linked = hierarchy.cophenet(hierarchy.linkage(means.numpy(), "single")) ** 2
    a, b = np.triu_indices(classes, 1)
    np.testing.assert_allclose(ours[a, b].numpy(), linked, rtol=1e-6, atol=1e-9)
    assert torch.equal(ours, ours.T)
