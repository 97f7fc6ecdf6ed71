"""Batches of classes that lie close together."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learn.samplers.drawing import epoch_of, made


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 12), st.integers(2, 5), st.integers(0, 999), st.booleans())
def test_every_class_is_the_nearest_left_to_those_before(count: int, wanted: int, seed: int, partly: bool) -> None:
    torch.manual_seed(seed)
    labels = np.array([c for c in range(count) for _ in range(4)])
    embeddings = torch.randn(len(labels), 3)
    seen = torch.rand(len(labels)) < 0.4 if partly else torch.ones(len(labels), dtype=torch.bool)
    sampler = made("class_mining", labels.tolist(), seed, classes=min(wanted, count), images=2, pool=0)
    sampler.look(embeddings, seen)
    shown = [(labels == c) & seen.numpy() for c in range(count)]
    means = {c: embeddings[rows].double().mean(0) for c, rows in enumerate(shown) if rows.any()}
    for batch in epoch_of(sampler):
        classes = labels[batch][::2].tolist()
        assert len(set(classes)) == min(wanted, count)
        for i, c in enumerate(classes[1:], start=1):
            known = [s for s in classes[:i] if s in means]
            rest = [o for o in range(count) if o not in classes[:i] and o in means]
            if known and rest:
                apart = {o: min(float((means[o] - means[s]).norm()) for s in known) for o in rest}
                assert c in apart
                assert np.isclose(apart[c], min(apart.values()), rtol=1e-4)


def test_before_anything_was_seen_classes_are_random() -> None:
    labels = [c for c in range(30) for _ in range(4)]
    sampler = made("class_mining", labels, classes=5, images=4)
    first = {tuple(np.array(labels)[batch][::4].tolist()) for _ in range(4) for batch in epoch_of(sampler)}
    assert len(first) == 24
    assert {c for classes in first for c in classes} == set(range(30))


def test_a_small_pool_makes_milder_batches() -> None:
    labels = np.array([c for c in range(40) for _ in range(4)])
    line = torch.tensor(labels, dtype=torch.float32)[:, None]
    width = {}
    for pool in (0, 5):
        sampler = made("class_mining", labels.tolist(), classes=5, images=4, pool=pool)
        sampler.look(line, torch.ones(len(labels), dtype=torch.bool))
        width[pool] = np.mean([np.ptp(labels[batch]) for batch in epoch_of(sampler)])
    assert width[0] == 4  # neighbours on the line
    assert width[5] > 15  # any five


def test_small_classes_leave_their_room_to_further_ones() -> None:
    labels = [c for c in range(40) for _ in range(2)]
    for batch in epoch_of(made("class_mining", labels, classes=4, images=4, pool=2)):
        assert len(batch) == 16


def test_what_it_has_looked_at_is_its_state() -> None:
    labels = [c for c in range(12) for _ in range(4)]
    first = made("class_mining", labels, 1, classes=3)
    assert first.state() == {}
    torch.manual_seed(0)
    first.look(torch.randn(48, 4), torch.rand(48) < 0.7)
    second = made("class_mining", labels, 1, classes=3)
    second.load_state(first.state())
    assert [b.tolist() for b in first.epoch()] == [b.tolist() for b in second.epoch()]
    blind = made("class_mining", labels, 1, classes=3)
    blind.load_state({})
    assert [b.tolist() for b in blind.epoch()] != [
        b.tolist() for b in made("class_mining", labels, 2, classes=3).epoch()
    ]
