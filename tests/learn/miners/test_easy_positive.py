"""The easy positive miner against all triplets."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learn.miners.mining import batch_of, label_lists, mine, negatives_of, pairs_of, rows


@settings(max_examples=60, deadline=None)
@given(label_lists, st.integers(0, 1000), st.booleans(), st.sampled_from(["semi_hard", "hardest"]))
def test_it_takes_the_nearest_positive(labels: list[int], seed: int, uphill: bool, negatives: str) -> None:
    batch = batch_of(labels, seed, uphill=uphill)
    d = batch.distances
    wanted = []
    for a in range(len(labels)):
        own = [p for b, p in pairs_of(labels) if b == a]
        if not own:
            continue
        p = min(own, key=lambda i: float(d[a, i]))
        others = [n for n in negatives_of(labels, a) if negatives == "hardest" or d[a, n] > d[a, p]]
        if others:
            wanted.append((a, p, min(others, key=lambda i: float(d[a, i]))))
    assert rows(mine("easy_positive", batch, negatives=negatives)) == wanted


@pytest.mark.parametrize(("ours", "theirs"), [("semi_hard", "semihard"), ("hardest", "hard")])
def test_it_chooses_as_theirs(ours: str, theirs: str) -> None:
    miners = pytest.importorskip("pytorch_metric_learning.miners")
    for seed in range(10):
        torch.manual_seed(seed)
        batch = batch_of(torch.randint(0, 5, (24,)).tolist(), seed, dimension=3)
        a, p, _, n = miners.BatchEasyHardMiner("easy", theirs)(batch.embeddings, batch.labels)
        listed = list(zip(a.tolist(), p.tolist(), n.tolist(), strict=True))
        assert rows(mine("easy_positive", batch, negatives=ours)) == listed
