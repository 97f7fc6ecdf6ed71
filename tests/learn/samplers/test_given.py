from __future__ import annotations

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.registry import create
from explorer.learn.device import generator
from explorer.learn.samplers.base import Sampler
from tests.learn.samplers.drawing import epoch_of, made


def test_every_tuple_is_in_a_batch_once_an_epoch() -> None:
    draw = np.random.default_rng(0)
    tuples = np.stack([draw.permutation(30)[:3] for _ in range(50)])
    labels = np.arange(30)
    sampler: Sampler = create("sampler", "given", {"tuples": 8}, labels, generator(1), None, tuples)
    assert (sampler.length, sampler.batch) == (7, 24)
    batches = epoch_of(sampler)
    whole = [sum(set(row) <= set(batch.tolist()) for batch in batches) for row in tuples.tolist()]
    assert min(whole) >= 1


def test_without_tuples_it_says_so() -> None:
    with pytest.raises(UserError, match="none are given"):
        made("given", [0, 1])
