"""The exact loss and census against a triple loop and against PyTorch Metric Learning."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from explorer.learn.triplets import FEW, BatchTriplets, ClassPairs, reached_by


def all_triplet_loss(
    distances: Tensor, labels: Tensor, margin: float, *, over: str = "violating"
) -> tuple[Tensor, Tensor]:
    """Return the hinge loss over all triplets of a batch and their census.

    Parameters
    ----------
    distances: (B, B) with their gradient, row a from anchor a.
    labels: (B,) int64.
    over: ``violating``: the mean over the violating triplets; ``all``: over all triplets.

    Returns
    -------
    () loss, zero with a gradient of zeros where nothing violates; (3,) int64 easy, semi-hard, hard.
    """
    triplets = BatchTriplets(distances.detach(), ClassPairs.of(labels))
    total, violated = triplets.hinge(distances, margin)
    count = violated if over == "violating" else triplets.pairs.total
    return total / count.clamp(min=1), triplets.census(margin, violated)


def loop(d: Tensor, y: Tensor, margin: float) -> tuple[float, list[int], Tensor]:
    """Sum of the violations, census, and how often each pair of rows takes part in one (its gradient)."""
    total, census, gradient = 0.0, [0, 0, 0], torch.zeros_like(d)
    limit = d + margin  # as one rounded number, as the definition of the census has it
    for a in range(len(y)):
        for p in range(len(y)):
            for n in range(len(y)):
                if a == p or y[a] != y[p] or y[a] == y[n]:
                    continue
                hard, within = bool(d[a, n] < d[a, p]), bool(d[a, n] < limit[a, p])
                census[2 if hard else 1 if within else 0] += 1
                if within:
                    total += float(limit[a, p]) - float(d[a, n])
                    gradient[a, p] += 1
                    gradient[a, n] -= 1
    return total, census, gradient


@st.composite
def batches(draw: st.DrawFn) -> tuple[Tensor, Tensor, float]:
    """Distances that often tie, labels of all shapes, any margin; not symmetric."""
    n = draw(st.integers(1, 9))
    values = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 2, width=32)
    d = torch.tensor(draw(st.lists(values, min_size=n * n, max_size=n * n)), dtype=torch.float32).view(n, n)
    y = torch.tensor(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    return d, y, draw(st.sampled_from([0.0, 0.25, 0.2, 1.0, 3.0]))


@settings(max_examples=150, deadline=None)
@given(batches())
def test_equals_a_triple_loop(batch: tuple[Tensor, Tensor, float]) -> None:
    d, y, margin = batch
    total, census, gradient = loop(d, y, margin)
    d.requires_grad_()
    loss, counted = all_triplet_loss(d, y, margin)
    assert counted.tolist() == census
    violating = max(census[1] + census[2], 1)
    assert loss.item() == pytest.approx(total / violating, abs=2e-6)
    loss.backward()
    assert d.grad is not None
    torch.testing.assert_close(d.grad, gradient / violating, atol=1e-6, rtol=1e-6)
    over_all, _ = all_triplet_loss(d, y, margin, over="all")
    assert over_all.item() == pytest.approx(total / max(sum(census), 1), abs=2e-6)


@settings(max_examples=60, deadline=None)
@given(batches())
def test_soft_equals_a_triple_loop(batch: tuple[Tensor, Tensor, float]) -> None:
    d, y, margin = batch
    d = d.double().requires_grad_()
    terms = [
        torch.nn.functional.softplus(d[a, p] - d[a, n] + margin)
        for a in range(len(y))
        for p in range(len(y))
        for n in range(len(y))
        if a != p and y[a] == y[p] != y[n]
    ]
    expected = torch.stack(terms).sum() if terms else (d * 0).sum()
    (gradient,) = torch.autograd.grad(expected, d)
    value = BatchTriplets(d.detach(), ClassPairs.of(y)).soft(d, margin)
    assert value.item() == pytest.approx(expected.item(), abs=1e-9)
    torch.testing.assert_close(torch.autograd.grad(value, d)[0], gradient)


@pytest.mark.parametrize(("classes", "images"), [(16, 4), (3, 20), (1, 8), (12, 1)])
def test_equals_pytorch_metric_learning(classes: int, images: int) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    torch.manual_seed(0)
    y = torch.arange(classes).repeat_interleave(images)
    ours = torch.randn(len(y), 16, requires_grad=True)
    theirs = ours.detach().clone().requires_grad_()
    unit = torch.nn.functional.normalize(ours)
    d = torch.cdist(unit, unit)
    loss, _ = all_triplet_loss(d, y, 0.2)
    expected = losses.TripletMarginLoss(margin=0.2)(theirs, y)
    assert loss.item() == pytest.approx(expected.item(), abs=1e-6)
    loss.backward()
    expected.backward()
    assert ours.grad is not None
    assert theirs.grad is not None
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-6, rtol=1e-4)


def test_gradient_passes_gradcheck() -> None:
    torch.manual_seed(1)
    d = torch.rand(7, 7, dtype=torch.float64, requires_grad=True)
    y = torch.tensor([0, 0, 1, 1, 1, 2, 2])
    assert torch.autograd.gradcheck(lambda x: all_triplet_loss(x, y, 0.3, over="all")[0], (d,))


def test_pairs_list_every_positive_once() -> None:
    y = torch.tensor([2, 0, 2, 1, 0, 2])
    pairs = ClassPairs.of(y)
    listed = [sorted(row[:n].tolist()) for row, n in zip(pairs.positives, pairs.counts.tolist(), strict=True)]
    assert listed == [[2, 5], [4], [0, 5], [], [1], [0, 2]]
    assert int(pairs.total) == 2 * 3 * 3 + 2 * 4


def test_census_of_a_large_batch_is_exact_beyond_float_precision() -> None:
    """2,048 rows of two classes have 2.1 billion triplets, more than a float32 can count."""
    rng = np.random.default_rng(0)
    position = torch.from_numpy(rng.permutation(2048).astype(np.float32))
    d = position[None].expand(2048, -1).contiguous()  # every anchor sees the same distances
    y = torch.from_numpy(rng.integers(0, 2, 2048))
    _, census = all_triplet_loss(d, y, 0.0)
    order = y[position.argsort()].numpy()
    ones = np.cumsum(order)
    hard = 0
    for c, below in ((1, np.arange(2048) + 1 - ones), (0, ones)):
        ranks = np.flatnonzero(order == c)
        # every anchor of the class pairs with each other positive, whose nearer negatives are counted below it
        hard += int((below[ranks] * (len(ranks) - 1)).sum())
    n = int(y.sum())
    assert census[2] == hard
    assert int(census.sum()) == n * (n - 1) * (2048 - n) + (2048 - n) * (2047 - n) * n
    assert math.log2(int(census.sum())) > 24


@pytest.mark.parametrize("rows", [1, 7, 300])
@pytest.mark.parametrize("count", [0, 1, 3, FEW, FEW + 1])
def test_limits_reached_are_those_of_a_search(rows: int, count: int) -> None:
    draw = torch.Generator().manual_seed(rows + count)
    distances = torch.randint(0, 9, (rows, 400), generator=draw) / 4  # many of them are equal to limits
    limits = torch.randint(0, 9, (rows, count), generator=draw) / 4
    limits[::3, count // 2 :] = torch.inf  # the padding of smaller classes
    limits = limits.sort(dim=1).values
    wanted = torch.searchsorted(limits, distances, right=True, out_int32=True)
    assert torch.equal(reached_by(limits, distances), wanted)
