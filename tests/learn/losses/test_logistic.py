"""The logistic loss against its formula, pair by pair."""

from __future__ import annotations

import math

import torch

from tests.learn.losses.batches import LABELS, every_triplet, listed, made, of, rows


def test_it_is_its_formula() -> None:
    loss = made("logistic", boundary=0.8, temperature=0.3)
    labels = LABELS["unbalanced"]
    z = rows(labels)
    batch = of(loss, z, labels)
    sorts: dict[bool, list[float]] = {True: [], False: []}
    for i, one in enumerate(labels):
        for j, other in enumerate(labels):
            if i != j:
                odds = (float(batch.distances[i, j].detach()) - 0.8) / 0.3
                same = one == other
                sorts[same].append(math.log1p(math.exp(odds if same else -odds)))
    wanted = sum(sum(terms) / len(terms) for terms in sorts.values())
    assert abs(float(loss(batch, None).value.detach()) - wanted) < 1e-5


def test_the_boundary_is_learned_and_a_miner_restricts_the_pairs() -> None:
    loss = made("logistic")
    labels = [0, 0, 1, 1]
    batch = of(loss, rows(labels), labels)
    mined = listed(every_triplet(labels)[:1])
    output = loss(batch, mined)
    output.value.backward()
    slope = dict(loss.named_parameters())["boundary"].grad
    assert slope is not None
    assert float(slope) != 0
    assert float(output.active) in (0.0, 0.5, 1.0)
    assert not torch.isnan(output.value)
