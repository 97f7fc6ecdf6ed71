"""Pairs of items against loops over them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.learn.device import generator
from explorer.learn.linear.pairs import Pairs, Search, nearest_of_class
from tests.learn.linear.problems import blobs, last


def listed(pairs: Pairs) -> set[tuple[int, int]]:
    found = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert len(found) == len(set(found))
    assert pairs.first.tolist() == sorted(pairs.first.tolist())
    return set(found)


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 40), st.integers(1, 5), st.integers(0, 999), st.booleans())
def test_target_neighbours_are_the_nearest_of_the_class(items: int, k: int, seed: int, some_unlabelled: bool) -> None:
    x, targets = blobs(items, seed=seed)
    if some_unlabelled:
        targets[::4] = -1
    near = last(nearest_of_class(x, targets, k))
    distances = torch.cdist(x, x)
    for i in range(items):
        same = [j for j in range(items) if j != i and targets[j] == targets[i] >= 0]
        expected = sorted(same, key=lambda j: float(distances[i, j]))[:k]
        assert near[i].tolist() == expected + [-1] * (k - len(expected))


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 60), st.integers(0, 999), st.floats(0.1, 20.0))
def test_the_search_finds_exactly_those_within_each_radius(items: int, seed: int, radius: float) -> None:
    x, targets = blobs(items, seed=seed)
    targets[::7] = -1
    radii = radius * torch.rand(items, generator=generator(seed), dtype=x.dtype)
    found = last(Search(targets, 1000, generator(0)).pairs(x, radii.clone()))
    squares = torch.cdist(x, x).square()
    expected = {
        (i, j)
        for i in range(items)
        for j in range(items)
        if targets[i] >= 0 and targets[j] >= 0 and targets[i] != targets[j] and squares[i, j] < radii[i]
    }
    assert listed(found) == expected


def test_the_search_is_exact_across_its_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.learn.linear.pairs.TILE", 16)
    x, targets = blobs(205)
    radii = torch.full((205,), 3.0, dtype=x.dtype)
    squares = torch.cdist(x, x).square()
    inside = (squares < 3.0) & (targets[:, None] != targets)
    assert listed(last(Search(targets, 1000, generator(0)).pairs(x, radii))) == set(
        map(tuple, inside.nonzero().tolist())
    )


def test_of_many_the_nearest_are_kept() -> None:
    x, targets = blobs(1500)
    cap = 20
    found = last(Search(targets, cap, generator(0)).pairs(x, torch.full((1500,), 1e9, dtype=x.dtype)))
    squares = torch.cdist(x, x).square().masked_fill(targets[:, None] == targets, torch.inf)
    nearest = squares.argsort(dim=1)
    counts = torch.bincount(found.first, minlength=1500)
    assert int(counts.max()) == cap
    assert float((counts == cap).double().mean()) > 0.7  # the radius is guessed from a sample
    for i in range(0, 1500, 50):
        mine = found.second[found.first == i].tolist()
        assert set(mine) == set(nearest[i, : len(mine)].tolist())


def test_sums_and_gradients_are_those_of_a_loop() -> None:
    z, _ = blobs(30)
    drawn = torch.randperm(900, generator=generator(1))[:200].sort().values
    pairs = Pairs(drawn // 30, drawn % 30, 30)
    weights = torch.randn(200, generator=generator(2), dtype=z.dtype)
    leaf = z.clone().requires_grad_()
    squares = (leaf[drawn // 30] - leaf[drawn % 30]).square().sum(dim=1)
    torch.testing.assert_close(pairs.squared(z), squares.detach())
    (weights * squares).sum().backward()
    torch.testing.assert_close(pairs.gradient(z, weights), leaf.grad)
    torch.testing.assert_close(
        pairs.sums(weights[:, None])[:, 0], torch.zeros(30, dtype=z.dtype).index_add_(0, drawn // 30, weights)
    )


def test_no_pairs_are_pairs_too() -> None:
    z, _ = blobs(4)
    none = Pairs(torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.int64), 4)
    assert len(none) == 0
    assert none.squared(z).shape == (0,)
    assert not none.gradient(z, z.new_zeros(0)).any()
    assert none.sums(z.new_zeros(0, 3)).shape == (4, 3)
