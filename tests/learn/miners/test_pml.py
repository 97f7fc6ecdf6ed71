"""The miners of PyTorch Metric Learning choose what the package itself chooses."""

from __future__ import annotations

import pytest
import torch

from explorer.core.registry import create
from explorer.learn.batch import Triplets
from explorer.learn.device import generator
from explorer.learn.miners.pml import NAMES
from tests.learn.losses.batches import LABELS, build, of, rows
from tests.learn.test_contracts import CASES

theirs = pytest.importorskip("pytorch_metric_learning.miners")
DRAWING = {"DistanceWeightedMiner", "UniformHistogramMiner"}


def listed(*columns: torch.Tensor) -> set[tuple[int, ...]]:
    return {tuple(row) for row in torch.stack(columns, dim=1).tolist()}


@pytest.mark.parametrize("name", sorted(set(NAMES) - DRAWING))
def test_the_choice_is_that_of_the_package(name: str) -> None:
    loss, labels = build("pml", {}), LABELS["unbalanced"]
    batch = of(loss, rows(labels), labels)
    mined = create("miner", "pml", {"which": name})(batch, 0.2, generator(0))
    chosen = getattr(theirs, name)()(batch.embeddings, batch.labels)
    if len(chosen) == 3:
        assert listed(mined.anchors, mined.positives, mined.negatives) == listed(*chosen)
    else:
        same, different = mined.pairs
        assert listed(*same.nonzero().T) == listed(*chosen[:2])
        assert listed(*different.nonzero().T) == listed(*chosen[2:])


@pytest.mark.parametrize("name", NAMES)
def test_draws_come_from_the_generator_and_touch_no_other(name: str) -> None:
    loss, labels = build("pml", {}), LABELS["unbalanced"]
    batch = of(loss, rows(labels), labels)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    miner = create("miner", "pml", {"which": name})
    chosen = []
    for seed in (4, 4, 5):
        mined: Triplets = miner(batch, 0.2, generator(seed))
        chosen.append(listed(mined.anchors, mined.positives, mined.negatives))
    assert torch.equal(torch.get_rng_state(), before)
    assert chosen[0] == chosen[1]
    assert chosen[0]
    assert name not in DRAWING or chosen[0] != chosen[2]


@pytest.mark.parametrize("name", NAMES)
def test_every_batch_can_be_mined(name: str) -> None:
    loss = build("triplet", {})
    for case, (labels, spread) in CASES.items():
        z = (rows(labels).detach().float() * spread + (spread == 0)).requires_grad_()
        batch = of(loss, z, labels)
        assert loss(batch, create("miner", "pml", {"which": name})(batch, 0.2, generator(0))).value.isfinite(), case
