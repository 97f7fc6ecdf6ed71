"""Miners against lists of all triplets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.registry import Scalar, create
from explorer.learn.batch import Batch
from explorer.learn.device import generator
from tests.learn.miners.mining import batch_of, label_lists, mine, pairs_of, rows


@settings(max_examples=60, deadline=None)
@given(label_lists, st.integers(0, 1000), st.sampled_from([0.0, 0.1, 0.5, 2.5]))
def test_what_is_mined_is_what_the_name_says(labels: list[int], seed: int, margin: float) -> None:
    batch = batch_of(labels, seed)
    d = batch.distances
    negatives = {a: [n for n in range(len(labels)) if labels[n] != labels[a]] for a in range(len(labels))}
    rules: dict[str, Callable[[int, int, int], bool]] = {
        "random": lambda a, p, n: True,
        "easy": lambda a, p, n: bool(d[a, n] >= d[a, p] + margin),
        "semi_hard": lambda a, p, n: bool(d[a, p] < d[a, n] < d[a, p] + margin),
    }
    for name, rule in rules.items():
        params: dict[str, Scalar] = {"fallback": "none"} if name == "semi_hard" else {}
        mined = rows(mine(name, batch, margin, seed, **params))
        wanted = {(a, p) for a, p in pairs_of(labels) if any(rule(a, p, n) for n in negatives[a])}
        assert sorted((a, p) for a, p, _ in mined) == sorted(wanted), name
        for a, p, n in mined:
            assert n in negatives[a], name
            assert rule(a, p, n), name


@settings(max_examples=40, deadline=None)
@given(label_lists, st.integers(0, 1000))
def test_hard_takes_the_farthest_positive_and_the_nearest_negative(labels: list[int], seed: int) -> None:
    batch = batch_of(labels, seed)
    d = batch.distances
    mined = {a: (p, n) for a, p, n in rows(mine("hard", batch))}
    for a in range(len(labels)):
        positives = [p for b, p in pairs_of(labels) if b == a]
        negatives = [n for n in range(len(labels)) if labels[n] != labels[a]]
        assert (a in mined) == bool(positives and negatives)
        if a in mined:
            assert d[a, mined[a][0]] == max(d[a, p] for p in positives)
            assert d[a, mined[a][1]] == min(d[a, n] for n in negatives)
    every = rows(mine("hard", batch, positives="all"))
    assert {(a, p) for a, p, _ in every} == {(a, p) for a, p in pairs_of(labels) if a in mined}
    assert all(n == mined[a][1] for a, _, n in every)


def test_semi_hard_picks_the_nearest_or_any() -> None:
    batch = batch_of([0, 0, *[1] * 30], seed=4)
    d = batch.distances
    band = [n for n in range(2, 32) if d[0, 1] < d[0, n] < d[0, 1] + 1.0]
    assert len(band) > 3
    nearest = {(a, p): n for a, p, n in rows(mine("semi_hard", batch, 1.0))}
    assert nearest[0, 1] == min(band, key=lambda n: float(d[0, n]))
    drawn = {{(a, p): n for a, p, n in rows(mine("semi_hard", batch, 1.0, s, pick="random"))}[0, 1] for s in range(200)}
    assert drawn == set(band)


def test_semi_hard_falls_back_to_the_farthest_negative() -> None:
    positions = torch.tensor([0.0, 1.0, 0.2, 0.3])
    z = torch.stack((positions, torch.zeros(4)), dim=1)
    batch = Batch(z, torch.tensor([0, 0, 1, 1]), create("distance", "euclidean", {"normalise": False}))
    with_fallback = {(a, p): n for a, p, n in rows(mine("semi_hard", batch, 0.1))}
    assert with_fallback[0, 1] == 3  # both negatives are nearer than 1.0; the farther of them is row 3
    assert (0, 1) not in {(a, p) for a, p, _ in rows(mine("semi_hard", batch, 0.1, fallback="none"))}


@pytest.mark.parametrize("name", ["random", "easy", "semi_hard"])
def test_draws_come_from_the_generator(name: str) -> None:
    batch = batch_of([0, 1, 2, 3] * 8)
    params: dict[str, Scalar] = {"pick": "random"} if name == "semi_hard" else {}
    first, again, other = (rows(mine(name, batch, 0.5, seed, **params)) for seed in (1, 1, 2))
    assert first == again != other


def test_random_reaches_every_negative() -> None:
    batch = batch_of([1, 0, 1, 2, 0, 2])
    seen = {row for seed in range(300) for row in rows(mine("random", batch, seed=seed))}
    assert len(seen) == 6 * 1 * 4


def test_all_lists_nothing() -> None:
    assert create("miner", "all", {})(batch_of([0, 0, 1]), 0.2, generator(0)) is None
