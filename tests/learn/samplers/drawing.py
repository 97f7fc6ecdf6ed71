"""Samplers over small sets, and the laws that all of them keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explorer.core.registry import Scalar, create
from explorer.core.types import IntArray
from explorer.learn.device import generator
from explorer.learn.samplers.base import Sampler


def made(
    name: str,
    labels: Sequence[int],
    seed: int = 0,
    columns: Mapping[str, Sequence[str]] | None = None,
    **params: Scalar,
) -> Sampler:
    sampler: Sampler = create("sampler", name, params, np.array(labels, dtype=np.int64), generator(seed), columns)
    return sampler


def epoch_of(sampler: Sampler) -> list[IntArray]:
    """One epoch, after it was seen to come again from the same random state, to be of the right length, and clean."""
    state = sampler.generator.get_state()
    batches = list(sampler.epoch())
    after = sampler.generator.get_state()
    sampler.generator.set_state(state)
    again = sampler.epoch()
    assert [b.tolist() for b in again] == [b.tolist() for b in batches]
    assert bool((sampler.generator.get_state() == after).all())
    assert len(batches) == sampler.length >= 1
    for batch in batches:
        assert batch.dtype == np.int64
        assert len(set(batch.tolist())) == len(batch) <= sampler.batch
        assert (sampler.labels[batch] >= 0).all()
    return batches
