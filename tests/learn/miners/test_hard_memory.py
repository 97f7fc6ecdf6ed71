"""The nearest negatives of everything that is remembered."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.registry import create
from explorer.learn.batch import Batch
from explorer.learn.device import generator
from explorer.learn.embedding_bank import Memory
from explorer.learn.miners import hard_memory
from explorer.learn.miners.hard_memory import HardMemory
from tests.learn.miners.mining import batch_of, mine, negatives_of, pairs_of, rows


def remembered(targets: list[int], batch: Batch, seed: int) -> Memory:
    memory = Memory.empty(torch.tensor(targets, dtype=torch.int64), batch.embeddings.shape[1])
    torch.manual_seed(seed + 1)
    seen = (torch.rand(len(targets)) < 0.8).nonzero().flatten()
    memory.write(seen, batch.distance.prepare(torch.randn(len(seen), batch.embeddings.shape[1])))
    return memory


def miner(**params: int) -> HardMemory:
    made: HardMemory = create("miner", "hard_memory", dict(params))
    return made


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=10),
    st.lists(st.integers(-1, 3), max_size=30),
    st.integers(0, 1000),
    st.integers(1, 4),
    st.booleans(),
)
def test_every_pair_takes_the_nearest_remembered_negatives(
    labels: list[int], further: list[int], seed: int, count: int, uphill: bool
) -> None:
    batch = batch_of(labels, seed, uphill=uphill)  # it is the first items
    memory = remembered([*labels, *further], batch, seed)
    chosen = miner(negatives=count)
    extended = chosen.extend(batch, memory)
    mined = chosen(extended, 0.2, generator(0))
    assert mined is not None
    assert extended.indices is not None
    known = [i for i in memory.known.tolist() if i >= len(labels)]
    d = batch.distance.matrix(batch.prepared, memory.embeddings)
    wanted = set()
    for a, p in pairs_of(labels):
        if not (set(extended.indices.tolist()) - set(range(len(labels)))):
            break
        others = [i for i in known if int(memory.targets[i]) != labels[a]]
        wanted |= {(a, p, i) for i in sorted(others, key=lambda i: float(d[a, i]))[:count]}
    found = {(a, p, int(extended.indices[n])) for a, p, n in rows(mined.compact())}
    remote = {row for row in found if row[2] >= len(labels)}
    assert remote == wanted
    for a, _, n in found - remote:  # an anchor of which no other class is remembered
        assert n in negatives_of(labels, a)
        assert not any(row[0] == a for row in remote)


def test_chunks_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = batch_of([0, 0, 1, 1, 2, 2])
    memory = remembered([0, 0, 1, 1, 2, 2, *[i % 3 for i in range(500)]], batch, 3)
    whole = miner(negatives=5).extend(batch, memory)
    monkeypatch.setattr(hard_memory, "CHUNK", 60)
    parts = miner(negatives=5).extend(batch, memory)
    assert len(whole) > len(batch)
    assert whole.indices is not None
    assert parts.indices is not None
    assert torch.equal(whole.indices, parts.indices)
    assert torch.equal(whole.prepared, parts.prepared)


def test_remembered_rows_are_only_negatives() -> None:
    batch = batch_of([0, 0, 1, 1])
    memory = remembered([0, 0, 1, 1, *[0, 1] * 20], batch, 1)
    extended = miner(negatives=3).extend(batch, memory)
    mined = miner(negatives=3)(extended, 0.2, generator(0))
    assert mined is not None
    mined = mined.compact()
    assert (mined.anchors < 4).all()
    assert (mined.positives < 4).all()
    assert (mined.negatives >= 4).all()
    assert len(mined.anchors) == 4 * 3


def test_without_a_memory_it_is_the_nearest_of_the_batch() -> None:
    batch = batch_of([0, 0, 1, 1, 2, 2, 2])
    empty = Memory.empty(torch.tensor([0, 0, 1, 1, 2, 2, 2]), 2)
    assert miner().extend(batch, empty) is batch
    assert sorted(rows(mine("hard_memory", batch, negatives=1))) == sorted(rows(mine("hard", batch, positives="all")))
