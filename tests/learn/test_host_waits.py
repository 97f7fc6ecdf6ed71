"""No step waits for a GPU: losses and miners run on tensors of the device "meta", which have a shape and no values.

What reads a value, a count of what is true or a size that depends on values there raises an error, where on a GPU the
host would wait for all that is queued.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

import explorer.learn.parts  # noqa: F401  registers all
from explorer.core.registry import catalogue, create
from explorer.learn.batch import Batch, BatchTarget
from explorer.learn.device import generator
from explorer.learn.embedding_health import embedding_health
from explorer.learn.triplets import ClassPairs

ROWS, DIMENSION, CHANNELS = 24, 8, 6
META = torch.device("meta")
ON_THE_HOST = {"facility_location", "pml"}
"""What works on the host, whatever the device: losses that look for a clustering, and another library's parts."""


def names(kind: str) -> list[str]:
    return [name for name, entry in catalogue(kind).items() if entry.available and name not in {"sum", *ON_THE_HOST}]


def batch_of(needs: frozenset[str], *, learned: bool) -> Batch:
    labels = torch.arange(ROWS) // 4
    more: dict[str, Any] = {}
    if "maps" in needs:
        more["maps"] = torch.empty(ROWS, CHANNELS, 7, 7, device=META)
    if "hidden" in needs:
        more["hidden"] = {"": torch.empty(ROWS, CHANNELS, device=META)}
    if "label_sets" in needs:
        more["label_sets"] = torch.empty(ROWS, 9, dtype=torch.bool, device=META)
    if "target" in needs:
        more["target"] = BatchTarget(torch.empty(ROWS, device=META), 2.0)
    if "sides" in needs:
        more["texts"] = torch.empty(ROWS, dtype=torch.int64, device=META)
    return Batch(
        torch.empty(ROWS, DIMENSION, device=META, requires_grad=learned),
        labels.to(META),
        create("distance", "euclidean", {}),
        pairs=ClassPairs.of(labels).to(META),  # found on the host, as by BatchMaker
        indices=torch.arange(ROWS, device=META),
        **more,
    )


@pytest.mark.parametrize("mined", [False, True])
@pytest.mark.parametrize("name", names("loss"))
def test_a_loss_and_its_gradient_read_no_value(name: str, mined: bool) -> None:
    distance = create("distance", "euclidean", {})
    loss = create("loss", name, {}, distance=distance, classes=6, dimension=DIMENSION, channels=CHANNELS).to(META)
    batch = batch_of(loss.needs_of(loss.params), learned=True)
    triplets = create("miner", "semi_hard", {})(batch, 0.2, generator(0)) if mined and loss.mined else None
    output = loss(batch, triplets)
    output.value.backward()
    assert output.value.shape == output.active.shape == ()
    assert batch.embeddings.grad is not None or any(weights.grad is not None for weights in loss.parameters())


@pytest.mark.parametrize("name", names("miner"))
def test_a_miner_reads_no_value(name: str) -> None:
    batch = batch_of(frozenset(), learned=False)
    triplets = create("miner", name, {})(batch, 0.2, generator(0))
    assert triplets is None or triplets.valid.shape == triplets.anchors.shape


def test_census_and_health_of_a_batch_read_no_value() -> None:
    batch = batch_of(frozenset(), learned=False)
    assert batch.triplets.census(0.2).shape == (3,)
    assert embedding_health(batch).shape == (4,)
